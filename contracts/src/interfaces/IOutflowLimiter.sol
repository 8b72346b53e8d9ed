// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Caps on what may flow out of a contract, per asset
/// @notice A bucket of size `cap` that refills evenly within `window` seconds. In any interval of `w` seconds, at most
/// `cap + cap * w / window` flows out; so within one window never more than twice the cap. An asset without a cap is not limited.
interface IOutflowLimiter {
    /// @notice At most `cap` of `asset` flows out at once, and it takes `window` seconds to refill. `window` is 0: no limit any more.
    event OutflowCapSet(address indexed asset, uint128 cap, uint32 window);

    /// @notice More of `asset` than is available now.
    error OutflowExceeded(address asset, uint256 amount, uint256 available);
    /// @notice A window lasts at least a second.
    error OutflowWindowInvalid(address asset);

    /// @notice How much of `asset` (native coin: zero) may flow out now; `type(uint256).max` if it has no cap.
    function outflowAvailable(address asset) external view returns (uint256);

    /// @notice The cap of `asset` in its smallest unit, and the window in seconds; both zero if it has no cap.
    function outflowCapOf(address asset) external view returns (uint128 cap, uint32 window);
}
