// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBreaker} from "./IBreaker.sol";
import {Certificate, IRestrictionVerifier} from "./IRestrictionVerifier.sol";

/// @notice What guardians sign for the restrict path (EIP-712).
/// @param target the proxy, the beacon of many, or the key of a facet ({IPatchGate-facetKey}).
/// @param originalCodeHash hash of the code registered for the target, which the certificate is about.
/// @param patchedCodeHash hash of the runtime code to deploy.
/// @param certificateHash `keccak256(abi.encode(certificate))`.
/// @param bundleHash the evidence the guardians looked at.
/// @param salt random: it names the address of the patched code, and nobody can guess the patch from a digest that is public before it.
/// @param nonce the target's.
/// @param deadline last second at which it may be used.
struct Restriction {
    address target;
    bytes32 originalCodeHash;
    bytes32 patchedCodeHash;
    bytes32 certificateHash;
    bytes32 bundleHash;
    bytes32 salt;
    uint256 nonce;
    uint256 deadline;
}

/// @notice What guardians sign to take a restriction back (EIP-712).
struct Rollback {
    address target;
    uint256 nonce;
    uint256 deadline;
}

/// @notice A guardian's signature: ECDSA, or ERC-1271 when the guardian is a contract.
struct Signature {
    address signer;
    bytes signature;
}

/// @notice How a target's implementation is changed. `Legacy`: OpenZeppelin before 5. `Direct`: the proxy itself obeys its admin, without
/// a ProxyAdmin. `Facet`: one facet of an ERC-2535 diamond.
enum Kind {
    None,
    Uups,
    UupsLegacy,
    Transparent,
    TransparentLegacy,
    Beacon,
    Direct,
    Facet
}

/// @notice What the owner says of a target when it puts it under the gate.
/// @param target the proxy, the beacon, or the diamond.
/// @param admin the ProxyAdmin of a transparent proxy; ignored otherwise.
/// @param via the Safe that keeps the upgrade authority and has this gate enabled as a module; zero if the gate holds the authority.
/// @param implementation what the target runs now; of a diamond, the facet.
/// @param siteMapRoot Merkle root over the runs of the implementation in which windows may be placed.
/// @param selectors of a diamond, those of its functions that the facet answers; empty otherwise.
struct Registration {
    address target;
    Kind kind;
    address admin;
    address via;
    address implementation;
    bytes32 siteMapRoot;
    bytes4[] selectors;
}

/// @notice What the gate knows of a target.
/// @param shimmed whether the target runs a shim now.
/// @param standing whether it always does.
/// @param restrictableUntil end of the window in which guardians may restrict; 0 while they have not begun.
/// @param admin what the gate calls to upgrade: a ProxyAdmin, a diamond, or the target itself.
/// @param via the Safe through which it calls; zero for a direct call.
/// @param original the registered implementation, to which a rollback leads.
/// @param originalShim the shim before it.
/// @param current the implementation users are meant to reach: the original, or a provisional restriction of it.
/// @param currentShim the shim before that.
struct Target {
    Kind kind;
    bool shimmed;
    bool standing;
    uint48 restrictableUntil;
    address admin;
    address via;
    address original;
    address originalShim;
    address current;
    address currentShim;
    bytes32 originalCodeHash;
    bytes32 siteMapRoot;
    uint256 nonce;
}

