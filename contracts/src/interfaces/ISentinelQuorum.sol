// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBreaker} from "./IBreaker.sol";
import {Signature} from "./IPatchGate.sol";

/// @notice What watchers sign (EIP-712): this incident calls for this freeze.
/// @param target what gate and Breaker know it by.
/// @param selectors the functions to freeze.
/// @param duration of the freeze, in seconds.
/// @param incident names the incident; it is acted upon once per target.
/// @param evidence hash of what the watchers saw, by which the owner judges them afterwards.
/// @param deadline last second at which it may be used, since the epoch.
struct Attestation {
    address target;
    bytes4[] selectors;
    uint64 duration;
    bytes32 incident;
    bytes32 evidence;
    uint64 deadline;
}

/// @notice What a watcher put at stake.
/// @param amount in wei.
/// @param withdrawableAt when it may be withdrawn, in seconds since the epoch; 0 while its watcher has not left.
struct Bond {
    uint128 amount;
    uint48 withdrawableAt;
}

/// @title Independent watchers freeze together what none of them can freeze alone.
/// @notice Watchers sign off chain, anyone submits what {quorum} of them signed. This contract is one pauser of the Breaker's targets: it
/// freezes through a target's gate, or at the Breaker if there is none. Only active watchers count: admitted by the owner, with a
/// bond of at least {minBond}, and not leaving. Any {quorum} of the active ones suffice, so all others may be down.
///
/// At worst:
/// - a stolen quorum of watchers refuses service within this contract's budget at the Breaker, and loses its bonds. It cannot lift a
///   freeze, restrict or upgrade;
/// - fewer watchers freeze nothing. One alone can keep this contract's heartbeat going, and can sign what it loses its bond for. Whoever
///   steals a watcher's key can also take the bond, after {unbondingPeriod};
/// - so many watchers that no quorum is left (silent, or colluding) keep this contract from freezing: targets need other pausers beside;
/// - the owner decides who watches, and judges: it can take the bond of a watcher for an attestation it really signed, however right. It
///   can neither take another bond nor keep one for longer than {unbondingPeriod} after its watcher left or was removed. Its own
///   delay must be well below that period, or the guilty leave in time;
/// - anyone else can only submit what watchers signed.
interface ISentinelQuorum {
    /// @notice The owner admitted `watcher`, or removed it.
    event WatcherSet(address indexed watcher, bool admitted);
    /// @notice It takes `quorum` active watchers to freeze.
    event QuorumSet(uint256 quorum);
    /// @notice The bond of `watcher` is `amount` now, and it is active.
    event Bonded(address indexed watcher, uint256 amount);
    /// @notice `watcher` does not count any more, and may withdraw its bond from `withdrawableAt` on.
    event Leaving(address indexed watcher, uint48 withdrawableAt);
    /// @notice `watcher` took its bond back.
    event Withdrawn(address indexed watcher, address indexed to, uint256 amount);
    /// @notice `watcher` lost `amount` of its bond, which `recipient` may collect.
    event Slashed(address indexed watcher, bytes32 indexed digest, uint256 amount, address indexed recipient);
    /// @notice `account` took what had been slashed in its favour.
    event Collected(address indexed account, address indexed to, uint256 amount);
    /// @notice `watcher` is one of those whose word counted for `digest`.
    event Attested(bytes32 indexed digest, address indexed watcher);
    /// @notice Functions of `target` are frozen until `until`, because of the attestation with this digest.
    event IncidentFrozen(
        address indexed target, bytes32 indexed incident, bytes32 indexed digest, bytes32 evidence, uint64 until
    );

    /// @notice Zero, admitted already, or not admitted in the first place.
    error AdmissionInvalid(address watcher);
    /// @notice It must take at least two watchers, and not more than are admitted.
    error QuorumInvalid(uint256 quorum, uint256 admitted);
    /// @notice A bond must be at least `minimum`, and the least bond at least 1 wei.
    error BondTooSmall(uint256 amount, uint256 minimum);
    /// @notice The unbonding period must last at least a second and at most `maximum`.
    error UnbondingPeriodInvalid(uint64 period, uint64 maximum);
    /// @notice `account` is not admitted.
    error NotAdmitted(address account);
    /// @notice `account` is not admitted, has too small a bond, or is leaving.
    error NotActive(address account);
    /// @notice `account` has no bond.
    error NotBonded(address account);
    /// @notice The bond can be withdrawn from `withdrawableAt` on anyway.
    error AlreadyLeaving(uint48 withdrawableAt);
    /// @notice The bond cannot be withdrawn before `withdrawableAt`; 0: its watcher must leave first.
    error BondLocked(uint48 withdrawableAt);
    /// @notice Nothing was slashed in favour of `account`, or it was collected.
    error NothingToCollect(address account);
    error DeadlinePassed(uint256 deadline);
    /// @notice The incident was acted upon at this target.
    error AlreadyActedUpon(address target, bytes32 incident);
    error SignersNotAscending(address signer);
    /// @notice Of the signatures, `counted` are good and of active watchers.
    error BelowQuorum(uint256 counted, uint256 quorum);
    /// @notice `signer` did not sign the attestation.
    error SignatureInvalid(address signer);
    /// @notice `watcher` was slashed for this attestation.
    error AlreadySlashed(address watcher, bytes32 digest);
    /// @notice `watcher` has no bond, or no amount was named.
    error NothingToSlash(address watcher);
    /// @notice The time for slashing somebody for this attestation was over at `since`.
    error SlashingOver(uint256 since);

