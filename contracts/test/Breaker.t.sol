// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Breaker} from "../src/Breaker.sol";
import {Freezable} from "../src/Freezable.sol";
import {IBreaker} from "../src/interfaces/IBreaker.sol";
import {Base} from "./Base.sol";

contract Asking is Freezable {
    constructor(IBreaker breaker) Freezable(breaker) {}

    function borrow() external view whenNotFrozen returns (uint256) {
        return 1;
    }

    function repay() external view whenNotFrozen returns (uint256) {
        return 2;
    }
}

contract BreakerTest is Base {
    uint64 private constant MAX = 3 days;
    uint64 private constant HEARTBEAT = 30 days;
    uint32 private constant BUDGET = 2 days;
    bytes32 private constant INCIDENT = keccak256("incident");
    address private constant PAUSER = address(0xA1);
    address private constant GATE = address(0xA2);
    address private constant STRANGER = address(0xA3);

    Breaker private breaker;
    Asking private target;
    bytes4[] private borrow;

    function setUp() external {
        vm.warp(1_000_000);
        breaker = new Breaker(address(this), MAX, HEARTBEAT);
        target = new Asking(breaker);
        breaker.setPauser(address(target), PAUSER, BUDGET);
        breaker.setGate(address(target), GATE);
        borrow = selectors(Asking.borrow.selector);
    }

    function test_a_freeze_refuses_the_function_alone_and_ends_by_itself(uint64 duration) external {
        duration = uint64(bound(duration, 1, BUDGET));
        uint64 until = _freeze(PAUSER, duration);
        vm.assertEq(until, 1_000_000 + duration);

        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(Freezable.FunctionFrozen.selector, Asking.borrow.selector));
        target.borrow();
        vm.assertEq(target.repay(), 2);

        vm.warp(until);
        vm.assertEq(target.borrow(), 1);
    }

    function test_a_freeze_is_of_one_target_only() external {
        _freeze(PAUSER, MAX);
        vm.assertEq(new Asking(breaker).borrow(), 1);
        vm.prank(PAUSER);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, address(this), PAUSER));
        breaker.freeze(address(this), borrow, 1, INCIDENT);
    }

    function test_a_later_freeze_never_shortens_an_earlier_one() external {
        uint64 until = _freeze(PAUSER, 1 days);
        _freeze(PAUSER, 1);
        vm.assertEq(breaker.frozenUntil(address(target), borrow[0]), until);
        vm.assertEq(breaker.lastFrozenUntil(address(target)), until);
    }

    function test_a_pauser_cannot_freeze_beyond_its_fuse(uint64 wait) external {
        _freeze(PAUSER, 1);
        uint64 end = 1_000_000 + BUDGET;
        wait = uint64(bound(wait, 0, BUDGET - 1));
        vm.warp(1_000_000 + wait);
        vm.assertEq(_freeze(PAUSER, MAX), end);

        vm.warp(end);
        vm.assertEq(target.borrow(), 1);
        vm.prank(PAUSER);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.FuseBlown.selector, address(target), PAUSER, end));
        breaker.freeze(address(target), borrow, 1, INCIDENT);
    }

    function test_the_owner_re_arms_a_fuse_without_lifting_freezes() external {
        _freeze(PAUSER, MAX);
        breaker.rearm(address(target), PAUSER);
        vm.assertTrue(breaker.isFrozen(address(target), borrow[0]));
        vm.warp(1_000_000 + BUDGET);
        vm.assertEq(_freeze(PAUSER, 1 days), 1_000_000 + BUDGET + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, address(target), STRANGER));
        breaker.rearm(address(target), STRANGER);
    }

    function test_a_release_lifts_everything_and_re_arms() external {
        _freeze(PAUSER, MAX);
        vm.prank(GATE);
        breaker.release(address(target));
        vm.assertEq(target.borrow(), 1);
        vm.assertEq(breaker.lastFrozenUntil(address(target)), 0);
        vm.assertEq(breaker.pauserOf(address(target), PAUSER).fuseEnd, 0);
        _freeze(PAUSER, 1);
        vm.assertTrue(breaker.isFrozen(address(target), borrow[0]));
    }

    function test_the_owner_unfreezes_single_functions() external {
        bytes4[] memory both = new bytes4[](2);
        (both[0], both[1]) = (Asking.borrow.selector, Asking.repay.selector);
        vm.prank(PAUSER);
        breaker.freeze(address(target), both, MAX, INCIDENT);
        breaker.unfreeze(address(target), borrow);
        vm.assertEq(target.borrow(), 1);
        vm.expectRevert(abi.encodeWithSelector(Freezable.FunctionFrozen.selector, Asking.repay.selector));
        target.repay();
    }

    function test_a_gate_vouches_for_pausers_only() external {
        vm.startPrank(GATE);
        breaker.freezeFor(PAUSER, address(target), borrow, 1, INCIDENT);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, address(target), STRANGER));
        breaker.freezeFor(STRANGER, address(target), borrow, 1, INCIDENT);
        vm.stopPrank();
        vm.prank(PAUSER);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, address(target), PAUSER));
        breaker.freezeFor(PAUSER, address(target), borrow, 1, INCIDENT);
    }

    function test_nobody_but_owner_and_gate_lifts_a_freeze(address anyone) external {
        vm.assume(anyone != address(this) && anyone != GATE);
        _freeze(PAUSER, MAX);
        vm.startPrank(anyone);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, address(target), anyone));
        breaker.release(address(target));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, anyone));
        breaker.unfreeze(address(target), borrow);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, anyone));
        breaker.rearm(address(target), anyone);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, anyone));
        breaker.setGate(address(target), anyone);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, anyone));
        breaker.setPauser(address(target), anyone, 1);
        vm.stopPrank();
        vm.assertTrue(breaker.isFrozen(address(target), borrow[0]));
    }

    function test_refuses_empty_endless_and_instant_freezes() external {
        vm.startPrank(PAUSER);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.DurationOutOfBounds.selector, 0, MAX));
        breaker.freeze(address(target), borrow, 0, INCIDENT);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.DurationOutOfBounds.selector, MAX + 1, MAX));
        breaker.freeze(address(target), borrow, MAX + 1, INCIDENT);
        vm.expectRevert(IBreaker.NothingToFreeze.selector);
        breaker.freeze(address(target), new bytes4[](0), 1, INCIDENT);
    }

    function test_the_owner_releases_without_a_gate() external {
        _freeze(PAUSER, MAX);
        vm.expectEmit();
        emit IBreaker.Released(address(target), 1);
        breaker.release(address(target));
        vm.assertEq(target.borrow(), 1);
    }

    function test_freezing_and_lifting_are_told() external {
        vm.expectEmit();
        emit IBreaker.Frozen(address(target), borrow[0], 1_000_000 + 1 days, PAUSER, INCIDENT);
        _freeze(PAUSER, 1 days);
        vm.expectEmit();
        emit IBreaker.Frozen(address(target), borrow[0], 1_000_000 + 1 days, PAUSER, INCIDENT);
        _freeze(PAUSER, 1);
        vm.expectEmit();
        emit IBreaker.Unfrozen(address(target), borrow[0]);
        breaker.unfreeze(address(target), borrow);
        vm.expectEmit();
        emit IBreaker.Heartbeat(address(target), PAUSER);
        vm.prank(PAUSER);
        breaker.heartbeat(_targets());
    }

    function test_what_the_owner_decides_is_told() external {
        vm.expectEmit();
        emit IBreaker.PauserSet(address(target), STRANGER, BUDGET);
        breaker.setPauser(address(target), STRANGER, BUDGET);
        vm.expectEmit();
        emit IBreaker.Rearmed(address(target), STRANGER);
        breaker.rearm(address(target), STRANGER);
        vm.expectEmit();
        emit IBreaker.GateSet(address(target), STRANGER);
        breaker.setGate(address(target), STRANGER);
        vm.assertEq(breaker.gateOf(address(target)), STRANGER);
    }

    // ---- pausers ----

    function test_a_pauser_can_be_asked_for_its_budget_and_its_fuse() external {
        vm.assertEq(breaker.pauserOf(address(target), PAUSER).fuseEnd, 0);
        _freeze(PAUSER, 1);
        IBreaker.Pauser memory pauser = breaker.pauserOf(address(target), PAUSER);
        vm.assertEq(pauser.budget, BUDGET);
        vm.assertEq(pauser.heardAt, 1_000_000);
        vm.assertEq(pauser.fuseEnd, 1_000_000 + BUDGET);
        breaker.setPauser(address(target), PAUSER, 0);
        pauser = breaker.pauserOf(address(target), PAUSER);
        vm.assertEq(uint256(pauser.budget) + pauser.heardAt + pauser.fuseEnd, 0);
    }

    function test_a_blown_fuse_stays_blown() external {
        _freeze(PAUSER, 1);
        vm.warp(1_000_000 + BUDGET + 1);
        vm.prank(PAUSER);
        vm.expectRevert(
            abi.encodeWithSelector(IBreaker.FuseBlown.selector, address(target), PAUSER, 1_000_000 + BUDGET)
        );
        breaker.freeze(address(target), borrow, 1, INCIDENT);
    }

    function test_a_fuse_is_lit_anew_after_a_release_and_once() external {
        _freeze(PAUSER, 1);
        breaker.release(address(target));
        uint64 later = 1_000_000 + BUDGET;
        vm.warp(later);
        _freeze(PAUSER, 1);
        vm.assertEq(breaker.pauserOf(address(target), PAUSER).fuseEnd, later + BUDGET);
        vm.warp(later + BUDGET - 1);
        vm.assertEq(_freeze(PAUSER, MAX), later + BUDGET);
    }

    function test_setting_a_pauser_anew_gives_it_a_new_fuse() external {
        _freeze(PAUSER, 1);
        vm.warp(1_000_000 + BUDGET);
        breaker.setPauser(address(target), PAUSER, BUDGET);
        vm.assertEq(breaker.pauserOf(address(target), PAUSER).heardAt, 1_000_000 + BUDGET);
        vm.assertEq(_freeze(PAUSER, MAX), 1_000_000 + 2 * BUDGET);
    }

    function test_a_silent_pauser_loses_its_power_until_the_owner_re_arms_it() external {
        vm.warp(1_000_000 + HEARTBEAT);
        vm.prank(PAUSER);
        breaker.heartbeat(_targets());
        uint64 silentSince = 1_000_000 + 2 * HEARTBEAT;
        vm.warp(silentSince + 1);
        bytes memory silent =
            abi.encodeWithSelector(IBreaker.PauserSilent.selector, address(target), PAUSER, silentSince);
        vm.startPrank(PAUSER);
        vm.expectRevert(silent);
        breaker.freeze(address(target), borrow, 1, INCIDENT);
        vm.expectRevert(silent);
        breaker.heartbeat(_targets());
        vm.stopPrank();
        breaker.rearm(address(target), PAUSER);
        vm.assertEq(breaker.pauserOf(address(target), PAUSER).heardAt, block.timestamp);
        _freeze(PAUSER, 1);
    }

    function test_a_first_freeze_counts_as_a_heartbeat() external {
        vm.warp(1_000_000 + HEARTBEAT);
        _freeze(PAUSER, 1);
        vm.assertEq(breaker.pauserOf(address(target), PAUSER).heardAt, 1_000_000 + HEARTBEAT);
    }

    function test_only_pausers_send_heartbeats() external {
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, address(target), STRANGER));
        breaker.heartbeat(_targets());
    }

    function test_a_pauser_that_was_removed_freezes_no_more() external {
        _freeze(PAUSER, BUDGET);
        breaker.setPauser(address(target), PAUSER, 0);
        vm.assertTrue(breaker.isFrozen(address(target), borrow[0]));
        vm.prank(PAUSER);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, address(target), PAUSER));
        breaker.freeze(address(target), borrow, 1, INCIDENT);
    }

    function test_refuses_budgets_and_periods_out_of_bounds() external {
        vm.expectRevert(abi.encodeWithSelector(IBreaker.DurationOutOfBounds.selector, MAX + 1, MAX));
        breaker.setPauser(address(target), PAUSER, uint32(MAX) + 1);
        uint64 most = type(uint32).max;
        vm.expectRevert(abi.encodeWithSelector(IBreaker.DurationOutOfBounds.selector, 0, most));
        new Breaker(address(this), 0, HEARTBEAT);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.DurationOutOfBounds.selector, most + 1, most));
        new Breaker(address(this), most + 1, HEARTBEAT);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.DurationOutOfBounds.selector, 0, most));
        new Breaker(address(this), MAX, 0);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.DurationOutOfBounds.selector, most + 1, most));
        new Breaker(address(this), MAX, most + 1);
        Breaker longest = new Breaker(address(this), most, most);
        vm.assertEq(longest.maxDuration(), most);
        vm.assertEq(longest.heartbeatPeriod(), most);
    }

    function test_two_pausers_freeze_for_the_sum_of_their_budgets_at_most() external {
        breaker.setPauser(address(target), STRANGER, BUDGET);
        vm.assertEq(_freeze(PAUSER, MAX), 1_000_000 + BUDGET);
        vm.warp(1_000_000 + BUDGET);
        vm.assertEq(_freeze(STRANGER, MAX), 1_000_000 + 2 * BUDGET);
        vm.warp(1_000_000 + 2 * BUDGET);
        vm.assertEq(target.borrow(), 1);
        vm.prank(PAUSER);
        vm.expectRevert(
            abi.encodeWithSelector(IBreaker.FuseBlown.selector, address(target), PAUSER, 1_000_000 + BUDGET)
        );
        breaker.freeze(address(target), borrow, 1, INCIDENT);
    }

    function _targets() private view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(target);
    }

    function _freeze(address pauser, uint64 duration) private returns (uint64) {
        vm.prank(pauser);
        return breaker.freeze(address(target), borrow, duration, INCIDENT);
    }
}
