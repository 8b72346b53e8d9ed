// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBreaker} from "./interfaces/IBreaker.sol";

/// @title For protocols that ask the Breaker themselves
/// @dev The Breaker is an immutable, so a proxy's storage layout is untouched. Put {whenNotFrozen} on external functions only: under an
/// internal call `msg.sig` is the outer function's.
abstract contract Freezable {
    IBreaker private immutable _breaker;

    /// @notice The function is frozen now.
    error FunctionFrozen(bytes4 selector);

    modifier whenNotFrozen() {
        if (_breaker.isFrozen(address(this), msg.sig)) revert FunctionFrozen(msg.sig);
        _;
    }

    constructor(IBreaker breaker_) {
        _breaker = breaker_;
    }
}
