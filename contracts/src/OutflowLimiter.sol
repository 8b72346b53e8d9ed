// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOutflowLimiter} from "./interfaces/IOutflowLimiter.sol";

/// @title For protocols that bound what one attack can carry away
/// @notice Call {_recordOutflow} before each transfer out. It bounds the loss of an attack nobody saw coming, whatever its cause.
///
/// At worst: whoever can move funds in and out at no cost can use up the cap, so that nobody else gets anything out until it refills.
/// Choose a cap well above ordinary use. An asset without a cap is not limited, and nothing is recorded for it.
/// @dev The bucket counts amount times window, in which a second refills exactly `cap`: nothing is ever rounded, so that many small
/// outflows get no more than one large one, and cannot stop the refill either. Storage is namespaced (ERC-7201) and fits any layout.
abstract contract OutflowLimiter is IOutflowLimiter {
    /// @dev `used` is in units of amount times window. It may exceed the bucket after the cap was lowered.
    struct Bucket {
        uint128 cap;
        uint32 window;
        uint160 used;
        uint48 updatedAt;
    }

    /// @custom:storage-location erc7201:suture.storage.OutflowLimiter
    struct OutflowLimiterStorage {
        mapping(address asset => Bucket) buckets;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("suture.storage.OutflowLimiter")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT = 0x1d5e125ebf3ed890aed1b16aa5dbc17243433b4fc979c0be386191184c7e2300;

    // ---- views ----

    /// @inheritdoc IOutflowLimiter
    /// @dev Rounded down: what is less than a unit cannot flow out.
    function outflowAvailable(address asset) public view returns (uint256) {
        Bucket storage bucket = _bucketOf(asset);
        uint256 window = bucket.window;
        if (window == 0) return type(uint256).max;
        return Math.saturatingSub(bucket.cap * window, _used(bucket)) / window;
    }

    /// @inheritdoc IOutflowLimiter
    function outflowCapOf(address asset) external view returns (uint128 cap, uint32 window) {
        Bucket storage bucket = _bucketOf(asset);
        return (bucket.cap, bucket.window);
    }

    // ---- inside ----

    /// @dev Counts `amount` of `asset` (native coin: zero) as flowing out now, or reverts.
    function _recordOutflow(address asset, uint256 amount) internal {
        Bucket storage bucket = _bucketOf(asset);
        if (bucket.window == 0) return;
        uint256 available = outflowAvailable(asset);
        if (amount > available) revert OutflowExceeded(asset, amount, available);
        _write(bucket, _used(bucket) + amount * bucket.window);
    }

    /// @dev Sets the cap of `asset`. What flowed out before counts against the new cap; without one before, the bucket is full. Let only
    /// those call it who may decide how much an attack can take.
    /// @param cap in the asset's smallest unit; with zero nothing flows out.
    /// @param window in seconds.
    function _setOutflowCap(address asset, uint128 cap, uint32 window) internal {
        if (window == 0) revert OutflowWindowInvalid(asset);
        Bucket storage bucket = _bucketOf(asset);
        if (bucket.window != 0) _write(bucket, Math.mulDiv(_used(bucket), window, bucket.window, Math.Rounding.Ceil));
        bucket.cap = cap;
        bucket.window = window;
        emit OutflowCapSet(asset, cap, window);
    }

    /// @dev Takes the limit of `asset` away, and forgets what flowed out.
    function _removeOutflowCap(address asset) internal {
        delete _storage().buckets[asset];
        emit OutflowCapSet(asset, 0, 0);
    }

    /// @dev What is still used now, after the refill since the last change.
    function _used(Bucket storage bucket) private view returns (uint256) {
        return Math.saturatingSub(bucket.used, (block.timestamp - bucket.updatedAt) * bucket.cap);
    }

    /// @dev Fits: a cap of 128 bits times a window of 32.
    function _write(Bucket storage bucket, uint256 used) private {
        bucket.used = uint160(used);
        bucket.updatedAt = uint48(block.timestamp);
    }

    function _bucketOf(address asset) private view returns (Bucket storage) {
        return _storage().buckets[asset];
    }

    /// @dev The one thing Solidity has no words for: a storage pointer to a slot of our choice.
    function _storage() private pure returns (OutflowLimiterStorage storage $) {
        assembly {
            $.slot := STORAGE_SLOT
        }
    }
}
