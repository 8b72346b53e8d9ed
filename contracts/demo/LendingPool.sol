// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

interface IPriceFeed {
    function price() external view returns (uint256);
}

/// @title Dollars lent against ether.
/// @notice Suppliers bring dollars, borrowers bring ether and borrow up to three quarters of its value. An origination fee on every loan
/// belongs to the pool. Collateral can be moved between accounts without leaving the pool.
contract LendingPool is OwnableUpgradeable, UUPSUpgradeable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant LOAN_TO_VALUE_BPS = 7_500;
    uint256 private constant ORIGINATION_FEE_BPS = 10;
    uint256 private constant BPS = 10_000;

    IERC20 public dollar;
    IPriceFeed public feed;
    uint256 public totalSupplied;
    uint256 public totalDebt;
    mapping(address account => uint256) public collateralOf;
    mapping(address account => uint256) public debtOf;
    mapping(address account => uint256) public suppliedOf;

    event CollateralAdded(address indexed account, uint256 amount);
    event CollateralRemoved(address indexed account, uint256 amount);
    event CollateralMoved(address indexed from, address indexed to, uint256 amount);
    event Supplied(address indexed account, uint256 amount);
    event Redeemed(address indexed account, uint256 amount);
    event Borrowed(address indexed account, uint256 amount, uint256 fee);
    event Repaid(address indexed account, uint256 amount);

    error Undercollateralized();
    error InsufficientCollateral();
    error PaymentFailed();

    constructor() {
        _disableInitializers();
    }

    function initialize(address owner_, IERC20 dollar_, IPriceFeed feed_) external initializer {
        __Ownable_init(owner_);
        dollar = dollar_;
        feed = feed_;
    }

    // ---- borrowers ----

    function addCollateral() external payable nonReentrant {
        collateralOf[msg.sender] += msg.value;
        emit CollateralAdded(msg.sender, msg.value);
    }

    function removeCollateral(uint256 amount) external nonReentrant {
        uint256 held = collateralOf[msg.sender];
        if (amount > held) revert InsufficientCollateral();
        uint256 left = held - amount;
        _requireCovered(msg.sender, left);
        (bool paid,) = msg.sender.call{value: amount}("");
        if (!paid) revert PaymentFailed();
        collateralOf[msg.sender] = left;
        emit CollateralRemoved(msg.sender, amount);
    }

    function moveCollateral(address to, uint256 amount) external {
        uint256 held = collateralOf[msg.sender];
        if (amount > held) revert InsufficientCollateral();
        _requireCovered(msg.sender, held - amount);
        collateralOf[msg.sender] = held - amount;
        collateralOf[to] += amount;
        emit CollateralMoved(msg.sender, to, amount);
    }

    function borrow(uint256 amount) external nonReentrant {
        uint256 fee = amount * ORIGINATION_FEE_BPS / BPS;
        debtOf[msg.sender] += amount + fee;
        totalDebt += amount + fee;
        _requireCovered(msg.sender, collateralOf[msg.sender]);
        dollar.safeTransfer(msg.sender, amount);
        emit Borrowed(msg.sender, amount, fee);
    }

    function repay(uint256 amount) external nonReentrant {
        debtOf[msg.sender] -= amount;
        totalDebt -= amount;
        dollar.safeTransferFrom(msg.sender, address(this), amount);
        emit Repaid(msg.sender, amount);
    }

    // ---- suppliers ----

    function supply(uint256 amount) external nonReentrant {
        suppliedOf[msg.sender] += amount;
        totalSupplied += amount;
        dollar.safeTransferFrom(msg.sender, address(this), amount);
        emit Supplied(msg.sender, amount);
    }

    function redeem(uint256 amount) external nonReentrant {
        suppliedOf[msg.sender] -= amount;
        totalSupplied -= amount;
        dollar.safeTransfer(msg.sender, amount);
        emit Redeemed(msg.sender, amount);
    }

    // ---- views and authority ----

    /// @notice What `account` may owe at most with `collateral` wei behind it, in dollars (six decimals).
    function limitOf(uint256 collateral) public view returns (uint256) {
        return collateral * feed.price() / 1 ether * LOAN_TO_VALUE_BPS / BPS;
    }

    function _requireCovered(address account, uint256 collateral) private view {
        if (debtOf[account] > limitOf(collateral)) revert Undercollateralized();
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}
