// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IBreaker} from "./interfaces/IBreaker.sol";

/// @title Breaker
/// @dev Everything a release must forget carries its epoch, so that a release is one increment however many functions are frozen. Each
/// struct fills one slot: in an emergency gas is time.
contract Breaker is IBreaker, Ownable2Step {
    struct Guarded {
        address gate;
        uint48 epoch;
        uint48 lastUntil;
    }

    struct Freeze {
        uint48 epoch;
        uint48 until;
    }

    /// @dev `fuseEnd` counts in `fuseEpoch` only.
    struct Account {
        uint32 budget;
        uint48 heardAt;
        uint48 fuseEnd;
        uint48 fuseEpoch;
    }

    /// @inheritdoc IBreaker
    uint64 public immutable maxDuration;
    /// @inheritdoc IBreaker
    uint64 public immutable heartbeatPeriod;

    mapping(address target => Guarded) private _guarded;
    mapping(address target => mapping(bytes4 selector => Freeze)) private _freezes;
    mapping(address target => mapping(address pauser => Account)) private _pausers;

    /// @param owner_ the DAO or its timelock.
    /// @param maxDuration_ the longest freeze, in seconds.
    /// @param heartbeatPeriod_ how long a pauser may be silent, in seconds.
    constructor(address owner_, uint64 maxDuration_, uint64 heartbeatPeriod_) Ownable(owner_) {
        if (maxDuration_ == 0 || maxDuration_ > type(uint32).max) {
            revert DurationOutOfBounds(maxDuration_, type(uint32).max);
        }
        if (heartbeatPeriod_ == 0 || heartbeatPeriod_ > type(uint32).max) {
            revert DurationOutOfBounds(heartbeatPeriod_, type(uint32).max);
        }
        maxDuration = maxDuration_;
        heartbeatPeriod = heartbeatPeriod_;
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
        if (msg.sender != _guarded[target].gate) revert NotPermitted(target, msg.sender);
        return _freeze(pauser, target, selectors, duration, incident);
    }

    /// @inheritdoc IBreaker
    function heartbeat(address[] calldata targets) external {
        for (uint256 i = 0; i < targets.length; ++i) {
            _alive(targets[i], msg.sender).heardAt = uint48(block.timestamp);
            emit Heartbeat(targets[i], msg.sender);
        }
    }

    // ---- lifting ----

    /// @inheritdoc IBreaker
    function release(address target) external {
        Guarded storage guarded = _guarded[target];
        if (msg.sender != owner() && msg.sender != guarded.gate) revert NotPermitted(target, msg.sender);
        guarded.lastUntil = 0;
        emit Released(target, ++guarded.epoch);
    }

    /// @inheritdoc IBreaker
    function unfreeze(address target, bytes4[] calldata selectors) external onlyOwner {
        for (uint256 i = 0; i < selectors.length; ++i) {
            delete _freezes[target][selectors[i]];
            emit Unfrozen(target, selectors[i]);
        }
    }

    // ---- who may ----

    /// @inheritdoc IBreaker
    function rearm(address target, address pauser) external onlyOwner {
        Account storage account = _pausers[target][pauser];
        if (account.budget == 0) revert NotPermitted(target, pauser);
        account.fuseEnd = 0;
        account.heardAt = uint48(block.timestamp);
        emit Rearmed(target, pauser);
    }

    /// @inheritdoc IBreaker
    function setPauser(address target, address pauser, uint32 budget) external onlyOwner {
        if (budget > maxDuration) revert DurationOutOfBounds(budget, maxDuration);
        if (budget == 0) delete _pausers[target][pauser];
        else _pausers[target][pauser] = Account(budget, uint48(block.timestamp), 0, 0);
        emit PauserSet(target, pauser, budget);
    }

    /// @inheritdoc IBreaker
    function setGate(address target, address gate) external onlyOwner {
        _guarded[target].gate = gate;
        emit GateSet(target, gate);
    }

    // ---- views ----

    /// @inheritdoc IBreaker
    function isFrozen(address target, bytes4 selector) external view returns (bool) {
        return block.timestamp < frozenUntil(target, selector);
    }

    /// @inheritdoc IBreaker
    function frozenUntil(address target, bytes4 selector) public view returns (uint64) {
        Freeze memory one = _freezes[target][selector];
        return one.epoch == _guarded[target].epoch ? one.until : 0;
    }

    /// @inheritdoc IBreaker
    function lastFrozenUntil(address target) external view returns (uint64) {
        return _guarded[target].lastUntil;
    }

    /// @inheritdoc IBreaker
    function pauserOf(address target, address pauser) external view returns (Pauser memory) {
        Account memory account = _pausers[target][pauser];
        bool lit = account.fuseEpoch == _guarded[target].epoch;
        return Pauser(account.budget, account.heardAt, lit ? account.fuseEnd : 0);
    }

    /// @inheritdoc IBreaker
    function gateOf(address target) external view returns (address) {
        return _guarded[target].gate;
    }

    // ---- inside ----

    function _freeze(address pauser, address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        private
        returns (uint64)
    {
        if (duration == 0 || duration > maxDuration) revert DurationOutOfBounds(duration, maxDuration);
        if (selectors.length == 0) revert NothingToFreeze();

        uint48 epoch = _guarded[target].epoch;
        uint48 until = _burn(target, pauser, epoch, duration);
        if (until > _guarded[target].lastUntil) _guarded[target].lastUntil = until;
        for (uint256 i = 0; i < selectors.length; ++i) {
            emit Frozen(target, selectors[i], _extend(target, selectors[i], epoch, until), pauser, incident);
        }
        return until;
    }

    /// @dev Lights the fuse at the first freeze and cuts the end of each to the end of the fuse.
    function _burn(address target, address pauser, uint48 epoch, uint64 duration) private returns (uint48 until) {
        Account storage account = _alive(target, pauser);
        uint48 end = account.fuseEnd;
        if (end == 0 || account.fuseEpoch != epoch) {
            end = uint48(block.timestamp) + account.budget;
            account.fuseEnd = end;
            account.fuseEpoch = epoch;
            account.heardAt = uint48(block.timestamp);
        }
        if (block.timestamp >= end) revert FuseBlown(target, pauser, end);
        until = uint48(block.timestamp + duration);
        if (until > end) until = end;
    }

    /// @dev A freeze of an earlier epoch is over, whatever its end.
    function _extend(address target, bytes4 selector, uint48 epoch, uint48 until) private returns (uint48) {
        Freeze storage one = _freezes[target][selector];
        if (one.epoch == epoch && one.until >= until) return one.until;
        one.epoch = epoch;
        one.until = until;
        return until;
    }

    function _alive(address target, address pauser) private view returns (Account storage account) {
        account = _pausers[target][pauser];
        if (account.budget == 0) revert NotPermitted(target, pauser);
        uint256 silentSince = uint256(account.heardAt) + heartbeatPeriod;
        if (block.timestamp > silentSince) revert PauserSilent(target, pauser, uint64(silentSince));
    }
}
