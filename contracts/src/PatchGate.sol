// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Guardians} from "./Guardians.sol";
import {GuardShim} from "./GuardShim.sol";
import {IBreaker} from "./interfaces/IBreaker.sol";
import {IPatchGate, Kind, Restriction, Rollback, Signature, Target} from "./interfaces/IPatchGate.sol";
import {Certificate, IRestrictionVerifier} from "./interfaces/IRestrictionVerifier.sol";
import {IUpgradeableBeacon} from "./interfaces/IUpgradeable.sol";
import {Upgrades} from "./libraries/Upgrades.sol";

/// @title PatchGate
/// @dev Every path changes the target's record first and then calls {_settle}, the only place that decides what the target runs.
contract PatchGate is Guardians, Ownable2Step, ReentrancyGuardTransient {
    using Upgrades for Target;

    /// @inheritdoc IPatchGate
    IBreaker public immutable breaker;
    /// @inheritdoc IPatchGate
    IRestrictionVerifier public immutable verifier;
    /// @inheritdoc IPatchGate
    uint64 public immutable provisionalPeriod;

    mapping(address target => Target) private _targets;

    /// @param owner_ the DAO or its timelock.
    /// @param provisionalPeriod_ in seconds: long enough for the owner to ratify.
    constructor(
        address owner_,
        IBreaker breaker_,
        IRestrictionVerifier verifier_,
        uint64 provisionalPeriod_,
        address[] memory guardians_,
        uint256 threshold_
    ) Ownable(owner_) {
        breaker = breaker_;
        verifier = verifier_;
        provisionalPeriod = provisionalPeriod_;
        _setGuardians(guardians_, threshold_);
    }

    // ---- fast paths ----

    /// @inheritdoc IPatchGate
    function freeze(address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        external
        nonReentrant
        returns (uint64 until)
    {
        Target storage t = _known(target);
        until = breaker.freezeFor(msg.sender, target, selectors, duration, incident);
        emit FreezeRequested(target, msg.sender, until, incident);
        _settle(t, target);
    }

    /// @inheritdoc IPatchGate
    function restrict(
        Restriction calldata restriction,
        bytes calldata runtime,
        Certificate calldata certificate,
        Signature[] calldata signatures
    ) external nonReentrant returns (address patched) {
        Target storage t = _known(restriction.target);
        _requireFresh(t, restriction.nonce, restriction.deadline);
        _requireHash(t.originalCodeHash, restriction.originalCodeHash);
        _requireHash(t.originalCodeHash, t.original.codehash);
        _requireHash(restriction.patchedCodeHash, keccak256(runtime));
        _requireHash(restriction.certificateHash, keccak256(abi.encode(certificate)));
        _requireQuorum(hashRestriction(restriction), signatures);
        _openWindow(t, restriction.target);
        t.nonce = restriction.nonce + 1;

        patched = _deploy(restriction.target, restriction.nonce, runtime);
        verifier.verify(t.original, patched, certificate, t.siteMapRoot);
        t.current = patched;
        t.currentShim = _deployShim(restriction.target, patched);
        emit Restricted(restriction.target, patched, restriction.nonce, restriction.bundleHash, t.restrictableUntil);
        _lift(restriction.target);
        _settle(t, restriction.target);
    }

    /// @inheritdoc IPatchGate
    function rollback(address target) external nonReentrant {
        Target storage t = _known(target);
        if (msg.sender == owner()) {
            t.restrictableUntil = 0;
        } else if (block.timestamp < t.restrictableUntil) {
            revert RollbackTooEarly(t.restrictableUntil);
        }
        _rollback(t, target);
    }

    /// @inheritdoc IPatchGate
    function rollbackApproved(Rollback calldata request, Signature[] calldata signatures) external nonReentrant {
        Target storage t = _known(request.target);
        _requireFresh(t, request.nonce, request.deadline);
        _requireQuorum(hashRollback(request), signatures);
        t.nonce = request.nonce + 1;
        _rollback(t, request.target);
    }

    /// @inheritdoc IPatchGate
    function settle(address target) external nonReentrant {
        _settle(_known(target), target);
    }

    // ---- the owner's path ----

    /// @inheritdoc IPatchGate
    function registerTarget(address target, Kind kind, address admin, address implementation, bytes32 siteMapRoot)
        external
        onlyOwner
        nonReentrant
    {
        Target storage t = _targets[target];
        if (t.kind != Kind.None) revert TargetKnown(target);
        if (kind == Kind.None) revert KindInvalid();
        if (kind == Kind.Beacon && IUpgradeableBeacon(target).implementation() != implementation) {
            revert ImplementationInvalid(implementation);
        }
        if (breaker.permissionOf(target, address(this)) != IBreaker.Permission.Gate) revert BreakerRefusesGate(target);
        t.kind = kind;
        t.admin = kind == Kind.Transparent || kind == Kind.TransparentLegacy ? admin : target;
        _adopt(t, target, implementation, address(0), siteMapRoot);
        emit TargetRegistered(target, kind, implementation, t.originalCodeHash, siteMapRoot);
        _proveAuthority(t, target);
    }

    /// @inheritdoc IPatchGate
    function deregisterTarget(address target) external onlyOwner nonReentrant {
        Target storage t = _known(target);
        if (t.current != t.original) revert ProvisionalInPlace(target);
        if (t.live != t.original) _switch(t, target, t.original);
        // The nonce stays: addresses of past restrictions are taken for ever.
        uint256 nonce = t.nonce;
        delete _targets[target];
        t.nonce = nonce;
        emit TargetDeregistered(target);
    }

    /// @inheritdoc IPatchGate
    function ratify(address target, bytes32 patchedCodeHash, bytes32 siteMapRoot) external onlyOwner nonReentrant {
        Target storage t = _known(target);
        if (t.current == t.original) revert NothingProvisional(target);
        _requireHash(patchedCodeHash, t.current.codehash);
        _adopt(t, target, t.current, t.currentShim, siteMapRoot);
        emit Ratified(target, t.original, patchedCodeHash, siteMapRoot);
        if (t.live != t.original) _switch(t, target, t.original);
        _proveAuthority(t, target);
    }

    /// @inheritdoc IPatchGate
    function upgrade(address target, address implementation, bytes calldata data, bytes32 siteMapRoot)
        external
        onlyOwner
        nonReentrant
    {
        Target storage t = _known(target);
        _adopt(t, target, implementation, address(0), siteMapRoot);
        emit TargetUpgraded(target, implementation, t.originalCodeHash, siteMapRoot);
        emit ImplementationSwitched(target, implementation);
        t.live = implementation;
        t.upgradeTo(target, implementation, data);
        _proveAuthority(t, target);
    }

    /// @inheritdoc IPatchGate
    function unfreeze(address target) external onlyOwner nonReentrant {
        Target storage t = _known(target);
        _lift(target);
        _settle(t, target);
    }

    /// @inheritdoc IPatchGate
    function rearm(address target) external onlyOwner {
        Target storage t = _known(target);
        // A provisional restriction keeps a term: without one anybody could roll it back at once.
        t.restrictableUntil = t.current == t.original ? 0 : uint64(block.timestamp) + provisionalPeriod;
        emit Rearmed(target);
    }

    /// @inheritdoc IPatchGate
    function setGuardians(address[] calldata guardians_, uint256 threshold_) external onlyOwner {
        _setGuardians(guardians_, threshold_);
    }

    /// @inheritdoc IPatchGate
    function execute(address to, uint256 value, bytes calldata data)
        external
        onlyOwner
        nonReentrant
        returns (bytes memory)
    {
        emit Executed(to, value, data);
        return Address.functionCallWithValue(to, data, value);
    }

    // ---- views ----

    /// @inheritdoc IPatchGate
    function predict(address target, uint256 nonce) external view returns (address) {
        return Create3.computeAddress(_salt(target, nonce));
    }

    /// @inheritdoc IPatchGate
    function targetOf(address target) external view returns (Target memory) {
        return _targets[target];
    }

    // ---- inside ----

    function _known(address target) private view returns (Target storage t) {
        t = _targets[target];
        if (t.kind == Kind.None) revert TargetUnknown(target);
    }

    function _requireFresh(Target storage t, uint256 nonce, uint256 deadline) private view {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        if (nonce != t.nonce) revert NonceMismatch(t.nonce, nonce);
    }

    function _requireHash(bytes32 expected, bytes32 actual) private pure {
        if (expected != actual) revert HashMismatch(expected, actual);
    }

    /// @dev The first restriction opens the window; what follows, rollbacks included, happens within the same one.
    function _openWindow(Target storage t, address target) private {
        uint64 end = t.restrictableUntil;
        if (end == 0) t.restrictableUntil = uint64(block.timestamp) + provisionalPeriod;
        else if (block.timestamp >= end) revert RestrictionsSpent(target, end);
    }

    function _rollback(Target storage t, address target) private {
        if (t.current == t.original) revert NothingProvisional(target);
        t.current = t.original;
        t.currentShim = t.originalShim;
        emit RolledBack(target, t.original, msg.sender);
        _settle(t, target);
    }

    /// @dev Makes `implementation` the registered original.
    function _adopt(Target storage t, address target, address implementation, address shim, bytes32 siteMapRoot)
        private
    {
        if (implementation.code.length == 0) revert ImplementationInvalid(implementation);
        if (shim == address(0)) shim = _deployShim(target, implementation);
        t.original = implementation;
        t.originalShim = shim;
        t.current = implementation;
        t.currentShim = shim;
        t.originalCodeHash = implementation.codehash;
        t.siteMapRoot = siteMapRoot;
        t.restrictableUntil = 0;
    }

    /// @dev There and back again: that a freeze will work when it is needed, and that it can be undone, is shown now.
    function _proveAuthority(Target storage t, address target) private {
        _switch(t, target, t.currentShim);
        _switch(t, target, t.current);
        _settle(t, target);
    }

    /// @dev While a freeze lasts the shim must be in place, whatever happens in between. A provisional restriction of code that upgrades
    /// itself stays behind the shim, because a guard in the upgrade path would otherwise make it final.
    function _settle(Target storage t, address target) private {
        bool provisional = t.current != t.original;
        bool shimmed =
            block.timestamp < breaker.lastFrozenUntil(target) || (provisional && Upgrades.upgradesItself(t.kind));
        address wanted = shimmed ? t.currentShim : t.current;
        if (t.live != wanted) _switch(t, target, wanted);
    }

    function _switch(Target storage t, address target, address implementation) private {
        t.live = implementation;
        emit ImplementationSwitched(target, implementation);
        t.upgradeTo(target, implementation, "");
    }

    function _lift(address target) private {
        emit FreezesLifted(target);
        breaker.release(target);
    }

    function _deployShim(address target, address implementation) private returns (address) {
        return address(new GuardShim(breaker, address(this), target, implementation));
    }

    function _salt(address target, uint256 nonce) private pure returns (bytes32) {
        return keccak256(abi.encode(target, nonce));
    }

    /// @dev PUSH2 length DUP1 PUSH1 10 RETURNDATASIZE CODECOPY RETURNDATASIZE RETURN: init code that returns what follows it. The length
    /// fits, or the code would not: EIP-170.
    function _deploy(address target, uint256 nonce, bytes calldata runtime) private returns (address) {
        bytes memory initCode = abi.encodePacked(hex"61", uint16(runtime.length), hex"80600a3d393df3", runtime);
        return Create3.deploy(0, _salt(target, nonce), initCode);
    }
}
