// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC1822Proxiable} from "@openzeppelin/contracts/interfaces/draft-IERC1822.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {IBreaker} from "./interfaces/IBreaker.sol";
import {IGuardShim} from "./interfaces/IGuardShim.sol";
import {IUUPSProxy} from "./interfaces/IUpgradeable.sol";
import {Upgrades} from "./libraries/Upgrades.sol";

/// @title GuardShim
/// @notice Stands before an untouched implementation. It has no storage; all it knows are immutables.
///
/// What it covers: every call that enters through the proxy, so also the inner calls of a `multicall` that delegatecalls
/// `address(this)`, which is the proxy. What it cannot see: a function the original reaches by an internal jump, by a delegatecall to its
/// own implementation address, or by a router of its own; freeze the outer function then.
/// Calldata shorter than four bytes is looked up padded with zeros, so a plain transfer is frozen as `0x00000000`.
/// @dev A UUPS original upgrades only while the implementation slot holds its own address, which it does not while the shim is in place.
/// So the shim upgrades by itself, for its upgrader alone: the gate, or the Safe through which it acts. The way back therefore never runs
/// code of the original, which may be provisional.
contract GuardShim is IGuardShim, Proxy {
    address private immutable _self = address(this);
    IBreaker private immutable _breaker;
    address private immutable _upgrader;
    address private immutable _target;
    address private immutable _original;

    constructor(IBreaker breaker_, address upgrader_, address target_, address original_) {
        _breaker = breaker_;
        _upgrader = upgrader_;
        _target = target_;
        _original = original_;
    }

    /// @dev Runs the function for the shim's own address only; through a proxy the selector is the original's to answer.
    modifier onlyDirect() {
        if (address(this) != _self) _fallback();
        _;
    }

    // Payable and not view, so that through a proxy a function of the original with the same selector sees what it would see without us.

    /// @inheritdoc IGuardShim
    function shimBreaker() external payable onlyDirect returns (address) {
        return address(_breaker);
    }

    /// @inheritdoc IGuardShim
    function shimUpgrader() external payable onlyDirect returns (address) {
        return _upgrader;
    }

    /// @inheritdoc IGuardShim
    function shimTarget() external payable onlyDirect returns (address) {
        return _target;
    }

    /// @inheritdoc IGuardShim
    function shimOriginal() external payable onlyDirect returns (address) {
        return _original;
    }

    /// @notice What a UUPS proxy asks of an implementation before it takes it.
    function proxiableUUID() external payable onlyDirect returns (bytes32) {
        return ERC1967Utils.IMPLEMENTATION_SLOT;
    }

    function _implementation() internal view override returns (address) {
        return _original;
    }

    function _fallback() internal override {
        if (address(this) == _self) revert CalledDirectly();
        if (msg.data.length == 32 && bytes32(msg.data) == Upgrades.PROBE) _answer(_self);
        if (msg.sender == _upgrader && msg.sig == IUUPSProxy.upgradeToAndCall.selector) {
            (address implementation, bytes memory data) = abi.decode(msg.data[4:], (address, bytes));
            _requireProxiable(implementation);
            ERC1967Utils.upgradeToAndCall(implementation, data);
        } else if (msg.sender == _upgrader && msg.sig == IUUPSProxy.upgradeTo.selector) {
            // Before OpenZeppelin 4.5 an implementation has no `proxiableUUID`, and the proxy calls this to see that it could come back.
            ERC1967Utils.upgradeToAndCall(abi.decode(msg.data[4:], (address)), "");
        } else {
            if (_breaker.isFrozen(_target, msg.sig)) revert FunctionFrozen(msg.sig);
            // A call to nothing succeeds: better none at all.
            if (_original.code.length == 0) revert OriginalGone(_original);
            _delegate(_original);
        }
    }

    /// @dev Ends the call with `account` as its return data.
    function _answer(address account) private pure {
        assembly ("memory-safe") {
            mstore(0, account)
            return(0, 32)
        }
    }

    function _requireProxiable(address implementation) private view {
        if (IERC1822Proxiable(implementation).proxiableUUID() != ERC1967Utils.IMPLEMENTATION_SLOT) {
            revert NotProxiable(implementation);
        }
    }
}
