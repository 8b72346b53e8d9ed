// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Freezes per function, each with an end.
/// @notice A pauser can freeze functions of the targets it is trusted with; the freeze ends by itself and the pauser cannot lift it.
///
/// What each role can do at worst:
/// - a pauser can refuse service of a target's functions until {maxDuration} after its first freeze, then its fuse is blown for this
///   target until the owner re-arms it or a gate releases the target;
/// - a gate can do what a pauser can, without a fuse of its own, and can lift the freezes of the targets it is trusted with;
/// - the owner can lift any freeze, and decides who may freeze what. It cannot touch a coin.
interface IBreaker {
    /// @dev A gate freezes for pausers, whose names it vouches for, and releases.
    enum Permission {
        None,
        Pauser,
        Gate
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
    /// @notice `account` may now do what `permission` says on `target`.
    event PermissionSet(address indexed target, address indexed account, Permission permission);

    /// @notice `account` lacks the permission for this on `target`.
    error NotPermitted(address target, address account);
    /// @notice A freeze must last at least a second and at most {maxDuration}.
    error DurationOutOfBounds(uint64 duration, uint64 maximum);
    /// @notice The time `pauser` had for freezing `target` was over at `since`.
    error FuseBlown(address target, address pauser, uint64 since);
    /// @notice A freeze must name at least one selector.
    error NothingToFreeze();

    /// @notice Freezes `selectors` of `target` for `duration` seconds. Only a pauser of the target.
    /// The end is cut to the end of the pauser's fuse: {maxDuration} after its first freeze of the target in this epoch. A freeze never
    /// shortens one that lasts longer.
    /// @param incident what the freeze is about, for the log.
    /// @return until the end, in seconds since the epoch.
    function freeze(address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        external
        returns (uint64 until);

    /// @notice The same for `pauser`, who must be a pauser of the target. Only a gate of the target, which vouches for the caller.
    function freezeFor(address pauser, address target, bytes4[] calldata selectors, uint64 duration, bytes32 incident)
        external
        returns (uint64 until);

    /// @notice Lifts every freeze of `target` and re-arms the fuses of its pausers. Only the owner or a gate of the target.
    function release(address target) external;

    /// @notice Lifts the freezes of `selectors`. Only the owner.
    function unfreeze(address target, bytes4[] calldata selectors) external;

    /// @notice Re-arms the fuse of `pauser` for `target` without lifting its freezes. Only the owner.
    function rearm(address target, address pauser) external;

    /// @notice Gives `account` a permission on `target`, or takes it away. Only the owner.
    function setPermission(address target, address account, Permission permission) external;

    /// @notice Whether `target` must refuse calls to `selector` now.
    function isFrozen(address target, bytes4 selector) external view returns (bool);

    /// @notice When the freeze of one function ends, in seconds since the epoch; 0 if there was none in this epoch.
    function frozenUntil(address target, bytes4 selector) external view returns (uint64);

    /// @notice When the last freeze of any function of `target` ends. Early {unfreeze} does not lower it.
    function lastFrozenUntil(address target) external view returns (uint64);

    /// @notice When the fuse of `pauser` for `target` ends; 0 while it is armed.
    function fuse(address target, address pauser) external view returns (uint64);

    /// @notice What `account` may do on `target`.
    function permissionOf(address target, address account) external view returns (Permission);

    /// @notice The longest freeze, and how long a fuse burns, in seconds.
    function maxDuration() external view returns (uint64);
}
