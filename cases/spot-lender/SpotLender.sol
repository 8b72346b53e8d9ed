// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

import "./Upgradeable.sol";

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

interface IPair {
    function getReserves() external view returns (uint256 reserve0, uint256 reserve1, uint256 updatedAt);
}

/// Lends dollars against gems, which it values at the price of the market between the two.
contract SpotLender is Upgradeable {
    uint256 private constant UNIT = 1e18;

    address public owner;
    IERC20 public gem;
    IERC20 public dollar;
    IPair public pair;
    uint256 public collateralFactor;
    uint256 public liquidationFactor;
    uint256 public openingFee;
    uint256 public totalDeposits;
    bool public borrowingPaused;
    mapping(address => uint256) public depositOf;
    mapping(address => uint256) public collateralOf;
    mapping(address => uint256) public debtOf;

    event Deposited(address indexed lender, uint256 dollars);
    event Withdrawn(address indexed lender, uint256 dollars);
    event CollateralChanged(address indexed account, uint256 gems);
    event Borrowed(address indexed account, uint256 dollars, uint256 debt);
    event Repaid(address indexed account, address indexed payer, uint256 dollars, uint256 debt);
    event Liquidated(address indexed account, address indexed liquidator, uint256 debt, uint256 gems);

    error NotOwner();
    error Initialised();
    error Paused();
    error Undercollateralised();
    error Healthy();
    error BadTerms();
    error TransferFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    function initialize(address owner_, IERC20 gem_, IERC20 dollar_, IPair pair_, uint256 factor) external {
        if (owner != address(0)) revert Initialised();
        owner = owner_;
        gem = gem_;
        dollar = dollar_;
        pair = pair_;
        collateralFactor = factor;
        liquidationFactor = factor + UNIT / 10;
        openingFee = UNIT / 200;
    }

    function deposit(uint256 dollars) external {
        depositOf[msg.sender] += dollars;
        totalDeposits += dollars;
        _collect(dollar, dollars);
        emit Deposited(msg.sender, dollars);
    }

    function withdraw(uint256 dollars) external {
        depositOf[msg.sender] -= dollars;
        totalDeposits -= dollars;
        _send(dollar, dollars);
        emit Withdrawn(msg.sender, dollars);
    }

    function addCollateral(uint256 gems) external {
        _addCollateral(gems);
    }

    function removeCollateral(uint256 gems) external {
        collateralOf[msg.sender] -= gems;
        if (debtOf[msg.sender] > 0) _requireCovered(msg.sender);
        _send(gem, gems);
        emit CollateralChanged(msg.sender, collateralOf[msg.sender]);
    }

    function borrow(uint256 dollars) external {
        _borrow(dollars);
    }

    /// Collateral and loan in one.
    function open(uint256 gems, uint256 dollars) external {
        _addCollateral(gems);
        _borrow(dollars);
    }

    function repay(uint256 dollars) external {
        _repay(msg.sender, dollars);
    }

    function repayFor(address account, uint256 dollars) external {
        _repay(account, dollars);
    }

    /// Pays the debt of an account below water, and takes its collateral.
    function liquidate(address account) external {
        uint256 debt = debtOf[account];
        uint256 gems = collateralOf[account];
        if (debt == 0 || debt * UNIT <= worthOf(gems) * liquidationFactor) revert Healthy();
        debtOf[account] = 0;
        collateralOf[account] = 0;
        _collect(dollar, debt);
        _send(gem, gems);
        emit Liquidated(account, msg.sender, debt, gems);
    }

    function setTerms(uint256 factor, uint256 fee) external onlyOwner {
        if (factor > (UNIT * 8) / 10 || fee > UNIT / 20) revert BadTerms();
        collateralFactor = factor;
        liquidationFactor = factor + UNIT / 10;
        openingFee = fee;
    }

    function setBorrowingPaused(bool on) external onlyOwner {
        borrowingPaused = on;
    }

    function worthOf(uint256 gems) public view returns (uint256) {
        (uint256 gemReserve, uint256 dollarReserve, ) = pair.getReserves();
        return (gems * dollarReserve) / gemReserve;
    }

    function _addCollateral(uint256 gems) private {
        collateralOf[msg.sender] += gems;
        _collect(gem, gems);
        emit CollateralChanged(msg.sender, collateralOf[msg.sender]);
    }

    function _borrow(uint256 dollars) private {
        if (borrowingPaused) revert Paused();
        uint256 debt = debtOf[msg.sender] + dollars + (dollars * openingFee) / UNIT;
        debtOf[msg.sender] = debt;
        _requireCovered(msg.sender);
        _send(dollar, dollars);
        emit Borrowed(msg.sender, dollars, debt);
    }

    function _repay(address account, uint256 dollars) private {
        debtOf[account] -= dollars;
        _collect(dollar, dollars);
        emit Repaid(account, msg.sender, dollars, debtOf[account]);
    }

    function _requireCovered(address account) private view {
        if (debtOf[account] * UNIT > worthOf(collateralOf[account]) * collateralFactor) revert Undercollateralised();
    }

    function _collect(IERC20 token, uint256 amount) private {
        if (!token.transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
    }

    function _send(IERC20 token, uint256 amount) private {
        if (!token.transfer(msg.sender, amount)) revert TransferFailed();
    }

    function _authorizeUpgrade() internal view override onlyOwner {}
}
