pragma solidity ^0.4.24;

/// Points that shops issue and customers spend, with payroll-style batch payments.
contract LoyaltyToken {
    string public constant name = "Loyalty Point";
    string public constant symbol = "LPT";
    uint8 public constant decimals = 18;

    address public owner;
    bool public frozen;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => bool) public blocked;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Blocked(address indexed account, bool on);
    event OwnershipTransferred(address indexed from, address indexed to);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    modifier mayMove(address from) {
        require(!frozen && !blocked[from]);
        _;
    }

    constructor(uint256 supply) public {
        owner = msg.sender;
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 value) public mayMove(msg.sender) returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) public mayMove(from) returns (bool) {
        require(allowance[from][msg.sender] >= value);
        allowance[from][msg.sender] -= value;
        move(from, to, value);
        return true;
    }

    function batchTransfer(address[] receivers, uint256 value) public mayMove(msg.sender) returns (bool) {
        uint256 count = receivers.length;
        uint256 amount = count * value;
        require(count > 0 && count <= 20);
        require(value > 0 && balanceOf[msg.sender] >= amount);
        balanceOf[msg.sender] -= amount;
        for (uint256 i = 0; i < count; i++) {
            balanceOf[receivers[i]] += value;
            emit Transfer(msg.sender, receivers[i], value);
        }
        return true;
    }

    function approve(address spender, uint256 value) public returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function increaseApproval(address spender, uint256 added) public returns (bool) {
        uint256 value = allowance[msg.sender][spender] + added;
        require(value >= added);
        return approve(spender, value);
    }

    function decreaseApproval(address spender, uint256 removed) public returns (bool) {
        uint256 value = allowance[msg.sender][spender];
        return approve(spender, removed >= value ? 0 : value - removed);
    }

    function burn(uint256 value) public mayMove(msg.sender) {
        require(balanceOf[msg.sender] >= value);
        balanceOf[msg.sender] -= value;
        totalSupply -= value;
        emit Transfer(msg.sender, address(0), value);
    }

    function setBlocked(address account, bool on) public onlyOwner {
        blocked[account] = on;
        emit Blocked(account, on);
    }

    function setFrozen(bool on) public onlyOwner {
        frozen = on;
    }

    function transferOwnership(address to) public onlyOwner {
        require(to != address(0));
        emit OwnershipTransferred(owner, to);
        owner = to;
    }

    function move(address from, address to, uint256 value) internal {
        require(to != address(0) && balanceOf[from] >= value);
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}
