// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IMarket {
    function collateralOf(address account) external view returns (uint256);

    function debtOf(address account) external view returns (uint256);
}

/// Prices in dollars per whole unit, 18 decimals, written by a feeder.
contract PriceOracle {
    address public owner;
    address public feeder;
    mapping(address => uint256) public priceOf;

    event PriceSet(address indexed market, uint256 price);

    constructor(address feeder_) {
        owner = msg.sender;
        feeder = feeder_;
    }

    function setPrice(address market, uint256 price) external {
        require(msg.sender == feeder, "feeder only");
        require(price > 0, "no price");
        priceOf[market] = price;
        emit PriceSet(market, price);
    }

    function setFeeder(address to) external {
        require(msg.sender == owner, "owner only");
        feeder = to;
    }
}

/// Decides what an account may take out, over all markets it entered.
contract RiskEngine {
    struct Listing {
        bool listed;
        uint256 collateralFactor;
    }

    uint256 private constant UNIT = 1e18;

    address public owner;
    PriceOracle public oracle;
    uint256 public closeFactor = 0.5e18;
    uint256 public liquidationBonus = 1.08e18;
    IMarket[] public markets;
    mapping(address => Listing) public listings;
    mapping(address => mapping(address => bool)) public entered;

    event MarketListed(address indexed market, uint256 collateralFactor);
    event MarketEntered(address indexed market, address indexed account);
    event MarketExited(address indexed market, address indexed account);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor(PriceOracle oracle_) {
        owner = msg.sender;
        oracle = oracle_;
    }

    function list(IMarket market, uint256 collateralFactor) external onlyOwner {
        require(!listings[address(market)].listed, "listed");
        listings[address(market)] = Listing(true, collateralFactor);
        markets.push(market);
        emit MarketListed(address(market), collateralFactor);
    }

    function setCollateralFactor(address market, uint256 factor) external onlyOwner {
        require(listings[market].listed && factor <= 0.9e18, "bad factor");
        listings[market].collateralFactor = factor;
    }

    function setCloseFactor(uint256 factor) external onlyOwner {
        require(factor <= UNIT, "bad factor");
        closeFactor = factor;
    }

    function enterMarket(address market) external {
        require(listings[market].listed, "not listed");
        entered[msg.sender][market] = true;
        emit MarketEntered(market, msg.sender);
    }

    function exitMarket(address market) external {
        require(IMarket(market).debtOf(msg.sender) == 0, "debt left");
        entered[msg.sender][market] = false;
        (, uint256 shortfall) = liquidity(msg.sender, address(0), 0, 0);
        require(shortfall == 0, "collateral needed");
        emit MarketExited(market, msg.sender);
    }

    function checkRedeem(address account, uint256 amount) external view {
        if (!entered[account][msg.sender]) return;
        (, uint256 shortfall) = liquidity(account, msg.sender, amount, 0);
        require(shortfall == 0, "collateral needed");
    }

    function checkBorrow(address account, uint256 amount) external view {
        require(listings[msg.sender].listed, "not listed");
        (, uint256 shortfall) = liquidity(account, msg.sender, 0, amount);
        require(shortfall == 0, "collateral needed");
    }

    /// How much collateral, in units of the other market, goes to who repays `amount` of the caller's asset.
    function checkLiquidation(address account, address collateral, uint256 amount) external view returns (uint256) {
        (, uint256 shortfall) = liquidity(account, address(0), 0, 0);
        require(shortfall > 0, "healthy");
        require(amount <= (IMarket(msg.sender).debtOf(account) * closeFactor) / UNIT, "too much");
        uint256 value = (amount * oracle.priceOf(msg.sender)) / UNIT;
        return (value * liquidationBonus) / oracle.priceOf(collateral);
    }

    function liquidity(
        address account,
        address market,
        uint256 redeemed,
        uint256 borrowed
    ) public view returns (uint256 surplus, uint256 shortfall) {
        uint256 limit;
        uint256 debt;
        for (uint256 i = 0; i < markets.length; i++) {
            address each = address(markets[i]);
            uint256 price = oracle.priceOf(each);
            uint256 owed = markets[i].debtOf(account) + (each == market ? borrowed : 0);
            debt += (owed * price) / UNIT;
            if (!entered[account][each]) continue;
            uint256 held = markets[i].collateralOf(account) - (each == market ? redeemed : 0);
            limit += (((held * price) / UNIT) * listings[each].collateralFactor) / UNIT;
        }
        if (limit >= debt) return (limit - debt, 0);
        return (0, debt - limit);
    }
}
