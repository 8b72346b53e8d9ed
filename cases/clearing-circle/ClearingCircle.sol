// SPDX-License-Identifier: MIT
pragma solidity ^0.6.12;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Firms that trade with each other keep accounts here. A firm may go into debt up to its line; what it owns it may take out.
contract ClearingCircle {
    struct Firm {
        bool member;
        int256 balance;
        int256 line;
    }

    IERC20 public token;
    address public steward;
    uint256 public entranceFee;
    mapping(address => Firm) public firms;
    mapping(bytes32 => bool) public settled;

    event Admitted(address indexed firm, int256 line);
    event Deposited(address indexed firm, uint256 amount);
    event TakenOut(address indexed firm, address indexed to, uint256 amount);
    event Paid(address indexed from, address indexed to, uint256 amount);
    event Invoiced(bytes32 indexed invoice, address indexed from, address indexed to);

    modifier onlySteward() {
        require(msg.sender == steward, "steward only");
        _;
    }

    modifier onlyMember() {
        require(firms[msg.sender].member, "members only");
        _;
    }

    constructor(IERC20 token_, uint256 entranceFee_) public {
        token = token_;
        steward = msg.sender;
        entranceFee = entranceFee_;
    }

    function enter() external {
        require(!firms[msg.sender].member, "already a member");
        firms[msg.sender].member = true;
        firms[steward].balance += int256(entranceFee);
        require(token.transferFrom(msg.sender, address(this), entranceFee), "transfer failed");
        emit Admitted(msg.sender, 0);
    }

    function deposit(uint256 amount) external onlyMember {
        firms[msg.sender].balance += int256(amount);
        require(token.transferFrom(msg.sender, address(this), amount), "transfer failed");
        emit Deposited(msg.sender, amount);
    }

    function takeOut(address to, uint256 amount) external onlyMember {
        require(firms[msg.sender].balance >= 0, "in debt");
        require(uint256(firms[msg.sender].balance) >= amount, "balance too small");
        firms[msg.sender].balance -= int256(amount);
        require(token.transfer(to, amount), "transfer failed");
        emit TakenOut(msg.sender, to, amount);
    }

    function pay(address to, uint256 amount) external onlyMember {
        _clear(msg.sender, to, amount);
    }

    function payAll(address[] calldata to, uint256[] calldata amounts) external onlyMember {
        require(to.length == amounts.length, "lengths");
        for (uint256 i = 0; i < to.length; i++) _clear(msg.sender, to[i], amounts[i]);
    }

    function payInvoice(bytes32 invoice, address to, uint256 amount) external onlyMember {
        require(!settled[invoice], "settled");
        settled[invoice] = true;
        _clear(msg.sender, to, amount);
        emit Invoiced(invoice, msg.sender, to);
    }

    function setLine(address firm, uint256 line) external onlySteward {
        require(firms[firm].member && line < 1e27, "no such line");
        firms[firm].line = int256(line);
        emit Admitted(firm, int256(line));
    }

    function balanceOf(address firm) external view returns (int256) {
        return firms[firm].balance;
    }

    function _clear(address from, address to, uint256 amount) private {
        require(firms[to].member, "not a member");
        int256 change = int256(amount);
        require(firms[from].balance - change >= -firms[from].line, "beyond the line");
        firms[from].balance -= change;
        firms[to].balance += change;
        emit Paid(from, to, amount);
    }
}
