// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IBreaker} from "./interfaces/IBreaker.sol";

/// @title Breaker
/// @dev Everything a release must forget is kept by epoch, so that a release is one increment however many functions are frozen.
contract Breaker is IBreaker, Ownable2Step {
    struct Epoch {
        uint64 lastUntil;
        mapping(bytes4 selector => uint64) until;
        mapping(address pauser => uint64) fuse;
    }

    struct Guarded {
        uint64 epoch;
        mapping(uint64 epoch => Epoch) epochs;
        mapping(address account => Permission) permissions;
    }

    /// @inheritdoc IBreaker
    uint64 public immutable maxDuration;

    mapping(address target => Guarded) private _guarded;

    /// @param owner_ the DAO or its timelock.
    /// @param maxDuration_ the longest freeze, in seconds.
    constructor(address owner_, uint64 maxDuration_) Ownable(owner_) {
        if (maxDuration_ == 0) revert DurationOutOfBounds(maxDuration_, type(uint64).max);
        maxDuration = maxDuration_;
    }

    // ---- freezing ----

    /// @inheritdoc IBreaker
    function freeze(address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        external
        returns (uint64)
    {
        return _freeze(msg.sender, target, selectors, duration, incident);
    }

    /// @inheritdoc IBreaker
    function freezeFor(address pauser, address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        external
        returns (uint64)
    {
        _requirePermission(target, msg.sender, Permission.Gate);
        return _freeze(pauser, target, selectors, duration, incident);
    }

    // ---- lifting ----

    /// @inheritdoc IBreaker
    function release(address target) external {
        if (msg.sender != owner()) _requirePermission(target, msg.sender, Permission.Gate);
        emit Released(target, ++_guarded[target].epoch);
    }

    /// @inheritdoc IBreaker
    function unfreeze(address target, bytes4[] calldata selectors) external onlyOwner {
        Epoch storage epoch = _epoch(target);
        for (uint256 i = 0; i < selectors.length; ++i) {
            delete epoch.until[selectors[i]];
            emit Unfrozen(target, selectors[i]);
        }
    }

    // ---- who may ----

    /// @inheritdoc IBreaker
    function rearm(address target, address pauser) external onlyOwner {
        delete _epoch(target).fuse[pauser];
        emit Rearmed(target, pauser);
    }

    /// @inheritdoc IBreaker
    function setPermission(address target, address account, Permission permission) external onlyOwner {
        _guarded[target].permissions[account] = permission;
        emit PermissionSet(target, account, permission);
    }

    // ---- views ----

    /// @inheritdoc IBreaker
    function isFrozen(address target, bytes4 selector) external view returns (bool) {
        return block.timestamp < _epoch(target).until[selector];
    }

    /// @inheritdoc IBreaker
    function frozenUntil(address target, bytes4 selector) external view returns (uint64) {
        return _epoch(target).until[selector];
    }

    /// @inheritdoc IBreaker
    function lastFrozenUntil(address target) external view returns (uint64) {
        return _epoch(target).lastUntil;
    }

    /// @inheritdoc IBreaker
    function fuse(address target, address pauser) external view returns (uint64) {
        return _epoch(target).fuse[pauser];
    }

    /// @inheritdoc IBreaker
    function permissionOf(address target, address account) external view returns (Permission) {
        return _guarded[target].permissions[account];
    }

    // ---- inside ----

    function _freeze(address pauser, address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        private
        returns (uint64 until)
    {
        _requirePermission(target, pauser, Permission.Pauser);
        if (duration == 0 || duration > maxDuration) revert DurationOutOfBounds(duration, maxDuration);
        if (selectors.length == 0) revert NothingToFreeze();

        Epoch storage epoch = _epoch(target);
        until = _burn(epoch, pauser, target, duration);
        if (until > epoch.lastUntil) epoch.lastUntil = until;
        for (uint256 i = 0; i < selectors.length; ++i) {
            if (until > epoch.until[selectors[i]]) epoch.until[selectors[i]] = until;
            emit Frozen(target, selectors[i], epoch.until[selectors[i]], pauser, incident);
        }
    }

    /// @dev Lights the fuse at the first freeze and cuts the end of each to the end of the fuse.
    function _burn(Epoch storage epoch, address pauser, address target, uint64 duration)
        private
        returns (uint64 until)
    {
        uint64 end = epoch.fuse[pauser];
        if (end == 0) {
            end = uint64(block.timestamp) + maxDuration;
            epoch.fuse[pauser] = end;
        }
        if (block.timestamp >= end) revert FuseBlown(target, pauser, end);
        until = uint64(block.timestamp) + duration;
        if (until > end) until = end;
    }

    function _epoch(address target) private view returns (Epoch storage) {
        Guarded storage guarded = _guarded[target];
        return guarded.epochs[guarded.epoch];
    }

    function _requirePermission(address target, address account, Permission permission) private view {
        if (_guarded[target].permissions[account] != permission) revert NotPermitted(target, account);
    }
}
