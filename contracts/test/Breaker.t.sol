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
    bytes32 private constant INCIDENT = keccak256("incident");
    address private constant PAUSER = address(0xA1);
    address private constant GATE = address(0xA2);
    address private constant STRANGER = address(0xA3);

    Breaker private breaker;
    Asking private target;
    bytes4[] private borrow;

    function setUp() external {
        vm.warp(1_000_000);
        breaker = new Breaker(address(this), MAX);
        target = new Asking(breaker);
        breaker.setPermission(address(target), PAUSER, IBreaker.Permission.Pauser);
        breaker.setPermission(address(target), GATE, IBreaker.Permission.Gate);
        borrow = selectors(Asking.borrow.selector);
    }

    function test_a_freeze_refuses_the_function_alone_and_ends_by_itself(uint64 duration) external {
        duration = uint64(bound(duration, 1, MAX));
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
        uint64 end = 1_000_000 + MAX;
        wait = uint64(bound(wait, 0, MAX - 1));
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
        vm.warp(1_000_000 + MAX);
        vm.assertEq(_freeze(PAUSER, 1 days), 1_000_000 + MAX + 1 days);
    }

    function test_a_release_lifts_everything_and_re_arms() external {
        _freeze(PAUSER, MAX);
        vm.prank(GATE);
        breaker.release(address(target));
        vm.assertEq(target.borrow(), 1);
        vm.assertEq(breaker.lastFrozenUntil(address(target)), 0);
        vm.assertEq(breaker.fuse(address(target), PAUSER), 0);
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
        breaker.setPermission(address(target), anyone, IBreaker.Permission.Gate);
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

    function _freeze(address pauser, uint64 duration) private returns (uint64) {
        vm.prank(pauser);
        return breaker.freeze(address(target), borrow, duration, INCIDENT);
    }
}
