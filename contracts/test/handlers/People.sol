// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Target} from "../../src/interfaces/IPatchGate.sol";
import {Actor} from "./Actor.sol";
import {Stage} from "./Stage.sol";

/// @dev The honest: users who use the banks, time that passes, a bystander who does what anyone may, and now and then the DAO.
contract People is Actor {
    address private constant BYSTANDER = address(0xB7);

    constructor(Stage stage_) Actor(stage_) {}

    // ---- users ----

    /// @dev What goes through at the bank goes through at its twin, and gives the same.
    function use(uint256 world, uint256 function_, uint256 user, uint256 amount) external {
        Stage.World memory w = stage.world(world);
        bytes memory data = stage.callOf(function_ % stage.FUNCTIONS(), stage.user(user / 3), amount % 1_500_000);
        address sender = stage.user(user);
        (bool success, bytes memory returned) = attempt("used", sender, address(w.bank), data);
        if (!success) return stage.note("refused");
        vm.prank(sender);
        (bool expected, bytes memory wanted) = address(w.twin).call(data);
        vm.assertTrue(expected);
        vm.assertEq(returned, wanted);
        vm.assertEq(stage.stateOf(w.bank, w.coin), stage.stateOf(w.twin, w.twinCoin));
    }

    // ---- time ----

    /// @dev Mostly hours, now and then weeks. At whatever ends in between the bystander is there.
    function wait_(uint256 time) external {
        uint256 until =
            block.timestamp + (time % 16 == 0 ? bound(time >> 8, 1 days, 30 days) : bound(time >> 8, 1, 12 hours));
        while (block.timestamp < until) {
            uint256 next = until;
            for (uint256 i = 0; i < stage.count(); ++i) {
                next = _earlier(i, next);
            }
            for (uint256 i = 0; i < stage.count(); ++i) {
                _measure(i, next - block.timestamp);
            }
            vm.warp(next);
            for (uint256 i = 0; i < stage.count(); ++i) {
                _tidy(i);
            }
        }
        stage.note("waited");
    }

    // ---- the bystander ----

    /// @dev Before its time a rollback is refused; whatever he settles is right afterwards.
    function meddle(uint256 world, bool rollback) external {
        address target = stage.world(world).target;
        bytes memory data = rollback ? abi.encodeCall(gate.rollback, (target)) : abi.encodeCall(gate.settle, (target));
        Target memory t = gate.targetOf(target);
        (bool success,) = attempt(rollback ? bytes32("meddled") : bytes32("settled"), BYSTANDER, address(gate), data);
        bool mayRollBack = t.current != t.original && block.timestamp >= t.restrictableUntil;
        vm.assertEq(success, !rollback || mayRollBack);
    }

    // ---- the DAO ----

    function reArm(uint256 world, uint256 rarely) external {
        if (rarely % 4 != 0) return;
        world %= stage.count();
        address target = stage.world(world).target;
        vm.prank(address(stage));
        gate.rearm(target);
        stage.grant(world, stage.period(), stage.sumOfBudgets());
        stage.note("re-armed guardians");
    }

    function reArmPauser(uint256 world, uint256 pauser, uint256 rarely) external {
        if (rarely % 4 != 0) return;
        world %= stage.count();
        address target = stage.world(world).target;
        address account = stage.pauser(pauser);
        uint256 budget = breaker.pauserOf(target, account).budget;
        vm.prank(address(stage));
        breaker.rearm(target, account);
        stage.noteArmed(world, account);
        stage.grant(world, 0, budget);
        stage.note("re-armed a pauser");
    }

    /// @dev Puts the original back by the slow path. Freezes stay. A diamond does not take the facet it has.
    function reinstall(uint256 world, uint256 rarely) external {
        if (rarely % 8 != 0) return;
        world %= stage.count();
        Stage.World memory w = stage.world(world);
        if (stage.runs(w) == w.original) return;
        bytes32 root = gate.targetOf(w.target).siteMapRoot;
        vm.prank(address(stage));
        gate.upgrade(w.target, w.original, "", root);
        stage.grant(world, stage.period(), stage.sumOfBudgets());
        stage.note("reinstalled");
    }

    function unfreeze(uint256 world, uint256 rarely) external {
        if (rarely % 8 != 0) return;
        world %= stage.count();
        address target = stage.world(world).target;
        vm.prank(address(stage));
        gate.unfreeze(target);
        stage.noteReleased(world);
        stage.grant(world, 0, stage.sumOfBudgets());
        stage.note("unfrozen");
    }

    // ---- inside ----

    function _earlier(uint256 i, uint256 next) private view returns (uint256) {
        address target = stage.world(i).target;
        next = _ahead(gate.targetOf(target).restrictableUntil, next);
        next = _ahead(breaker.lastFrozenUntil(target), next);
        for (uint256 f = 0; f < stage.FUNCTIONS(); ++f) {
            next = _ahead(breaker.frozenUntil(target, stage.selectorOf(f)), next);
        }
        return next;
    }

    function _ahead(uint256 event_, uint256 next) private view returns (uint256) {
        return event_ > block.timestamp && event_ < next ? event_ : next;
    }

    /// @dev Nothing changes in the time to come, so what is refused now is refused all of it.
    function _measure(uint256 i, uint256 time) private {
        Stage.World memory w = stage.world(i);
        Target memory t = gate.targetOf(w.target);
        if (t.current != t.original) stage.noteRestrictedTime(i, time);
        if (stage.runs(w) == w.original) return;
        for (uint256 f = 0; f < stage.FUNCTIONS(); ++f) {
            bytes memory data = stage.callOf(f, stage.user(1), 0);
            (bool success,,) = stage.see(w, false, stage.user(0), data);
            if (!success) stage.noteTime(i, f, time);
        }
    }

    function _tidy(uint256 i) private {
        address target = stage.world(i).target;
        Target memory t = gate.targetOf(target);
        if (t.current != t.original && block.timestamp >= t.restrictableUntil) {
            vm.prank(BYSTANDER);
            gate.rollback(target);
            stage.note("rolled back by anyone");
        }
        if (t.shimmed && block.timestamp >= breaker.lastFrozenUntil(target)) {
            vm.prank(BYSTANDER);
            gate.settle(target);
        }
    }
}
