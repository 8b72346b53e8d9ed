// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Savings in dollars, with advances on them.
/// @notice A saver may take up to half of the deposit as an advance and pay it back at any time. What covers an advance stays in.
contract SavingsReserve is Initializable {
    using SafeERC20 for IERC20;

    IERC20 public dollar;
    uint256 public totalDeposits;
    uint256 public totalAdvances;
    mapping(address saver => uint256) public depositOf;
    mapping(address saver => uint256) public advanceOf;

    event Deposited(address indexed saver, uint256 amount);
    event Withdrawn(address indexed saver, uint256 amount);
    event Advanced(address indexed saver, uint256 amount);
    event Settled(address indexed saver, uint256 amount);

    error AdvanceTooLarge();
    error DepositTooSmall();

    constructor() {
        _disableInitializers();
    }

    function initialize(IERC20 dollar_) external initializer {
        dollar = dollar_;
    }

    function deposit(uint256 amount) external {
        depositOf[msg.sender] += amount;
        totalDeposits += amount;
        dollar.safeTransferFrom(msg.sender, address(this), amount);
        emit Deposited(msg.sender, amount);
    }

    function withdraw(uint256 amount) external {
        uint256 left = depositOf[msg.sender] - amount;
        if (left < advanceOf[msg.sender]) revert DepositTooSmall();
        depositOf[msg.sender] = left;
        totalDeposits -= amount;
        dollar.safeTransfer(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
    }

    function advance(uint256 amount) external {
        if (amount > headroomOf(msg.sender)) revert AdvanceTooLarge();
        advanceOf[msg.sender] += amount;
        totalAdvances += amount;
        dollar.safeTransfer(msg.sender, amount);
        emit Advanced(msg.sender, amount);
    }

    function settle(uint256 amount) external {
        advanceOf[msg.sender] -= amount;
        totalAdvances -= amount;
        dollar.safeTransferFrom(msg.sender, address(this), amount);
        emit Settled(msg.sender, amount);
    }

    /// @notice What `saver` may still take as an advance.
    function headroomOf(address saver) public view returns (uint256) {
        // Advances never exceed half of the deposit.
        unchecked {
            return depositOf[saver] / 2 - advanceOf[saver];
        }
    }
}
