// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

interface ISharePrice {
    function sharePrice() external view returns (uint256);
}

/// Lends wrapped ether against pool shares, at the price the pool names.
contract ShareLender is UUPSUpgradeable {
    using SafeERC20 for IERC20;

    uint256 private constant UNIT = 1e18;
    uint256 private constant YEAR = 365 days;

    struct Account {
        uint256 collateral;
        uint256 principal;
        uint256 index;
    }

    address public owner;
    IERC20 public shares;
    IERC20 public currency;
    uint256 public collateralFactor;
    uint256 public rate;
    uint256 public index;
    uint256 public accruedAt;
    uint256 public deposits;
    bool public borrowingPaused;
    mapping(address => uint256) public depositOf;
    mapping(address => Account) public accounts;

    event Deposited(address indexed lender, uint256 amount);
    event Withdrawn(address indexed lender, uint256 amount);
    event CollateralChanged(address indexed account, uint256 collateral);
    event Borrowed(address indexed account, uint256 amount, uint256 debt);
    event Repaid(address indexed account, uint256 amount, uint256 debt);
    event Liquidated(address indexed account, address indexed liquidator, uint256 debt, uint256 collateral);

    error NotOwner();
    error Undercollateralised();
    error Healthy();
    error Paused();
    error Initialised();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    function initialize(address owner_, IERC20 shares_, IERC20 currency_, uint256 factor, uint256 rate_) external {
        if (owner != address(0)) revert Initialised();
        owner = owner_;
        shares = shares_;
        currency = currency_;
        collateralFactor = factor;
        rate = rate_;
        index = UNIT;
        accruedAt = block.timestamp;
    }

    function deposit(uint256 amount) external {
        deposits += amount;
        depositOf[msg.sender] += amount;
        currency.safeTransferFrom(msg.sender, address(this), amount);
        emit Deposited(msg.sender, amount);
    }

    function withdraw(uint256 amount) external {
        depositOf[msg.sender] -= amount;
        deposits -= amount;
        currency.safeTransfer(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
    }

    function addCollateral(uint256 amount) external {
        accounts[msg.sender].collateral += amount;
        shares.safeTransferFrom(msg.sender, address(this), amount);
        emit CollateralChanged(msg.sender, accounts[msg.sender].collateral);
    }

    function removeCollateral(uint256 amount) external {
        accrue();
        accounts[msg.sender].collateral -= amount;
        _requireHealthy(msg.sender);
        shares.safeTransfer(msg.sender, amount);
        emit CollateralChanged(msg.sender, accounts[msg.sender].collateral);
    }

    function borrow(uint256 amount) external {
        if (borrowingPaused) revert Paused();
        accrue();
        uint256 debt = debtOf(msg.sender) + amount;
        _setDebt(msg.sender, debt);
        _requireHealthy(msg.sender);
        currency.safeTransfer(msg.sender, amount);
        emit Borrowed(msg.sender, amount, debt);
    }

    function repay(uint256 amount) external {
        accrue();
        uint256 debt = debtOf(msg.sender) - amount;
        _setDebt(msg.sender, debt);
        currency.safeTransferFrom(msg.sender, address(this), amount);
        emit Repaid(msg.sender, amount, debt);
    }

    /// Takes over debt and collateral of an account that is under water.
    function liquidate(address account) external {
        accrue();
        uint256 debt = debtOf(account);
        uint256 collateral = accounts[account].collateral;
        if (debt <= _limit(account)) revert Healthy();
        delete accounts[account];
        currency.safeTransferFrom(msg.sender, address(this), debt);
        shares.safeTransfer(msg.sender, collateral);
        emit Liquidated(account, msg.sender, debt, collateral);
    }

    function setTerms(uint256 factor, uint256 rate_) external onlyOwner {
        accrue();
        collateralFactor = factor;
        rate = rate_;
    }

    function setBorrowingPaused(bool on) external onlyOwner {
        borrowingPaused = on;
    }

    function accrue() public {
        index += (index * rate * (block.timestamp - accruedAt)) / YEAR / UNIT;
        accruedAt = block.timestamp;
    }

    function debtOf(address account) public view returns (uint256) {
        Account storage each = accounts[account];
        return each.index == 0 ? 0 : (each.principal * index) / each.index;
    }

    function _setDebt(address account, uint256 debt) private {
        accounts[account].principal = debt;
        accounts[account].index = index;
    }

    function _limit(address account) private view returns (uint256) {
        uint256 worth = (accounts[account].collateral * ISharePrice(address(shares)).sharePrice()) / UNIT;
        return (worth * collateralFactor) / UNIT;
    }

    function _requireHealthy(address account) private view {
        uint256 debt = debtOf(account);
        if (debt > 0 && debt > _limit(account)) revert Undercollateralised();
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}
