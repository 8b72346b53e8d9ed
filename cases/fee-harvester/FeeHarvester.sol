// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);

    function approve(address spender, uint256 value) external returns (bool);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

interface IPair {
    function swap(address tokenIn, uint256 amountIn, uint256 minOut) external returns (uint256);
}

/// Stakers lock points and share the fees of the protocol in dollars. Fees come in as gems; anyone may have them sold.
contract FeeHarvester {
    uint256 private constant UNIT = 1e18;

    IERC20 public immutable gem;
    IERC20 public immutable dollar;
    IERC20 public immutable points;
    IPair public immutable pair;
    address public owner;
    address public reporter;
    uint256 public referencePrice; // dollars per gem as last reported, for the statements to stakers
    uint256 public totalStaked;
    uint256 public perPoint;
    bool public harvestPaused;
    mapping(address => uint256) public stakeOf;
    mapping(address => uint256) public paidPer;
    mapping(address => uint256) public owed;

    event Staked(address indexed staker, uint256 amount);
    event Unstaked(address indexed staker, uint256 amount);
    event Claimed(address indexed staker, address indexed to, uint256 dollars);
    event Harvested(address indexed caller, uint256 gems, uint256 dollars);
    event PriceReported(uint256 price);

    error NotOwner();
    error NotReporter();
    error Paused();
    error Slippage();
    error NothingStaked();
    error TransferFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    constructor(IERC20 gem_, IERC20 dollar_, IERC20 points_, IPair pair_, address reporter_, uint256 price) {
        (gem, dollar, points, pair) = (gem_, dollar_, points_, pair_);
        owner = msg.sender;
        reporter = reporter_;
        referencePrice = price;
        gem_.approve(address(pair_), type(uint256).max);
    }

    function stake(uint256 amount) external {
        _settle(msg.sender);
        stakeOf[msg.sender] += amount;
        totalStaked += amount;
        if (!points.transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
        emit Staked(msg.sender, amount);
    }

    function unstake(uint256 amount) external {
        _settle(msg.sender);
        stakeOf[msg.sender] -= amount;
        totalStaked -= amount;
        if (!points.transfer(msg.sender, amount)) revert TransferFailed();
        emit Unstaked(msg.sender, amount);
    }

    function claim(address to) external {
        _claim(to);
    }

    /// Sells all gems that came in.
    function harvest() external returns (uint256) {
        return _harvest(gem.balanceOf(address(this)));
    }

    function harvestSome(uint256 gems) external returns (uint256) {
        return _harvest(gems);
    }

    function harvestAndClaim() external {
        _harvest(gem.balanceOf(address(this)));
        _claim(msg.sender);
    }

    function report(uint256 price) external {
        if (msg.sender != reporter) revert NotReporter();
        referencePrice = price;
        emit PriceReported(price);
    }

    function setHarvestPaused(bool on) external onlyOwner {
        harvestPaused = on;
    }

    function setReporter(address to) external onlyOwner {
        reporter = to;
    }

    /// What a staker may expect, with the gems not sold yet at the reported price.
    function statementOf(address staker) external view returns (uint256) {
        uint256 due = owed[staker] + (stakeOf[staker] * (perPoint - paidPer[staker])) / UNIT;
        if (totalStaked == 0) return due;
        return due + (gem.balanceOf(address(this)) * referencePrice * stakeOf[staker]) / UNIT / totalStaked;
    }

    function _harvest(uint256 gems) private returns (uint256 dollars) {
        if (harvestPaused) revert Paused();
        if (totalStaked == 0) revert NothingStaked();
        dollars = pair.swap(address(gem), gems, 0);
        perPoint += (dollars * UNIT) / totalStaked;
        emit Harvested(msg.sender, gems, dollars);
    }

    function _settle(address staker) private {
        owed[staker] += (stakeOf[staker] * (perPoint - paidPer[staker])) / UNIT;
        paidPer[staker] = perPoint;
    }

    function _claim(address to) private {
        _settle(msg.sender);
        uint256 dollars = owed[msg.sender];
        owed[msg.sender] = 0;
        if (!dollar.transfer(to, dollars)) revert TransferFailed();
        emit Claimed(msg.sender, to, dollars);
    }
}