    // ---- acting ----

    /// @notice Freezes what the attestation names, through the target's gate or at the Breaker. Anyone; the signatures decide. At worst
    /// it is the freeze that {quorum} active watchers signed, once.
    /// Signatures that do not count are passed over, so that a watcher who leaves or changes its mind at the last moment does not spoil
    /// what enough others signed: submit all there are, with 500,000 gas to spare for each signer that is a contract.
    /// @param signatures ascending by signer.
    /// @return until the end in seconds since the epoch; may be earlier than asked for, see {IBreaker-freeze}.
    function freeze(Attestation calldata attestation, Signature[] calldata signatures) external returns (uint64 until);

    /// @notice Passes a heartbeat of this contract on to the Breaker. Only an active watcher; at worst it keeps this contract a pauser of
    /// targets for which no other watcher is awake.
    function heartbeat(address[] calldata targets) external;

    // ---- the watcher's path ----

    /// @notice Adds what is sent to the caller's bond and makes the caller active, also if it was leaving. Only an admitted watcher.
    /// What is sent stays at stake until {unbondingPeriod} after leaving.
    function bond() external payable;

    /// @notice Takes the caller out of the quorum and starts its unbonding period, in which it can still be slashed. Only a bonded watcher
    /// that is not leaving yet. At worst too few active ones are left.
    function leave() external;

    /// @notice Pays the caller's whole bond to `to`. Only who left or was removed, {unbondingPeriod} ago.
    function withdraw(address payable to) external;

    /// @notice Pays what was slashed in the caller's favour to `to`. Only whom the owner named as a recipient.
    function collect(address payable to) external;

    // ---- the owner's path ----

    /// @notice Admits a watcher, which counts as soon as it is bonded, or removes it, which starts its unbonding period. One that was
    /// removed and is admitted again must call {bond} to count. Only the owner; at worst it admits friends, who can do no more than any
    /// quorum. The quorum must still be possible afterwards.
    function setWatcher(address watcher, bool admitted) external;

    /// @notice Sets how many watchers it takes. Only the owner; at worst so many that no freeze comes about.
    function setQuorum(uint256 quorum_) external;

    /// @notice Takes `amount`, or the whole bond if it is smaller, from a watcher for an attestation it signed, used or not, until
    /// {unbondingPeriod} after the attestation's deadline. Once per watcher and attestation. Only the owner; at worst it punishes who was
    /// right.
    /// @param signature of the watcher; its bytes do not matter if the watcher is a contract whose word counted in {freeze}.
    /// @param recipient may {collect} it; zero burns it.
    function slash(Attestation calldata attestation, Signature calldata signature, uint256 amount, address recipient)
        external;

    // ---- views ----

    /// @notice The EIP-712 digest watchers sign.
    function hashAttestation(Attestation calldata attestation) external view returns (bytes32);

    /// @notice Whether the signature is good now: ECDSA, or ERC-1271. Says nothing of whether the signer is an active watcher.
    function hasSigned(bytes32 digest, Signature calldata signature) external view returns (bool);

    /// @notice Whether `watcher` counts now.
    function isActive(address watcher) external view returns (bool);

    /// @notice Whether `incident` was acted upon at `target`.
    function isActedUpon(address target, bytes32 incident) external view returns (bool);

    /// @notice The admitted watchers, active or not.
    function watchers() external view returns (address[] memory);

    function bondOf(address watcher) external view returns (Bond memory);

    /// @notice What `account` may {collect}, in wei.
    function collectable(address account) external view returns (uint256);

    /// @notice How many active watchers it takes.
    function quorum() external view returns (uint256);

    /// @notice The least bond of an active watcher, in wei.
    function minBond() external view returns (uint128);

    /// @notice How long a bond stays at stake after its watcher left, and an attestation punishable after its deadline, in seconds.
    function unbondingPeriod() external view returns (uint64);

    function breaker() external view returns (IBreaker);
}
