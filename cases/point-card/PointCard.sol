// SPDX-License-Identifier: MIT
pragma solidity ^0.5.17;

/// Points of a chain of shops: given out by tills against ether of the shop, passed on freely, cashed in for ether.
contract PointCard {
    string public constant name = "Point Card";
    string public constant symbol = "PNT";
    uint8 public constant decimals = 18;
    uint256 public constant POINTS_PER_ETHER = 500;

    address public owner;
    uint256 public totalSupply;
    uint256 public cashFeeBps;
    bool public frozen;
    mapping(address => uint256) private balances;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => bool) public till;
    mapping(address => uint256) public lastActive;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event TillSet(address indexed till, bool on);
    event CashedIn(address indexed holder, uint256 points, uint256 ethers);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier whenLive() {
        require(!frozen, "frozen");
        _;
    }

    constructor(uint256 feeBps) public {
        owner = msg.sender;
        cashFeeBps = feeBps;
    }

    function give(address customer) external payable whenLive {
        require(till[msg.sender], "tills only");
        uint256 points = msg.value * POINTS_PER_ETHER;
        totalSupply += points;
        balances[customer] += points;
        lastActive[customer] = now;
        emit Transfer(address(0), customer, points);
    }

    function cashIn(uint256 points) external whenLive {
        require(points <= balances[msg.sender], "not enough points");
        balances[msg.sender] -= points;
        totalSupply -= points;
        uint256 ethers = points / POINTS_PER_ETHER;
        ethers -= ethers * cashFeeBps / 10000;
        emit Transfer(msg.sender, address(0), points);
        emit CashedIn(msg.sender, points, ethers);
        (bool ok, ) = msg.sender.call.value(ethers)("");
        require(ok, "payment failed");
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        require(value <= allowance[from][msg.sender], "not allowed");
        allowance[from][msg.sender] -= value;
        move(from, to, value);
        return true;
    }

    function transferMany(address[] calldata to, uint256[] calldata values) external {
        require(to.length == values.length, "lengths differ");
        for (uint256 i = 0; i < to.length; i++) move(msg.sender, to[i], values[i]);
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function setTill(address account, bool on) external onlyOwner {
        till[account] = on;
        emit TillSet(account, on);
    }

    function setCashFee(uint256 feeBps) external onlyOwner {
        require(feeBps <= 500, "fee too high");
        cashFeeBps = feeBps;
    }

    function setFrozen(bool on) external onlyOwner {
        frozen = on;
    }

    function balanceOf(address holder) external view returns (uint256) {
        return balances[holder];
    }

    function move(address from, address to, uint256 value) private whenLive {
        require(to != address(0), "no receiver");
        uint256 fromBalance = balances[from];
        uint256 toBalance = balances[to];
        require(value <= fromBalance, "not enough points");
        balances[from] = fromBalance - value;
        balances[to] = toBalance + value;
        lastActive[from] = now;
        emit Transfer(from, to, value);
    }
}