/// @title Holds upgrade authority over its targets, and hands out only as much of it as each path needs.
/// @notice
/// | path     | who                    | what it can do |
/// |----------|------------------------|----------------|
/// | freeze   | a pauser of the target | refuse functions, for a time the Breaker bounds |
/// | restrict | k of n guardians       | replace the code by a proven restriction of it, provisionally |
/// | rollback | guardians, owner; anyone once the time is over | put the original back |
/// | settle   | anyone                 | take an idle shim away, or put one in place for a freeze made at the Breaker |
/// | the rest | the owner              | everything: general upgrades, lifting freezes early, roles |
///
/// At worst:
/// - pausers refuse service until their fuses are blown (see {IBreaker});
/// - guardians (k of n, stolen) refuse service for {provisionalPeriod} from their first restriction; after that anyone puts the original
///   back, and they can restrict again only when the owner re-arms the target. In that time they can also lift freezes, by a restriction
///   that guards nothing of use, which re-arms the pausers too. They cannot move a coin, add a behaviour, or keep the original from coming
///   back: a UUPS target runs a provisional restriction behind a shim that upgrades by itself;
/// - the owner can do anything: it must be a DAO's timelock, whose delay and veto are what users rely on;
/// - anyone else can only bring about what the gate's state already says.
interface IPatchGate {
    event TargetRegistered(
        address indexed target,
        Kind kind,
        address admin,
        address via,
        address implementation,
        bytes32 codeHash,
        bytes32 siteMapRoot
    );
    event TargetDeregistered(address indexed target);
    /// @notice The target runs `implementation` now.
    event ImplementationSwitched(address indexed target, address implementation);
    event FreezesLifted(address indexed target);
    /// @notice Guardians approved what `digest` stands for, whatever it is.
    event Committed(bytes32 indexed digest);
    /// @notice The code of an approved restriction is on chain, and not yet in use.
    event Published(address indexed target, address patched, uint256 nonce);
    event Restricted(
        address indexed target, address patched, uint256 nonce, bytes32 indexed bundleHash, uint64 provisionalUntil
    );
    event Ratified(address indexed target, address implementation, bytes32 codeHash, bytes32 siteMapRoot);
    event RolledBack(address indexed target, address implementation, address indexed by);
    event TargetUpgraded(address indexed target, address implementation, bytes32 codeHash, bytes32 siteMapRoot);
    event Rearmed(address indexed target);
    event StandingSet(address indexed target, bool standing);
    event GuardiansSet(address[] guardians, uint256 threshold);
    event Executed(address indexed to, uint256 value, bytes data);

    error TargetUnknown(address target);
    error TargetKnown(address target);
    error KindInvalid();
    /// @notice There is no code at `implementation`, or the target names another one.
    error ImplementationInvalid(address implementation);
    /// @notice Another facet than the registered one answers `selector`, the selector was named twice, or none was named.
    error SelectorInvalid(bytes4 selector);
    /// @notice The Breaker does not name this gate as the target's.
    error BreakerRefusesGate(address target);
    /// @notice The Safe refused the call, or ran it and it failed: it must have this gate enabled as a module, and be the admin.
    error SafeRefused(address safe);
    /// @notice There is no code at what the gate would call to upgrade.
    error AdminInvalid(address admin);
    /// @notice A Safe upgraded the target by itself, so the gate's record is of older code. The owner deregisters and registers anew.
    error RecordStale(address target);
    /// @notice A contract must {publish} the code in an earlier transaction.
    error PublishFirst();
    /// @notice The provisional period must be at least a second and fit 32 bits.
    error PeriodInvalid(uint64 period);
    /// @notice Beacons have no initialisation call.
    error DataNotSupported();
    error DeadlinePassed(uint256 deadline);
    error NonceMismatch(uint256 expected, uint256 actual);
    error HashMismatch(bytes32 expected, bytes32 actual);
    error SignersNotAscending(address signer);
    error NotAGuardian(address signer);
    error SignatureInvalid(address signer);
    error BelowThreshold(uint256 signatures, uint256 threshold);
    /// @notice Guardians must be ascending and not zero, and it must take at least two of them: who proposes cannot approve alone.
    error GuardiansInvalid();
    /// @notice The window for restricting is over; the owner must ratify, upgrade or re-arm first.
    error RestrictionsSpent(address target, uint64 since);
    /// @notice Nothing provisional is in place.
    error NothingProvisional(address target);
    /// @notice Not the owner, and the time for ratifying is not over.
    error RollbackTooEarly(uint64 provisionalUntil);

    // ---- fast paths ----

