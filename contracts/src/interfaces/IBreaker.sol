// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Freezes per function, each with an end.
/// @notice A pauser can freeze functions of the targets it is trusted with; the freeze ends by itself and the pauser cannot lift it.
///
/// What each role can do at worst:
/// - a pauser can refuse service of a target's functions until its budget, counted from its first freeze, is over; then its fuse is blown
///   for this target until the owner re-arms it or the gate releases the target. Stolen pausers add up: n of them refuse service for the
///   sum of their budgets. A pauser nobody has heard of for {heartbeatPeriod} can do nothing;
/// - the gate of a target can do what its pausers can, in their names and within their budgets, and can lift the target's freezes;
/// - the owner can lift any freeze, and decides who may freeze what. It cannot touch a coin.
interface IBreaker {
    /// @notice What the Breaker knows of a pauser of a target.
    /// @param budget how long its freezes may last, counted from its first one, in seconds; 0 if it is no pauser.
    /// @param heardAt when it last showed that its key is in use, in seconds since the epoch.
    /// @param fuseEnd when its freezes end at the latest, in seconds since the epoch; 0 while the fuse is armed.
    struct Pauser {
        uint32 budget;
        uint48 heardAt;
        uint48 fuseEnd;
    }

    /// @notice `selector` of `target` is refused until `until` (seconds since the epoch).
    event Frozen(
        address indexed target, bytes4 indexed selector, uint64 until, address pauser, bytes32 indexed incident
    );
    /// @notice The owner lifted one freeze early.
    event Unfrozen(address indexed target, bytes4 indexed selector);
    /// @notice All freezes of `target` were lifted and all its pausers' fuses re-armed; `epoch` is the new epoch.
    event Released(address indexed target, uint64 epoch);
    /// @notice The fuse of `pauser` for `target` was re-armed.
    event Rearmed(address indexed target, address indexed pauser);
    /// @notice `pauser` may freeze functions of `target` for `budget` seconds; 0: no longer.
    event PauserSet(address indexed target, address indexed pauser, uint32 budget);
    /// @notice `gate` acts for the pausers of `target`, and lifts its freezes.
    event GateSet(address indexed target, address indexed gate);
    /// @notice `pauser` showed that it is alive.
    event Heartbeat(address indexed target, address indexed pauser);

    /// @notice `account` may not do this on `target`.
    error NotPermitted(address target, address account);
    /// @notice A freeze or a budget must last at least a second and at most `maximum`; a heartbeat period must not be zero.
    error DurationOutOfBounds(uint64 duration, uint64 maximum);
    /// @notice The time `pauser` had for freezing `target` was over at `since`.
    error FuseBlown(address target, address pauser, uint64 since);
    /// @notice Nobody heard of `pauser` between its last heartbeat and `since`; the owner must re-arm it.
    error PauserSilent(address target, address pauser, uint64 since);
    /// @notice A freeze must name at least one selector.
    error NothingToFreeze();

    /// @notice Freezes `selectors` of `target` for `duration` seconds. Only a pauser of the target.
    /// The end is cut to the end of the pauser's fuse: its budget after its first freeze of the target in this epoch. A freeze never
    /// shortens one that lasts longer.
    /// @param incident what the freeze is about, for the log.
    /// @return until the end, in seconds since the epoch.
    function freeze(address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        external
        returns (uint64 until);

    /// @notice The same for `pauser`, who must be a pauser of the target. Only the target's gate, which vouches for the caller.
    function freezeFor(address pauser, address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        external
        returns (uint64 until);

    /// @notice Shows that the caller's key is in use. Only a pauser of each target that has not been silent for too long already, so
    /// that a forgotten key cannot be woken by whoever finds it.
    function heartbeat(address[] calldata targets) external;

    /// @notice Lifts every freeze of `target` and re-arms the fuses of its pausers. Only the owner or the target's gate.
    function release(address target) external;

    /// @notice Lifts the freezes of `selectors`. Only the owner.
    function unfreeze(address target, bytes4[] calldata selectors) external;

    /// @notice Re-arms the fuse of `pauser` for `target` without lifting its freezes, and counts as its heartbeat. Only the owner.
    function rearm(address target, address pauser) external;

    /// @notice Lets `pauser` freeze functions of `target`, or takes that away with a budget of 0. Freezes it made stay; its
    /// fuse is armed anew. Only the owner.
    /// @param budget in seconds, at most {maxDuration}.
    function setPauser(address target, address pauser, uint32 budget) external;

    /// @notice Names the gate of `target`, or takes it away with zero. Only the owner.
    function setGate(address target, address gate) external;

    /// @notice Whether `target` must refuse calls to `selector` now.
    function isFrozen(address target, bytes4 selector) external view returns (bool);

    /// @notice When the freeze of one function ends, in seconds since the epoch; 0 if there was none in this epoch.
    function frozenUntil(address target, bytes4 selector) external view returns (uint64);

    /// @notice When the last freeze of any function of `target` ends. Early {unfreeze} does not lower it.
    function lastFrozenUntil(address target) external view returns (uint64);

    /// @notice What the Breaker knows of `pauser`.
    function pauserOf(address target, address pauser) external view returns (Pauser memory);

    /// @notice The gate of `target`; zero if there is none.
    function gateOf(address target) external view returns (address);

    /// @notice The longest freeze and the largest budget, in seconds.
    function maxDuration() external view returns (uint64);

    /// @notice How long a pauser may be silent, in seconds.
    function heartbeatPeriod() external view returns (uint64);
}
