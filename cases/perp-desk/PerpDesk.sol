// SPDX-License-Identifier: MIT
pragma solidity ^0.7.6;

import "./Feed.sol";

/// Perpetual futures against a pool: one position per trader, margin in dollars, funding paid by the heavier side.
contract PerpDesk {
    struct Position {
        bool long;
        uint256 size; // whole units of the underlying, 18 decimals
        uint256 entryPrice;
        uint256 margin;
        uint256 openedAt;
    }

    uint256 private constant UNIT = 1e18;

    address public owner;
    IERC20 public currency;
    PriceFeed public feed;
    InsuranceFund public fund;
    uint256 public maximumLeverage;
    uint256 public maintenanceBps;
    uint256 public feeBps;
    uint256 public fundingPerDayBps;
    uint256 public longSize;
    uint256 public shortSize;
    uint256 public poolShares;
    bool public closeOnly;
    mapping(address => Position) public positions;
    mapping(address => uint256) public poolSharesOf;

    event Opened(address indexed trader, bool long, uint256 size, uint256 price, uint256 margin);
    event Closed(address indexed trader, uint256 price, uint256 payout);
    event MarginChanged(address indexed trader, uint256 margin);
    event Liquidated(address indexed trader, address indexed liquidator, uint256 reward);
    event PoolJoined(address indexed provider, uint256 amount, uint256 shares);
    event PoolLeft(address indexed provider, uint256 amount, uint256 shares);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    function initialize(address owner_, IERC20 currency_, PriceFeed feed_, InsuranceFund fund_) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        currency = currency_;
        feed = feed_;
        fund = fund_;
        maximumLeverage = 10;
        maintenanceBps = 500;
        feeBps = 10;
        fundingPerDayBps = 5;
    }

    function joinPool(uint256 amount) external {
        uint256 held = currency.balanceOf(address(this));
        uint256 shares = poolShares == 0 ? amount : mul(amount, poolShares) / held;
        poolShares = add(poolShares, shares);
        poolSharesOf[msg.sender] = add(poolSharesOf[msg.sender], shares);
        pull(msg.sender, amount);
        emit PoolJoined(msg.sender, amount, shares);
    }

    function leavePool(uint256 shares) external {
        uint256 amount = mul(shares, currency.balanceOf(address(this))) / poolShares;
        poolSharesOf[msg.sender] = sub(poolSharesOf[msg.sender], shares);
        poolShares = sub(poolShares, shares);
        push(msg.sender, amount);
        emit PoolLeft(msg.sender, amount, shares);
    }

    function open(bool long, uint256 margin, uint256 leverage) external {
        require(!closeOnly, "close only");
        require(positions[msg.sender].size == 0, "position open");
        require(leverage > 0 && leverage <= maximumLeverage, "leverage");
        uint256 price = feed.latestPrice();
        uint256 notional = mul(margin, leverage);
        uint256 fee = mul(notional, feeBps) / 10000;
        uint256 size = mul(notional, UNIT) / price;
        require(size > 0, "nothing opened");
        positions[msg.sender] = Position(long, size, price, margin, block.timestamp);
        if (long) longSize = add(longSize, size);
        else shortSize = add(shortSize, size);
        pull(msg.sender, add(margin, fee));
        require(currency.transfer(address(fund), fee), "transfer failed");
        emit Opened(msg.sender, long, size, price, margin);
    }

    function close() external {
        Position memory position = positions[msg.sender];
        require(position.size > 0, "no position");
        uint256 price = feed.latestPrice();
        uint256 payout = equityAt(position, price);
        remove(msg.sender, position);
        push(msg.sender, payout);
        emit Closed(msg.sender, price, payout);
    }

    function addMargin(uint256 amount) external {
        require(positions[msg.sender].size > 0, "no position");
        positions[msg.sender].margin = add(positions[msg.sender].margin, amount);
        pull(msg.sender, amount);
        emit MarginChanged(msg.sender, positions[msg.sender].margin);
    }

    function removeMargin(uint256 amount) external {
        Position storage position = positions[msg.sender];
        position.margin = sub(position.margin, amount);
        uint256 price = feed.latestPrice();
        uint256 notional = mul(position.size, price) / UNIT;
        require(mul(equityAt(position, price), maximumLeverage) >= notional, "margin too small");
        push(msg.sender, amount);
        emit MarginChanged(msg.sender, position.margin);
    }

    function liquidate(address trader) external {
        Position memory position = positions[trader];
        require(position.size > 0, "no position");
        uint256 price = feed.latestPrice();
        uint256 equity = equityAt(position, price);
        uint256 notional = mul(position.size, price) / UNIT;
        require(equity < mul(notional, maintenanceBps) / 10000, "healthy");
        remove(trader, position);
        uint256 reward = equity / 2;
        push(msg.sender, reward);
        push(address(fund), equity - reward);
        emit Liquidated(trader, msg.sender, reward);
    }

    function setLimits(uint256 leverage, uint256 maintenance) external onlyOwner {
        require(leverage <= 25 && maintenance <= 1000, "out of bounds");
        maximumLeverage = leverage;
        maintenanceBps = maintenance;
    }

    function setFees(uint256 fee, uint256 funding) external onlyOwner {
        require(fee <= 100 && funding <= 100, "out of bounds");
        feeBps = fee;
        fundingPerDayBps = funding;
    }

    function setCloseOnly(bool on) external onlyOwner {
        closeOnly = on;
    }

    function equityOf(address trader) external view returns (uint256) {
        return equityAt(positions[trader], feed.latestPrice());
    }

    function equityAt(Position memory position, uint256 price) private view returns (uint256) {
        bool gain = position.long == (price >= position.entryPrice);
        uint256 move = price >= position.entryPrice ? price - position.entryPrice : position.entryPrice - price;
        uint256 difference = mul(position.size, move) / UNIT;
        uint256 equity = position.margin;
        if (gain) equity = add(equity, difference);
        else equity = equity > difference ? equity - difference : 0;
        uint256 funding = fundingOf(position);
        return equity > funding ? equity - funding : 0;
    }

    function fundingOf(Position memory position) private view returns (uint256) {
        bool heavier = position.long ? longSize > shortSize : shortSize > longSize;
        if (!heavier) return 0;
        uint256 perDay = mul(mul(position.size, position.entryPrice) / UNIT, fundingPerDayBps) / 10000;
        return mul(perDay, block.timestamp - position.openedAt) / 1 days;
    }

    function remove(address trader, Position memory position) private {
        if (position.long) longSize = sub(longSize, position.size);
        else shortSize = sub(shortSize, position.size);
        delete positions[trader];
    }

    function pull(address from, uint256 amount) private {
        require(currency.transferFrom(from, address(this), amount), "transfer failed");
    }

    function push(address to, uint256 amount) private {
        uint256 held = currency.balanceOf(address(this));
        if (amount > held) amount = add(held, fund.cover(amount - held));
        require(currency.transfer(to, amount), "transfer failed");
    }

    function add(uint256 a, uint256 b) private pure returns (uint256 c) {
        c = a + b;
        require(c >= a, "overflow");
    }

    function sub(uint256 a, uint256 b) private pure returns (uint256) {
        require(b <= a, "underflow");
        return a - b;
    }

    function mul(uint256 a, uint256 b) private pure returns (uint256 c) {
        c = a * b;
        require(a == 0 || c / a == b, "overflow");
    }
}
