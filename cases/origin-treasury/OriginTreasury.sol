// SPDX-License-Identifier: MIT
pragma solidity ^0.6.12;

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);
}

/// The purse of an organisation: its director pays, standing orders are executed by anyone when due.
contract OriginTreasury {
    struct StandingOrder {
        address payable payee;
        uint256 amount;
        uint256 period;
        uint256 due;
        bool active;
    }

    address public director;
    address public auditor;
    uint256 public dailyLimit;
    uint256 public spentToday;
    uint256 public today;
    StandingOrder[] public orders;
    mapping(address => bool) public approvedPayee;
    mapping(address => uint256) public claims;

    event Received(address indexed from, uint256 amount);
    event Paid(address indexed to, uint256 amount);
    event TokensPaid(address indexed token, address indexed to, uint256 amount);
    event OrderPlaced(uint256 indexed id, address indexed payee, uint256 amount, uint256 period);
    event OrderExecuted(uint256 indexed id);
    event ClaimFiled(address indexed by, uint256 amount);
    event Vetoed(uint256 indexed id);

    modifier onlyDirector() {
        require(msg.sender == director, "director only");
        _;
    }

    modifier onDirectorsOrder() {
        require(tx.origin == director, "director only");
        _;
    }

    constructor(address auditor_, uint256 dailyLimit_) public {
        director = msg.sender;
        auditor = auditor_;
        dailyLimit = dailyLimit_;
    }

    receive() external payable {
        emit Received(msg.sender, msg.value);
    }

    function pay(address payable to, uint256 amount) external onDirectorsOrder {
        to.transfer(amount);
        emit Paid(to, amount);
    }

    function payTokens(IERC20 token, address to, uint256 amount) external onDirectorsOrder {
        require(token.transfer(to, amount), "transfer failed");
        emit TokensPaid(address(token), to, amount);
    }

    function payApproved(address payable to, uint256 amount) external onlyDirector {
        require(approvedPayee[to], "payee not approved");
        if (now / 1 days != today) {
            today = now / 1 days;
            spentToday = 0;
        }
        spentToday += amount;
        require(spentToday <= dailyLimit, "daily limit");
        to.transfer(amount);
        emit Paid(to, amount);
    }

    function placeOrder(address payable payee, uint256 amount, uint256 period) external onlyDirector {
        orders.push(StandingOrder(payee, amount, period, now + period, true));
        emit OrderPlaced(orders.length - 1, payee, amount, period);
    }

    function executeOrder(uint256 id) external {
        StandingOrder storage order = orders[id];
        require(order.active && now >= order.due, "not due");
        order.due += order.period;
        (bool ok, ) = order.payee.call{value: order.amount}("");
        require(ok, "payment failed");
        emit OrderExecuted(id);
    }

    function vetoOrder(uint256 id) external {
        require(msg.sender == auditor, "auditor only");
        orders[id].active = false;
        emit Vetoed(id);
    }

    function fileClaim(uint256 amount) external {
        claims[msg.sender] += amount;
        emit ClaimFiled(msg.sender, amount);
    }

    function settleClaim(address payable claimant, uint256 amount) external onlyDirector {
        require(claims[claimant] >= amount, "no such claim");
        claims[claimant] -= amount;
        (bool ok, ) = claimant.call{value: amount}("");
        require(ok, "payment failed");
        emit Paid(claimant, amount);
    }

    function setApproved(address payee, bool on) external onlyDirector {
        approvedPayee[payee] = on;
    }

    function setDailyLimit(uint256 amount) external onlyDirector {
        dailyLimit = amount;
    }

    function orderCount() external view returns (uint256) {
        return orders.length;
    }
}
