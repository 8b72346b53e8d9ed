// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Guardians} from "./Guardians.sol";
import {GuardShim} from "./GuardShim.sol";
import {IBreaker} from "./interfaces/IBreaker.sol";
import {IPatchGate, Kind, Registration, Restriction, Rollback, Signature, Target} from "./interfaces/IPatchGate.sol";
import {Certificate, IRestrictionVerifier} from "./interfaces/IRestrictionVerifier.sol";
import {IDiamond, IUpgradeableBeacon} from "./interfaces/IUpgradeable.sol";
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
    mapping(address target => bytes4[]) private _selectors;
    mapping(address diamond => mapping(bytes4 selector => address target)) private _facets;
    mapping(address target => mapping(address implementation => address)) private _shims;

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
        if (provisionalPeriod_ == 0 || provisionalPeriod_ > type(uint32).max) {
            revert PeriodInvalid(provisionalPeriod_);
        }
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
        if (!t.shimmed) {
            _requireLive(t, target);
            _switch(t, target, true);
        }
    }

    /// @inheritdoc IPatchGate
    function publish(Restriction calldata restriction, bytes calldata runtime, Signature[] calldata signatures)
        external
        nonReentrant
        returns (address)
    {
        Target storage t = _known(restriction.target);
        _requireRestriction(t, restriction, signatures);
        return _publish(t, restriction, runtime);
    }

    /// @inheritdoc IPatchGate
    function restrict(
        Restriction calldata restriction,
        bytes calldata runtime,
        Certificate calldata certificate,
        Signature[] calldata signatures
    ) external nonReentrant returns (address patched) {
        address target = restriction.target;
        Target storage t = _known(target);
        _requireRestriction(t, restriction, signatures);
        _requireHash(restriction.certificateHash, keccak256(abi.encode(certificate)));
        _requireLive(t, target);
        _openWindow(t, target);
        patched = predict(target, restriction.salt);
        if (runtime.length != 0) {
            // What is made in a transaction can still be destroyed in it (EIP-6780): nothing may come behind this call.
            if (msg.sender != tx.origin || msg.sender.code.length != 0) revert PublishFirst();
            _publish(t, restriction, runtime);
        }
        _requireHash(restriction.patchedCodeHash, patched.codehash);
        t.nonce = restriction.nonce + 1;

        verifier.verify(t.original, patched, certificate, t.siteMapRoot);
        t.current = patched;
        t.currentShim = _shimOf(t, target, patched);
        emit Restricted(target, patched, restriction.nonce, restriction.bundleHash, t.restrictableUntil);
        emit FreezesLifted(target);
        breaker.release(target);
        _switch(t, target, _needsShim(t, target));
    }

    /// @inheritdoc IPatchGate
    function rollback(address target) external nonReentrant {
        Target storage t = _known(target);
        if (msg.sender == owner()) {
            t.restrictableUntil = 0;
        } else if (block.timestamp < t.restrictableUntil && t.current.code.length != 0) {
            revert RollbackTooEarly(t.restrictableUntil);
        }
        _rollback(t, target);
    }

    /// @inheritdoc IPatchGate
    function rollbackApproved(Rollback calldata request, Signature[] calldata signatures) external nonReentrant {
        Target storage t = _known(request.target);
        _requireFresh(t, request.nonce, request.deadline);
        _requireApproved(hashRollback(request), signatures);
        _rollback(t, request.target);
    }

    /// @inheritdoc IPatchGate
    function settle(address target) external nonReentrant {
        _settle(_known(target), target);
    }

    // ---- the owner's path ----

    /// @inheritdoc IPatchGate
    function registerTarget(Registration calldata registration)
        external
        onlyOwner
        nonReentrant
        returns (address target)
    {
        Kind kind = registration.kind;
        address implementation = registration.implementation;
        target = kind == Kind.Facet ? facetKey(registration.target, implementation) : registration.target;
        Target storage t = _targets[target];
        if (t.kind != Kind.None) revert TargetKnown(target);
        if (breaker.gateOf(target) != address(this)) revert BreakerRefusesGate(target);
        _requireShape(registration);
        t.kind = kind;
        t.admin = Upgrades.hasAdmin(kind) ? registration.admin : registration.target;
        t.via = registration.via;
        _claim(registration, target);
        _adopt(t, target, implementation, registration.siteMapRoot);
        emit TargetRegistered(
            target, kind, t.admin, t.via, implementation, t.originalCodeHash, registration.siteMapRoot
        );
        _proveAuthority(t, target);
    }

    /// @inheritdoc IPatchGate
    function deregisterTarget(address target) external onlyOwner nonReentrant {
        Target storage t = _known(target);
        bool live = _isLive(t, target);
        bool provisional = t.current != t.original;
        t.current = t.original;
        // What somebody else has upgraded meanwhile is left as it is.
        if (live && (t.shimmed || provisional)) _switch(t, target, false);
        // The nonce stays and grows, so that no old signature counts should the target come back.
        uint256 nonce = t.nonce + 1;
        _disclaim(t.admin, target);
        delete _targets[target];
        t.nonce = nonce;
        emit TargetDeregistered(target);
    }

    /// @inheritdoc IPatchGate
    function ratify(address target, bytes32 patchedCodeHash, bytes32 siteMapRoot) external onlyOwner nonReentrant {
        Target storage t = _known(target);
        if (t.current == t.original) revert NothingProvisional(target);
        _requireHash(patchedCodeHash, t.current.codehash);
        _requireLive(t, target);
        _adopt(t, target, t.current, siteMapRoot);
        emit Ratified(target, t.original, patchedCodeHash, siteMapRoot);
        _proveAuthority(t, target);
    }

    /// @inheritdoc IPatchGate
    function upgrade(address target, address implementation, bytes calldata data, bytes32 siteMapRoot)
        external
        onlyOwner
        nonReentrant
    {
        Target storage t = _known(target);
        _adopt(t, target, implementation, siteMapRoot);
        emit TargetUpgraded(target, implementation, t.originalCodeHash, siteMapRoot);
        emit ImplementationSwitched(target, implementation);
        t.shimmed = false;
        // The code may be the same as before.
        ++t.nonce;
        t.upgradeTo(target, _selectors[target], implementation, data);
        _proveAuthority(t, target);
    }

    /// @inheritdoc IPatchGate
    function unfreeze(address target) external onlyOwner nonReentrant {
        Target storage t = _known(target);
        emit FreezesLifted(target);
        breaker.release(target);
        _settle(t, target);
    }

    /// @inheritdoc IPatchGate
    function rearm(address target) external onlyOwner {
        Target storage t = _known(target);
        // A provisional restriction keeps a term: without one anybody could roll it back at once.
        t.restrictableUntil = t.current == t.original ? 0 : _windowEnd();
        emit Rearmed(target);
    }

    /// @inheritdoc IPatchGate
    function setStanding(address target, bool standing) external onlyOwner nonReentrant {
        Target storage t = _known(target);
        t.standing = standing;
        emit StandingSet(target, standing);
        _settle(t, target);
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
    function predict(address target, bytes32 salt) public view returns (address) {
        return Create3.computeAddress(keccak256(abi.encode(target, salt)));
    }

    /// @inheritdoc IPatchGate
    function facetKey(address diamond, address facet) public pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(diamond, facet)))));
    }

    /// @inheritdoc IPatchGate
    function targetOf(address target) external view returns (Target memory) {
        return _targets[target];
    }

    /// @inheritdoc IPatchGate
    function keyOf(address account, bytes4 selector) external view returns (address) {
        return _targets[account].kind == Kind.None ? _facets[account][selector] : account;
    }

    /// @inheritdoc IPatchGate
    function selectorsOf(address target) external view returns (bytes4[] memory) {
        return _selectors[target];
    }

    // ---- inside: what must hold ----

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

    /// @dev Approved, in time, and about the code that is registered and still there.
    function _requireRestriction(Target storage t, Restriction calldata restriction, Signature[] calldata signatures)
        private
        view
    {
        _requireFresh(t, restriction.nonce, restriction.deadline);
        _requireHash(t.originalCodeHash, restriction.originalCodeHash);
        _requireHash(t.originalCodeHash, t.original.codehash);
        _requireApproved(hashRestriction(restriction), signatures);
    }

    /// @dev A Safe that kept the authority may have upgraded by itself: then what the gate would put in place is older code.
    function _requireLive(Target storage t, address target) private view {
        if (!_isLive(t, target)) revert RecordStale(target);
    }

    /// @dev Whether the target runs what the record says, as far as it can be asked: a proxy without a shim does not tell.
    function _isLive(Target storage t, address target) private view returns (bool) {
        if (t.via == address(0)) return true;
        address recorded = t.shimmed ? t.currentShim : t.current;
        if (t.kind == Kind.Beacon) return IUpgradeableBeacon(target).implementation() == recorded;
        if (t.kind == Kind.Facet) return IDiamond(t.admin).facetAddress(_selectors[target][0]) == recorded;
        if (!t.shimmed) return true;
        (bool success, bytes memory answer) = target.staticcall(abi.encode(Upgrades.PROBE));
        return success && answer.length == 32 && abi.decode(answer, (address)) == recorded;
    }

    /// @dev What can be asked of the target itself must agree with what the owner says of it.
    function _requireShape(Registration calldata registration) private view {
        Kind kind = registration.kind;
        address implementation = registration.implementation;
        bytes4[] calldata selectors = registration.selectors;
        address admin = Upgrades.hasAdmin(kind) ? registration.admin : registration.target;
        if (kind == Kind.None) revert KindInvalid();
        // Through a Safe a call to nothing succeeds.
        if (admin.code.length == 0) revert AdminInvalid(admin);
        if (kind == Kind.Beacon && IUpgradeableBeacon(registration.target).implementation() != implementation) {
            revert ImplementationInvalid(implementation);
        }
        if ((kind == Kind.Facet) == (selectors.length == 0)) revert SelectorInvalid(0);
        for (uint256 i = 0; i < selectors.length; ++i) {
            // A restriction of the function that cuts could refuse the cut that takes it back.
            bool cuts = selectors[i] == IDiamond.diamondCut.selector;
            if (cuts || IDiamond(registration.target).facetAddress(selectors[i]) != implementation) {
                revert SelectorInvalid(selectors[i]);
            }
        }
    }

    // ---- inside: the record ----

    /// @dev A selector belongs to one registered facet, whatever the diamond says later.
    function _claim(Registration calldata registration, address target) private {
        bytes4[] calldata selectors = registration.selectors;
        for (uint256 i = 0; i < selectors.length; ++i) {
            if (_facets[registration.target][selectors[i]] != address(0)) revert SelectorInvalid(selectors[i]);
            _facets[registration.target][selectors[i]] = target;
        }
        _selectors[target] = selectors;
    }

    function _disclaim(address diamond, address target) private {
        bytes4[] memory selectors = _selectors[target];
        for (uint256 i = 0; i < selectors.length; ++i) {
            delete _facets[diamond][selectors[i]];
        }
        delete _selectors[target];
    }

    function _windowEnd() private view returns (uint48) {
        return uint48(block.timestamp + provisionalPeriod);
    }

    /// @dev The first restriction opens the window; what follows, rollbacks included, happens within the same one.
    function _openWindow(Target storage t, address target) private {
        uint48 end = t.restrictableUntil;
        if (end == 0) t.restrictableUntil = _windowEnd();
        else if (block.timestamp >= end) revert RestrictionsSpent(target, end);
    }

    function _rollback(Target storage t, address target) private {
        if (t.current == t.original) revert NothingProvisional(target);
        _requireLive(t, target);
        t.current = t.original;
        t.currentShim = t.originalShim;
        // What was signed before and not used does not come after.
        ++t.nonce;
        emit RolledBack(target, t.original, msg.sender);
        _switch(t, target, _needsShim(t, target));
    }

    /// @dev Makes `implementation` the registered original.
    function _adopt(Target storage t, address target, address implementation, bytes32 siteMapRoot) private {
        if (implementation.code.length == 0) revert ImplementationInvalid(implementation);
        address shim = _shimOf(t, target, implementation);
        t.original = implementation;
        t.originalShim = shim;
        t.current = implementation;
        t.currentShim = shim;
        t.originalCodeHash = implementation.codehash;
        t.siteMapRoot = siteMapRoot;
        t.restrictableUntil = 0;
    }

    // ---- inside: what the target runs ----

    /// @dev There and back again, beginning at the implementation itself: that a freeze will work when it is needed, and that it can be
    /// undone, is shown now.
    function _proveAuthority(Target storage t, address target) private {
        if (t.shimmed) _switch(t, target, false);
        _switch(t, target, true);
        _switch(t, target, false);
        _settle(t, target);
    }

    function _settle(Target storage t, address target) private {
        bool needed = _needsShim(t, target);
        if (t.shimmed == needed) return;
        _requireLive(t, target);
        _switch(t, target, needed);
    }

    /// @dev While a freeze lasts the shim must be in place, whatever happens in between. A provisional restriction of code that upgrades
    /// itself stays behind the shim, because a guard in the upgrade path would otherwise make it final.
    function _needsShim(Target storage t, address target) private view returns (bool) {
        if (t.standing || block.timestamp < breaker.lastFrozenUntil(target)) return true;
        return Upgrades.upgradesItself(t.kind) && t.current != t.original;
    }

    function _switch(Target storage t, address target, bool shimmed) private {
        address implementation = shimmed ? t.currentShim : t.current;
        t.shimmed = shimmed;
        emit ImplementationSwitched(target, implementation);
        t.upgradeTo(target, _selectors[target], implementation, "");
    }

    // ---- inside: deploying ----

    function _publish(Target storage t, Restriction calldata restriction, bytes calldata runtime)
        private
        returns (address patched)
    {
        address target = restriction.target;
        // Whoever reads the signatures in the mempool can publish first; what is there then serves as well.
        patched = predict(target, restriction.salt);
        if (patched.code.length != 0) {
            _requireHash(restriction.patchedCodeHash, patched.codehash);
            return patched;
        }
        _requireHash(restriction.patchedCodeHash, keccak256(runtime));
        _deploy(target, restriction.salt, runtime);
        _shimOf(t, target, patched);
        emit Published(target, patched, restriction.nonce);
    }

    /// @dev One shim for each implementation of a target: it has no state, so it serves as often as its implementation comes back. Unless
    /// the target came back with another Safe: then the old shim would obey the wrong upgrader.
    function _shimOf(Target storage t, address target, address implementation) private returns (address shim) {
        shim = _shims[target][implementation];
        address upgrader = t.via == address(0) ? address(this) : t.via;
        if (shim == address(0) || GuardShim(payable(shim)).shimUpgrader() != upgrader) {
            shim = address(new GuardShim(breaker, upgrader, target, implementation));
            _shims[target][implementation] = shim;
        }
    }

    /// @dev PUSH2 length DUP1 PUSH1 10 RETURNDATASIZE CODECOPY RETURNDATASIZE RETURN: init code that returns what follows it. The length
    /// fits, or the code would not: EIP-170.
    function _deploy(address target, bytes32 salt, bytes calldata runtime) private {
        bytes memory initCode = abi.encodePacked(hex"61", uint16(runtime.length), hex"80600a3d393df3", runtime);
        Create3.deploy(0, keccak256(abi.encode(target, salt)), initCode);
    }
}