    /// @notice Freezes functions of a target at the Breaker and puts the shim in place. Only a pauser of the target.
    /// @return until the end in seconds since the epoch; may be earlier than asked for, see {IBreaker-freeze}.
    function freeze(address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        external
        returns (uint64 until);

    /// @notice Records that guardians approved what `digest` stands for, which stays hidden: {publish}, {restrict} and {rollbackApproved}
    /// then need no signatures. Void as soon as the guardians change. Anyone may submit it; the signatures decide.
    /// @param digest of {hashRestriction} or {hashRollback}.
    /// @param signatures at least the threshold, ascending by signer.
    function commit(bytes32 digest, Signature[] calldata signatures) external;

    /// @notice Deploys `runtime` to {predict}, with a shim before it, and changes nothing else: {restrict} with empty `runtime` then fits
    /// a small transaction. Whoever looks sees the patch from then on.
    /// @param signatures as for {restrict}.
    function publish(Restriction calldata restriction, bytes calldata runtime, Signature[] calldata signatures)
        external
        returns (address patched);

    /// @notice Deploys `runtime` to {predict}, verifies that it is a restriction of the registered original, upgrades the target to it
    /// and lifts the target's freezes. Anyone may submit it; the signatures decide. A second restriction on top of a provisional one is
    /// verified against the original again and does not prolong the time.
    /// @param runtime empty after {publish}; otherwise the sender must be a plain account, so that nothing follows in the transaction.
    /// @param signatures at least the threshold, ascending by signer; none after {commit}.
    function restrict(
        Restriction calldata restriction,
        bytes calldata runtime,
        Certificate calldata certificate,
        Signature[] calldata signatures
    ) external returns (address patched);

    /// @notice Puts the original back in place of a provisional restriction. The owner; anyone once the time is over, or if the
    /// restriction's code is gone.
    function rollback(address target) external;

    /// @notice The same with the guardians' signatures, or none after {commit}.
    function rollbackApproved(Rollback calldata request, Signature[] calldata signatures) external;

    /// @notice Makes the target run what it should: the shim while a freeze lasts (or a UUPS restriction is provisional), else the
    /// implementation itself. Anyone.
    function settle(address target) external;

    // ---- the owner's path ----

    /// @notice Puts a target under the gate. The gate must hold its upgrade authority already, or be a module of the Safe that does; it
    /// is proved by putting the shim in place and taking it away.
    /// @return key by which gate and Breaker know the target: its address, or {facetKey}.
    function registerTarget(Registration calldata registration) external returns (address key);

    /// @notice Forgets a target, after putting its original in place of a shim or a provisional restriction; a target that a Safe has
    /// upgraded by itself is left as it is. Hand the authority on with {execute}.
    function deregisterTarget(address target) external;

    /// @notice Makes the provisional restriction the registered original. That the gate can still upgrade a UUPS target is proved now, not
    /// for ever: a guard on the way of its upgrade function stays, so look at what that guard depends on.
    /// @param patchedCodeHash which restriction is meant, should another have come in between.
    function ratify(address target, bytes32 patchedCodeHash, bytes32 siteMapRoot) external;

    /// @notice Upgrades to any implementation and registers it. Freezes stay.
    /// @param data call on the new implementation, or empty.
    function upgrade(address target, address implementation, bytes calldata data, bytes32 siteMapRoot) external;

    /// @notice Lifts every freeze of a target early.
    function unfreeze(address target) external;

    /// @notice Gives guardians a new window for restricting: from their next restriction on, or from now if one is in place.
    function rearm(address target) external;

    /// @notice Keeps a shim in place for good, or no longer. A freeze then is cheaper, and one made at the Breaker counts at once; every
    /// call of a user costs the shim's question and delegatecall more.
    function setStanding(address target, bool standing) external;

    /// @notice Replaces the guardians. What was committed before is void.
    /// @param guardians ascending, without zero.
    /// @param threshold at least two.
    function setGuardians(address[] calldata guardians, uint256 threshold) external;

    /// @notice Any call, for the powers a target gave the gate besides upgrading. Upgrading a registered target this way leaves the
    /// gate's records behind: use {upgrade}.
    function execute(address to, uint256 value, bytes calldata data) external returns (bytes memory);

    // ---- views ----

    /// @notice Where the code of the restriction with this salt will be, whatever the code.
    function predict(address target, bytes32 salt) external view returns (address);

    /// @notice By which address gate and Breaker know a facet of a diamond: nobody's account, only a name.
    function facetKey(address diamond, address facet) external pure returns (address);

    function targetOf(address target) external view returns (Target memory);

    /// @notice By which address the gate knows the code that answers `selector` of `account`: the account itself, the key of a facet of
    /// it, or zero. A proxy behind a beacon is known by its beacon.
    function keyOf(address account, bytes4 selector) external view returns (address);

    /// @notice The functions of a registered facet; empty for other kinds.
    function selectorsOf(address target) external view returns (bytes4[] memory);
    function guardians() external view returns (address[] memory);
    function threshold() external view returns (uint256);

    /// @notice Reverts unless enough guardians signed `digest`: for contracts that share this gate's quorum, each with an EIP-712 domain
    /// of its own.
    function requireQuorum(bytes32 digest, Signature[] calldata signatures) external view;

    /// @notice Whether the guardians of today committed to `digest`.
    function isCommitted(bytes32 digest) external view returns (bool);

    /// @notice The EIP-712 digest guardians sign.
    function hashRestriction(Restriction calldata restriction) external view returns (bytes32);

    /// @notice The EIP-712 digest guardians sign.
    function hashRollback(Rollback calldata request) external view returns (bytes32);

    /// @notice How long guardians have, from their first restriction of a target until anyone may roll back, in seconds.
    function provisionalPeriod() external view returns (uint64);

    function breaker() external view returns (IBreaker);
    function verifier() external view returns (IRestrictionVerifier);
}
