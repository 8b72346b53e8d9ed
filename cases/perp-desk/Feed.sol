// SPDX-License-Identifier: MIT
pragma solidity ^0.7.6;

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// The mark price of the desk, reported in rounds.
contract PriceFeed {
    struct Round {
        uint256 price;
        uint256 timestamp;
    }

    address public owner;
    address public reporter;
    uint256 public maximumAge;
    Round[] public rounds;

    event PriceSubmitted(uint256 indexed round, uint256 price);
    event ReporterChanged(address indexed reporter);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier onlyReporter() {
        require(msg.sender == reporter, "reporter only");
        _;
    }

    function initialize(address owner_, address reporter_, uint256 maximumAge_) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        reporter = reporter_;
        maximumAge = maximumAge_;
    }

    function submitPrice(uint256 price) external {
        require(price > 0, "no price");
        rounds.push(Round(price, block.timestamp));
        emit PriceSubmitted(rounds.length - 1, price);
    }

    function withdrawRound() external onlyReporter {
        require(rounds.length > 1, "last round");
        rounds.pop();
    }

    function setReporter(address to) external onlyOwner {
        reporter = to;
        emit ReporterChanged(to);
    }

    function setMaximumAge(uint256 seconds_) external onlyOwner {
        maximumAge = seconds_;
    }

    function latestPrice() external view returns (uint256) {
        Round storage round = rounds[rounds.length - 1];
        require(block.timestamp <= round.timestamp + maximumAge, "price too old");
        return round.price;
    }

    function roundCount() external view returns (uint256) {
        return rounds.length;
    }
}

/// Pays what the desk cannot. Filled by fees and by those who underwrite.
contract InsuranceFund {
    address public owner;
    address public desk;
    IERC20 public currency;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;

    event Underwritten(address indexed account, uint256 amount, uint256 shares);
    event Left(address indexed account, uint256 amount, uint256 shares);
    event Covered(uint256 amount);

    constructor(IERC20 currency_) {
        owner = msg.sender;
        currency = currency_;
    }

    function setDesk(address desk_) external {
        require(msg.sender == owner && desk == address(0), "owner only, once");
        desk = desk_;
    }

    function underwrite(uint256 amount) external {
        uint256 held = currency.balanceOf(address(this));
        uint256 shares = totalShares == 0 ? amount : (amount * totalShares) / held;
        totalShares += shares;
        sharesOf[msg.sender] += shares;
        require(currency.transferFrom(msg.sender, address(this), amount), "transfer failed");
        emit Underwritten(msg.sender, amount, shares);
    }

    function leave(uint256 shares) external {
        require(shares <= sharesOf[msg.sender], "too many shares");
        uint256 amount = (shares * currency.balanceOf(address(this))) / totalShares;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        require(currency.transfer(msg.sender, amount), "transfer failed");
        emit Left(msg.sender, amount, shares);
    }

    function cover(uint256 amount) external returns (uint256 covered) {
        require(msg.sender == desk, "desk only");
        uint256 held = currency.balanceOf(address(this));
        covered = amount > held ? held : amount;
        require(currency.transfer(desk, covered), "transfer failed");
        emit Covered(covered);
    }
}
