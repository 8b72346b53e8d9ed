// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBreaker} from "./interfaces/IBreaker.sol";

/// @title For protocols that ask the Breaker themselves
/// @notice What a freeze covers: {whenNotFrozen} asks about the selector of the call it runs in. So inner calls of a `multicall` that
/// delegatecalls, be it the proxy's address or the implementation's own, are refused one by one, and a plain transfer is asked about as
/// `0x00000000`. Payable functions keep what was sent out: the call reverts.
///
/// What it does not cover: a function reached by an internal jump, where the selector is the outer function's. Let code that several
/// functions share call {_requireNotFrozen} with the selector it stands for.
/// @dev The Breaker is an immutable, so a proxy's storage layout is untouched. The Breaker is asked about `address(this)`, which under
/// delegatecall is the contract whose storage is used: the proxy, or the diamond of a facet. At worst, whoever may freeze there refuses
/// the functions that carry the modifier, and a Breaker that always reverts refuses them for good.
abstract contract Freezable {
    IBreaker private immutable _breaker;

    /// @notice The function is frozen now.
    error FunctionFrozen(bytes4 selector);
    /// @notice There is no code at `breaker`: every function that asks it would be refused for good.
    error BreakerInvalid(address breaker);

    modifier whenNotFrozen() {
        _requireNotFrozen(msg.sig);
        _;
    }

    constructor(IBreaker breaker_) {
        if (address(breaker_).code.length == 0) revert BreakerInvalid(address(breaker_));
        _breaker = breaker_;
    }

    /// @dev Reverts while `selector` is frozen, whichever function was called.
    function _requireNotFrozen(bytes4 selector) internal view {
        if (_breaker.isFrozen(address(this), selector)) revert FunctionFrozen(selector);
    }
}
