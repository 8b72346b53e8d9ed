// SPDX-License-Identifier: MIT
pragma solidity ^0.7.6;

/// Ether margin of a trading desk. Traders deposit; an operator books profits and losses between them.
contract MarginAccount {
    address public owner;
    address public operator;
    uint256 public withdrawalFeeBps;
    uint256 public feesAccrued;
    uint256 public totalMargin;
    mapping(address => uint256) public margin;
    mapping(address => uint256) public locked;
    mapping(address => address) public delegateOf;

    event Deposited(address indexed trader, uint256 amount);
    event Withdrawn(address indexed trader, uint256 amount, uint256 fee);
    event Closed(address indexed trader, uint256 amount);
    event Locked(address indexed trader, uint256 amount);
    event Released(address indexed trader, uint256 amount);
    event Settled(address indexed winner, address indexed loser, uint256 amount);
    event FeesCollected(address indexed to, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier onlyOperator() {
        require(msg.sender == operator, "operator only");
        _;
    }

    function initialize(address owner_, address operator_, uint256 feeBps) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        operator = operator_;
        withdrawalFeeBps = feeBps;
    }

    function deposit() external payable {
        _deposit(msg.sender);
    }

    function depositFor(address trader) external payable {
        _deposit(trader);
    }

    function withdraw(uint256 amount) external {
        _withdraw(msg.sender, amount, msg.sender);
    }

    function withdrawFor(address trader, uint256 amount) external {
        require(delegateOf[trader] == msg.sender, "delegate only");
        _withdraw(trader, amount, trader);
    }

    function close() external {
        require(locked[msg.sender] == 0, "margin locked");
        uint256 amount = margin[msg.sender];
        uint256 fee = (amount * withdrawalFeeBps) / 10000;
        margin[msg.sender] = 0;
        totalMargin -= amount;
        feesAccrued += fee;
        _pay(msg.sender, amount - fee);
        emit Closed(msg.sender, amount - fee);
    }

    function setDelegate(address to) external {
        delegateOf[msg.sender] = to;
    }

    function lock(address trader, uint256 amount) external onlyOperator {
        require(margin[trader] >= locked[trader] + amount, "margin too small");
        locked[trader] += amount;
        emit Locked(trader, amount);
    }

    function release(address trader, uint256 amount) external onlyOperator {
        require(locked[trader] >= amount, "not locked");
        locked[trader] -= amount;
        emit Released(trader, amount);
    }

    function settle(address winner, address loser, uint256 amount) external onlyOperator {
        require(locked[loser] >= amount && margin[loser] >= amount, "margin too small");
        locked[loser] -= amount;
        margin[loser] -= amount;
        margin[winner] += amount;
        emit Settled(winner, loser, amount);
    }

    function collectFees(address to) external onlyOwner {
        uint256 amount = feesAccrued;
        feesAccrued = 0;
        _pay(to, amount);
        emit FeesCollected(to, amount);
    }

    function setOperator(address to) external onlyOwner {
        operator = to;
    }

    function setWithdrawalFee(uint256 feeBps) external onlyOwner {
        require(feeBps <= 100, "fee too high");
        withdrawalFeeBps = feeBps;
    }

    function available(address trader) public view returns (uint256) {
        return margin[trader] - locked[trader];
    }

    function _deposit(address trader) private {
        require(msg.value > 0, "nothing deposited");
        margin[trader] += msg.value;
        totalMargin += msg.value;
        emit Deposited(trader, msg.value);
    }

    function _withdraw(address trader, uint256 amount, address to) private {
        require(amount > 0 && amount <= available(trader), "margin too small");
        uint256 fee = (amount * withdrawalFeeBps) / 10000;
        margin[trader] -= amount + fee;
        totalMargin -= amount + fee;
        feesAccrued += fee;
        _pay(to, amount);
        emit Withdrawn(trader, amount, fee);
    }

    function _pay(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        require(ok, "payment failed");
    }
}
