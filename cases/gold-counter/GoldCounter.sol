// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Gold against dollars at a price that a feeder sets. Dollars have eighteen decimals, gold is counted in hundredths of a gram.
contract GoldCounter {
    uint256 public constant PER_GRAM = 100;
    uint256 public constant MAX_SPREAD = 500;

    IERC20 public immutable dollar;
    IERC20 public immutable gold;
    address public owner;
    address public feeder;
    uint256 public price; // dollars per gram
    uint256 public spreadBps;
    bool public open = true;
    mapping(address => uint256) public bought;

    event Bought(address indexed buyer, address indexed to, uint256 dollars, uint256 gold);
    event Sold(address indexed seller, address indexed to, uint256 gold, uint256 dollars);
    event PriceSet(uint256 price);

    error NotOwner();
    error NotFeeder();
    error Closed();
    error BadTerms();
    error Slippage();
    error TransferFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    modifier whenOpen() {
        if (!open) revert Closed();
        _;
    }

    constructor(IERC20 dollar_, IERC20 gold_, address feeder_, uint256 price_, uint256 spreadBps_) {
        dollar = dollar_;
        gold = gold_;
        owner = msg.sender;
        feeder = feeder_;
        price = price_;
        spreadBps = spreadBps_;
    }

    function buyGold(uint256 dollars, uint256 minGold) external whenOpen returns (uint256) {
        return _buy(dollars, minGold, msg.sender);
    }

    function buyGoldFor(uint256 dollars, uint256 minGold, address to) external whenOpen returns (uint256) {
        return _buy(dollars, minGold, to);
    }

    function buyGoldForMany(uint256 dollarsEach, address[] calldata to) external whenOpen {
        for (uint256 i = 0; i < to.length; i++) _buy(dollarsEach, 0, to[i]);
    }

    function sellGold(uint256 amount, uint256 minDollars) external whenOpen returns (uint256 dollars) {
        dollars = (amount * price * (10_000 - spreadBps)) / 10_000 / PER_GRAM;
        if (dollars < minDollars) revert Slippage();
        _collect(gold, amount);
        _send(dollar, msg.sender, dollars);
        emit Sold(msg.sender, msg.sender, amount, dollars);
    }

    function setPrice(uint256 price_) external {
        if (msg.sender != feeder) revert NotFeeder();
        if (price_ == 0) revert BadTerms();
        price = price_;
        emit PriceSet(price_);
    }

    function setSpread(uint256 spreadBps_) external onlyOwner {
        if (spreadBps_ > MAX_SPREAD) revert BadTerms();
        spreadBps = spreadBps_;
    }

    function setOpen(bool on) external onlyOwner {
        open = on;
    }

    function withdraw(IERC20 token, address to, uint256 amount) external onlyOwner {
        _send(token, to, amount);
    }

    /// Hundredths of a gram for these dollars.
    function quoteGold(uint256 dollars) public view returns (uint256) {
        uint256 net = (dollars * (10_000 - spreadBps)) / 10_000;
        return (net * PER_GRAM + price - 1) / price;
    }

    function _buy(uint256 dollars, uint256 minGold, address to) private returns (uint256 amount) {
        amount = quoteGold(dollars);
        if (amount < minGold) revert Slippage();
        bought[to] += amount;
        _collect(dollar, dollars);
        _send(gold, to, amount);
        emit Bought(msg.sender, to, dollars, amount);
    }

    function _collect(IERC20 token, uint256 amount) private {
        if (!token.transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
    }

    function _send(IERC20 token, address to, uint256 amount) private {
        if (!token.transfer(to, amount)) revert TransferFailed();
    }
}
