// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IOutflowLimiter} from "../src/interfaces/IOutflowLimiter.sol";
import {OutflowLimiter} from "../src/OutflowLimiter.sol";
import {Base} from "./Base.sol";

/// @dev The storage of a protocol that was there before the limiter.
contract Purse {
    uint256 public first = 11;
    mapping(address account => uint256) public balances;
}

contract LimitedPurse is Purse, OutflowLimiter {
    uint256 public last = 22;

    function setCap(address asset, uint128 cap, uint32 window) external {
        _setOutflowCap(asset, cap, window);
    }

    function removeCap(address asset) external {
        _removeOutflowCap(asset);
    }

    function take(address asset, uint256 amount) external {
        _recordOutflow(asset, amount);
    }
}

contract OutflowLimiterTest is Base {
    address private constant NATIVE = address(0);
    address private constant TOKEN = address(0x70CE);
    address private constant OTHER = address(0x07EE);
    uint256 private constant START = 1_000_000;
    uint256 private constant STEPS = 24;

    event OutflowCapSet(address indexed asset, uint128 cap, uint32 window);

    LimitedPurse private purse;

    function setUp() external {
        vm.warp(START);
        purse = new LimitedPurse();
    }

    // ---- the bound ----

    /// @dev The bound in full: over every interval of a random history, outflow * window <= cap * window + cap * length. The taker knows
    /// how much is available and mostly takes all of it.
    function test_no_interval_sees_more_than_the_cap_and_its_refill(uint128 cap, uint32 window, uint256 seed) external {
        window = uint32(bound(window, 1, type(uint32).max));
        purse.setCap(TOKEN, cap, window);
        uint256[STEPS] memory times;
        uint256[STEPS] memory amounts;
        for (uint256 i = 0; i < STEPS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp(block.timestamp + _pause(seed, window));
            times[i] = block.timestamp;
            amounts[i] = _takeSome(seed >> 128);
        }
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 total = 0;
            for (uint256 j = i; j < STEPS; ++j) {
                total += amounts[j];
                vm.assertTrue(total * window <= uint256(cap) * window + cap * (times[j] - times[i]));
            }
        }
    }

    function test_within_one_window_twice_the_cap_can_flow_out_and_no_more(uint128 cap, uint32 window) external {
        window = uint32(bound(window, 1, type(uint32).max));
        purse.setCap(TOKEN, cap, window);
        purse.take(TOKEN, cap);
        vm.warp(START + window);
        purse.take(TOKEN, cap);
        _expectExceeded(TOKEN, 1, 0);
        purse.take(TOKEN, 1);
    }

    function test_refills_evenly_and_never_beyond_the_cap(uint128 cap, uint32 window, uint32 wait, uint128 amount)
        external
    {
        window = uint32(bound(window, 1, type(uint32).max));
        amount = uint128(bound(amount, 0, cap));
        purse.setCap(TOKEN, cap, window);
        vm.assertEq(purse.outflowAvailable(TOKEN), cap);
        purse.take(TOKEN, amount);
        vm.warp(START + wait);
        uint256 refilled = cap - amount + uint256(cap) * wait / window;
        vm.assertEq(purse.outflowAvailable(TOKEN), refilled < cap ? refilled : cap);
    }

    function test_many_small_outflows_get_as_much_as_one_and_stop_no_refill(uint16 cap, uint8 pokes) external {
        uint32 window = 1 days;
        purse.setCap(TOKEN, cap, window);
        purse.setCap(OTHER, cap, window);
        purse.take(TOKEN, cap);
        purse.take(OTHER, cap);
        for (uint256 i = 0; i < pokes; ++i) {
            vm.warp(block.timestamp + 1);
            purse.take(TOKEN, 0);
        }
        vm.warp(START + window / 2);
        vm.assertEq(purse.outflowAvailable(TOKEN), cap / 2);
        vm.assertEq(purse.outflowAvailable(OTHER), cap / 2);
    }

    function test_refuses_a_unit_more_than_is_available(uint128 cap, uint256 excess) external {
        excess = bound(excess, 1, type(uint256).max - cap);
        purse.setCap(TOKEN, cap, 1 hours);
        _expectExceeded(TOKEN, cap + excess, cap);
        purse.take(TOKEN, cap + excess);
        purse.take(TOKEN, cap);
        vm.assertEq(purse.outflowAvailable(TOKEN), 0);
    }

    // ---- caps ----

    function test_an_asset_without_a_cap_is_not_limited(uint256 amount) external {
        vm.assertEq(purse.outflowAvailable(TOKEN), type(uint256).max);
        purse.take(TOKEN, amount);
        purse.take(TOKEN, type(uint256).max);
        (uint128 cap, uint32 window) = purse.outflowCapOf(TOKEN);
        vm.assertEq(cap, 0);
        vm.assertEq(window, 0);
    }

    function test_each_asset_has_its_own_cap_and_the_native_coin_is_zero() external {
        purse.setCap(NATIVE, 5, 1 hours);
        purse.setCap(TOKEN, 7, 2 hours);
        purse.take(NATIVE, 5);
        vm.assertEq(purse.outflowAvailable(TOKEN), 7);
        vm.assertEq(purse.outflowAvailable(OTHER), type(uint256).max);
        _expectExceeded(NATIVE, 1, 0);
        purse.take(NATIVE, 1);
        (uint128 cap, uint32 window) = purse.outflowCapOf(TOKEN);
        vm.assertEq(cap, 7);
        vm.assertEq(window, 2 hours);
    }

    function test_with_a_cap_of_zero_nothing_flows_out() external {
        purse.setCap(TOKEN, 0, 1);
        vm.warp(START + 365 days);
        purse.take(TOKEN, 0);
        _expectExceeded(TOKEN, 1, 0);
        purse.take(TOKEN, 1);
    }

    function test_what_flowed_out_counts_against_a_new_cap(
        uint128 cap,
        uint128 newCap,
        uint32 window,
        uint32 newWindow,
        uint128 amount
    ) external {
        window = uint32(bound(window, 1, type(uint32).max));
        newWindow = uint32(bound(newWindow, 1, type(uint32).max));
        amount = uint128(bound(amount, 0, cap));
        purse.setCap(TOKEN, cap, window);
        purse.take(TOKEN, amount);
        purse.setCap(TOKEN, newCap, newWindow);
        vm.assertEq(purse.outflowAvailable(TOKEN), newCap > amount ? newCap - amount : 0);
    }

    function test_a_new_window_rounds_what_is_used_up() external {
        purse.setCap(TOKEN, 1, 3);
        purse.take(TOKEN, 1);
        vm.warp(START + 1);
        // Two thirds of a unit are still used, which the shorter window cannot express.
        purse.setCap(TOKEN, 1, 1);
        vm.assertEq(purse.outflowAvailable(TOKEN), 0);
        vm.warp(START + 2);
        vm.assertEq(purse.outflowAvailable(TOKEN), 1);
    }

    function test_a_lowered_cap_must_refill_first() external {
        purse.setCap(TOKEN, 100, 100);
        purse.take(TOKEN, 100);
        purse.setCap(TOKEN, 10, 100);
        vm.warp(START + 900);
        vm.assertEq(purse.outflowAvailable(TOKEN), 0);
        vm.warp(START + 1000);
        vm.assertEq(purse.outflowAvailable(TOKEN), 10);
    }

    function test_a_cap_set_again_does_not_refill_the_bucket() external {
        purse.setCap(TOKEN, 100, 100);
        purse.take(TOKEN, 100);
        vm.warp(START + 30);
        purse.setCap(TOKEN, 100, 100);
        vm.assertEq(purse.outflowAvailable(TOKEN), 30);
        vm.warp(START + 60);
        vm.assertEq(purse.outflowAvailable(TOKEN), 60);
    }

    function test_a_removed_cap_is_forgotten() external {
        vm.expectEmit();
        emit OutflowCapSet(TOKEN, 100, 100);
        purse.setCap(TOKEN, 100, 100);
        purse.take(TOKEN, 100);
        vm.expectEmit();
        emit OutflowCapSet(TOKEN, 0, 0);
        purse.removeCap(TOKEN);
        vm.assertEq(purse.outflowAvailable(TOKEN), type(uint256).max);
        purse.setCap(TOKEN, 100, 100);
        vm.assertEq(purse.outflowAvailable(TOKEN), 100);
    }

    function test_refuses_a_window_of_zero() external {
        vm.expectRevert(abi.encodeWithSelector(IOutflowLimiter.OutflowWindowInvalid.selector, TOKEN));
        purse.setCap(TOKEN, 1, 0);
    }

    // ---- storage ----

    function test_storage_is_where_erc7201_puts_it_and_nowhere_else() external {
        purse.take(TOKEN, 3);
        _assertStored(0, 0);
        purse.setCap(TOKEN, 100, 60);
        purse.take(TOKEN, 3);
        _assertStored(60 << 128 | 100, START << 160 | 180);
        vm.assertEq(uint256(vm.load(address(purse), 0)), 11);
        vm.assertEq(uint256(vm.load(address(purse), bytes32(uint256(1)))), 0);
        vm.assertEq(uint256(vm.load(address(purse), bytes32(uint256(2)))), 22);
    }

    // ---- inside ----

    function _assertStored(uint256 first, uint256 second) private view {
        uint256 name = uint256(keccak256("suture.storage.OutflowLimiter"));
        bytes32 namespace = keccak256(abi.encode(name - 1)) & ~bytes32(uint256(0xff));
        bytes32 bucket = keccak256(abi.encode(TOKEN, namespace));
        vm.assertEq(uint256(vm.load(address(purse), bucket)), first);
        vm.assertEq(uint256(vm.load(address(purse), bytes32(uint256(bucket) + 1))), second);
    }

    /// @dev Nothing, a second, a part of the window, or more than one.
    function _pause(uint256 seed, uint256 window) private pure returns (uint256) {
        uint256 choice = seed % 4;
        if (choice < 2) return choice;
        return (seed >> 8) % (choice == 2 ? window : 2 * window);
    }

    function _takeSome(uint256 seed) private returns (uint256 amount) {
        uint256 available = purse.outflowAvailable(TOKEN);
        amount = seed % 3 == 0 ? (seed >> 8) % (available + 1) : available;
        purse.take(TOKEN, amount);
    }

    function _expectExceeded(address asset, uint256 amount, uint256 available) private {
        vm.expectRevert(abi.encodeWithSelector(IOutflowLimiter.OutflowExceeded.selector, asset, amount, available));
    }
}
