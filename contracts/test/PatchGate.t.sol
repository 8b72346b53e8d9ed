// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IBreaker} from "../src/interfaces/IBreaker.sol";
import {IPatchGate, Kind, Registration, Rollback, Signature} from "../src/interfaces/IPatchGate.sol";
import {PatchGate} from "../src/PatchGate.sol";
import {GateFixture} from "./GateFixture.sol";
import {PlainVaultV2, UupsVault, UupsVaultV2, Vault} from "./mocks/Originals.sol";

contract Payee {
    function pay(uint256 value) external payable returns (uint256) {
        return value;
    }
}

/// @dev The life of a target, for every kind of proxy.
contract PatchGateTest is GateFixture {
    /// @dev Tests whose name begins with `table` run once for each of these.
    Kind[] public fixtureKind = [Kind.Uups, Kind.UupsLegacy, Kind.Transparent, Kind.TransparentLegacy, Kind.Beacon];

    // ---- freeze ----

    function table_a_freeze_puts_the_shim_in_place_and_ends_by_itself(Kind kind) external {
        (address target, Vault vault) = register(kind);
        vm.assertTrue(wraps(vault));
        uint64 until = freeze(target);
        vm.assertEq(running(target), gate.targetOf(target).originalShim);
        expectFrozen(vault);
        vm.warp(until);
        vm.assertTrue(wraps(vault));

        vm.prank(ANYONE);
        gate.settle(target);
        vm.assertEq(running(target), gate.targetOf(target).original);
    }

    function table_settle_puts_the_shim_in_place_for_a_freeze_made_at_the_breaker(Kind kind) external {
        (address target, Vault vault) = register(kind);
        vm.prank(SENTINEL);
        breaker.freeze(target, selectors(Vault.withdraw.selector), 1 hours, INCIDENT);
        vm.assertTrue(wraps(vault));
        vm.prank(ANYONE);
        gate.settle(target);
        expectFrozen(vault);
        vm.prank(ANYONE);
        gate.settle(target);
        expectFrozen(vault);
    }

    function test_only_pausers_freeze() external {
        (address target,) = register(Kind.Uups);
        vm.prank(ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, target, ANYONE));
        gate.freeze(target, selectors(Vault.withdraw.selector), 1 hours, INCIDENT);
    }

    function test_the_owner_alone_unfreezes() external {
        (address target, Vault vault) = register(Kind.Transparent);
        freeze(target);
        vm.prank(SENTINEL);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, SENTINEL));
        gate.unfreeze(target);
        gate.unfreeze(target);
        vm.assertTrue(wraps(vault));
        vm.assertEq(running(target), gate.targetOf(target).original);
    }

    // ---- restrict, ratify ----

    function table_freeze_restrict_ratify(Kind kind) external {
        (address target, Vault vault) = register(kind);
        vault.deposit(5);
        freeze(target);
        address predicted = gate.predict(target, bytes32(0));
        address patched = restrict(target);
        vm.assertEq(patched, predicted);
        vm.assertTrue(refusesWrapping(vault));
        vm.assertEq(vault.withdraw(2), 3);

        bool self = kind == Kind.Uups || kind == Kind.UupsLegacy;
        vm.assertEq(running(target), self ? gate.targetOf(target).currentShim : patched);
        vm.assertEq(gate.targetOf(target).nonce, 1);
        vm.assertEq(gate.targetOf(target).restrictableUntil, block.timestamp + PERIOD);

        gate.ratify(target, patched.codehash, bytes32(uint256(1)));
        vm.warp(block.timestamp + PERIOD);
        vm.assertEq(running(target), patched);
        vm.assertEq(gate.targetOf(target).original, patched);
        vm.assertEq(gate.targetOf(target).siteMapRoot, bytes32(uint256(1)));
        vm.assertTrue(refusesWrapping(vault));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.NothingProvisional.selector, target));
        gate.rollback(target);
        freeze(target);
        expectFrozen(vault);
    }

    function test_ratifies_only_the_restriction_that_is_meant() external {
        (address target,) = register(Kind.Uups);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.NothingProvisional.selector, target));
        gate.ratify(target, bytes32(0), bytes32(0));
        address patched = restrict(target);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.HashMismatch.selector, keccak256("other"), patched.codehash));
        gate.ratify(target, keccak256("other"), bytes32(0));
    }

    function table_a_second_restriction_replaces_the_first_within_the_same_time(Kind kind) external {
        (address target, Vault vault) = register(kind);
        address first = restrict(target);
        uint64 until = gate.targetOf(target).restrictableUntil;
        vm.warp(block.timestamp + 1 days);
        freeze(target);
        expectFrozen(vault);
        address second = restrict(target);
        vm.assertNotEq(first, second);
        vm.assertEq(gate.targetOf(target).current, second);
        vm.assertEq(gate.targetOf(target).restrictableUntil, until);
        vm.assertTrue(refusesWrapping(vault));
    }

    function test_a_restriction_cannot_keep_a_uups_original_from_coming_back() external {
        (address target, Vault vault) = register(Kind.Uups);
        restrict(target);
        // As if a guard had closed the upgrade path of the provisional code.
        vm.mockCallRevert(
            gate.targetOf(target).current, abi.encodeWithSelector(UUPSUpgradeable.upgradeToAndCall.selector), ""
        );
        vm.warp(block.timestamp + PERIOD);
        vm.prank(ANYONE);
        gate.rollback(target);
        vm.assertEq(running(target), gate.targetOf(target).original);
        vm.assertTrue(wraps(vault));
    }

    function test_ratification_refuses_code_that_would_lock_the_gate_out() external {
        (address target,) = register(Kind.Uups);
        address patched = restrict(target);
        vm.mockCallRevert(patched, abi.encodeWithSelector(UUPSUpgradeable.upgradeToAndCall.selector), "closed");
        vm.expectRevert(bytes("closed"));
        gate.ratify(target, patched.codehash, bytes32(0));
    }

    // ---- rollback ----

    function table_anyone_rolls_back_when_the_time_is_over(Kind kind) external {
        (address target, Vault vault) = register(kind);
        restrict(target);
        uint64 until = gate.targetOf(target).restrictableUntil;
        vm.warp(until - 1);
        vm.prank(ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.RollbackTooEarly.selector, until));
        gate.rollback(target);
        vm.warp(until);
        vm.prank(ANYONE);
        gate.rollback(target);
        vm.assertEq(running(target), gate.targetOf(target).original);
        vm.assertTrue(wraps(vault));
    }

    function table_after_the_time_is_over_freezing_works_and_restricting_waits_for_the_owner(Kind kind) external {
        (address target, Vault vault) = register(kind);
        restrict(target);
        uint64 until = gate.targetOf(target).restrictableUntil;
        vm.warp(until);
        vm.prank(ANYONE);
        gate.rollback(target);
        freeze(target);
        expectFrozen(vault);

        Proposal memory p = propose(target);
        Signature[] memory signatures = sign(gate.hashRestriction(p.restriction), 0, 2);
        vm.prank(ANYONE, ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.RestrictionsSpent.selector, target, until));
        gate.restrict(p.restriction, p.runtime, p.certificate, signatures);
        gate.rearm(target);
        submit(p, signatures);
        vm.assertTrue(refusesWrapping(vault));
    }

    function test_re_arming_prolongs_a_restriction_in_place() external {
        (address target,) = register(Kind.Beacon);
        restrict(target);
        vm.warp(block.timestamp + PERIOD - 1);
        gate.rearm(target);
        vm.prank(ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.RollbackTooEarly.selector, uint64(block.timestamp) + PERIOD));
        gate.rollback(target);
    }

    function table_a_rollback_during_a_freeze_keeps_the_freeze(Kind kind) external {
        (address target, Vault vault) = register(kind);
        restrict(target);
        freeze(target);
        gate.rollback(target);
        vm.assertEq(running(target), gate.targetOf(target).originalShim);
        expectFrozen(vault);
        gate.unfreeze(target);
        vm.assertTrue(wraps(vault));
    }

    function test_the_owner_rolls_back_at_once_and_the_window_starts_anew() external {
        (address target, Vault vault) = register(Kind.Transparent);
        restrict(target);
        gate.rollback(target);
        vm.assertTrue(wraps(vault));
        vm.warp(block.timestamp + 100 days);
        restrict(target);
        vm.assertTrue(refusesWrapping(vault));
    }

    function test_guardians_roll_back_but_get_no_new_window() external {
        (address target, Vault vault) = register(Kind.Uups);
        restrict(target);
        uint64 until = gate.targetOf(target).restrictableUntil;
        Rollback memory request = Rollback(target, 1, block.timestamp + 1 hours);
        Signature[] memory signatures = sign(gate.hashRollback(request), 1, 2);
        gate.rollbackApproved(request, signatures);
        vm.assertTrue(wraps(vault));
        vm.assertEq(gate.targetOf(target).restrictableUntil, until);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 2, 1));
        gate.rollbackApproved(request, signatures);
        restrict(target);
        vm.assertTrue(refusesWrapping(vault));
    }

    // ---- the owner's path ----

    function test_refuses_targets_the_gate_has_no_authority_over() external {
        address implementation = address(new UupsVault());
        address foreign = address(new ERC1967Proxy(implementation, abi.encodeCall(Vault.initialize, (ANYONE))));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.BreakerRefusesGate.selector, foreign));
        gate.registerTarget(_plain(foreign, Kind.Uups, implementation));
        breaker.setGate(foreign, address(gate));
        vm.expectRevert(Vault.NotOwner.selector);
        gate.registerTarget(_plain(foreign, Kind.Uups, implementation));
        vm.expectRevert(IPatchGate.KindInvalid.selector);
        gate.registerTarget(_plain(foreign, Kind.None, implementation));
    }

    function test_refuses_to_be_made_with_a_period_that_is_none() external {
        address[] memory two = gate.guardians();
        uint64[2] memory periods = [0, uint64(type(uint32).max) + 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPatchGate.PeriodInvalid.selector, periods[i]));
            new PatchGate(address(this), breaker, verifier, periods[i], two, 2);
        }
        new PatchGate(address(this), breaker, verifier, type(uint32).max, two, 2);
    }

    function test_refuses_an_admin_without_code() external {
        address implementation = implementationOf(Kind.Transparent);
        protect(ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.AdminInvalid.selector, ANYONE));
        gate.registerTarget(_plain(ANYONE, Kind.Uups, implementation));
        Registration memory wrong = _plain(address(this), Kind.Transparent, implementation);
        wrong.admin = ANYONE;
        protect(address(this));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.AdminInvalid.selector, ANYONE));
        gate.registerTarget(wrong);
    }

    function test_refuses_a_beacon_that_names_another_implementation() external {
        address beacon = address(new UpgradeableBeacon(implementationOf(Kind.Beacon), address(gate)));
        breaker.setGate(beacon, address(gate));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.ImplementationInvalid.selector, address(this)));
        gate.registerTarget(_plain(beacon, Kind.Beacon, address(this)));
    }

    function test_refuses_to_register_twice_and_to_use_the_unknown() external {
        (address target,) = register(Kind.Uups);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.TargetKnown.selector, target));
        gate.registerTarget(_plain(target, Kind.Uups, address(this)));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.TargetUnknown.selector, ANYONE));
        gate.settle(ANYONE);
    }

    function test_upgrades_to_anything_and_keeps_freezes() external {
        (address target, Vault vault) = register(Kind.Uups);
        restrict(target);
        freeze(target);
        address next = address(new UupsVaultV2());
        gate.upgrade(target, next, abi.encodeCall(UupsVaultV2.setVersion, 2), bytes32(uint256(2)));
        vm.assertEq(UupsVaultV2(target).version(), 2);
        expectFrozen(vault);
        vm.assertEq(gate.targetOf(target).original, next);
        vm.assertEq(gate.targetOf(target).originalCodeHash, next.codehash);
        gate.unfreeze(target);
        vm.assertEq(running(target), next);
    }

    function test_upgrades_transparent_and_beacon_targets() external {
        (address target,) = register(Kind.Transparent);
        gate.upgrade(target, address(new PlainVaultV2()), abi.encodeCall(Vault.deposit, 7), bytes32(0));
        vm.assertEq(PlainVaultV2(target).version(), 2);
        vm.assertEq(PlainVaultV2(target).balanceOf(gate.targetOf(target).admin), 7);

        Vault vault;
        (target, vault) = register(Kind.Beacon);
        address next = address(new PlainVaultV2());
        vm.expectRevert(IPatchGate.DataNotSupported.selector);
        gate.upgrade(target, next, hex"01", bytes32(0));
        gate.upgrade(target, next, "", bytes32(0));
        vm.assertEq(PlainVaultV2(address(vault)).version(), 2);
    }

    function table_deregisters_and_hands_authority_on(Kind kind) external {
        (address target, Vault vault) = register(kind);
        restrict(target);
        freeze(target);
        gate.deregisterTarget(target);
        vm.assertEq(uint8(gate.targetOf(target).kind), uint8(Kind.None));
        vm.assertEq(gate.targetOf(target).nonce, 2);
        vm.assertTrue(wraps(vault));
        if (kind == Kind.Uups) {
            gate.execute(target, 0, abi.encodeCall(Vault.setOwner, (ANYONE)));
            vm.assertEq(vault.owner(), ANYONE);
        }
    }

    function table_a_standing_shim_makes_freezes_at_the_breaker_count_at_once(Kind kind) external {
        (address target, Vault vault) = register(kind);
        gate.setStanding(target, true);
        vm.assertEq(running(target), gate.targetOf(target).originalShim);
        vm.assertTrue(wraps(vault));
        vm.prank(SENTINEL);
        breaker.freeze(target, selectors(Vault.withdraw.selector), 1 hours, INCIDENT);
        expectFrozen(vault);
        vm.warp(block.timestamp + 1 hours);
        vm.prank(ANYONE);
        gate.settle(target);
        vm.assertEq(running(target), gate.targetOf(target).originalShim);
        vm.assertTrue(wraps(vault));

        restrict(target);
        vm.assertEq(running(target), gate.targetOf(target).currentShim);
        vm.assertTrue(refusesWrapping(vault));
        gate.rollback(target);
        gate.setStanding(target, false);
        vm.assertEq(running(target), gate.targetOf(target).original);
    }

    function test_the_slow_path_is_the_owners_alone(address stranger) external {
        vm.assume(stranger != address(this));
        (address target,) = register(Kind.Uups);
        restrict(target);
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
        bytes[] memory calls = new bytes[](9);
        calls[0] = abi.encodeCall(gate.registerTarget, (_plain(ANYONE, Kind.Uups, ANYONE)));
        calls[1] = abi.encodeCall(gate.deregisterTarget, (target));
        calls[2] = abi.encodeCall(gate.ratify, (target, bytes32(0), bytes32(0)));
        calls[3] = abi.encodeCall(gate.upgrade, (target, ANYONE, "", bytes32(0)));
        calls[4] = abi.encodeCall(gate.unfreeze, (target));
        calls[5] = abi.encodeCall(gate.rearm, (target));
        calls[6] = abi.encodeCall(gate.setGuardians, (new address[](0), 0));
        calls[7] = abi.encodeCall(gate.execute, (target, 0, ""));
        calls[8] = abi.encodeCall(gate.setStanding, (target, true));
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(stranger);
            (bool success, bytes memory reason) = address(gate).call(calls[i]);
            vm.assertFalse(success);
            vm.assertEq(reason, refusal);
        }
    }

    function test_refuses_to_run_what_has_no_code() external {
        (address target,) = register(Kind.Transparent);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.ImplementationInvalid.selector, ANYONE));
        gate.upgrade(target, ANYONE, "", bytes32(0));
    }

    function test_executes_with_value_and_hands_back_the_answer() external {
        vm.deal(address(gate), 3);
        address paid = address(new Payee());
        bytes memory data = abi.encodeCall(Payee.pay, (7));
        vm.expectEmit();
        emit IPatchGate.Executed(paid, 2, data);
        vm.assertEq(gate.execute(paid, 2, data), abi.encode(7));
        vm.assertEq(paid.balance, 2);
        vm.assertEq(address(gate).balance, 1);
    }

    function test_code_keeps_its_shim_when_it_becomes_the_original() external {
        (address target,) = register(Kind.Beacon);
        address first = gate.targetOf(target).originalShim;
        address patched = restrict(target);
        address shim = gate.targetOf(target).currentShim;
        vm.assertNotEq(shim, first);
        gate.ratify(target, patched.codehash, bytes32(0));
        vm.assertEq(gate.targetOf(target).originalShim, shim);
        vm.assertEq(gate.targetOf(target).currentShim, shim);
        vm.assertEq(gate.targetOf(target).restrictableUntil, 0);
    }

    function test_a_restriction_that_came_too_late_stays_too_late() external {
        (address target,) = register(Kind.Transparent);
        restrict(target);
        uint64 until = gate.targetOf(target).restrictableUntil;
        vm.warp(until + 1);
        Proposal memory p = propose(target);
        Signature[] memory signatures = sign(gate.hashRestriction(p.restriction), 0, 2);
        vm.prank(ANYONE, ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.RestrictionsSpent.selector, target, until));
        gate.restrict(p.restriction, p.runtime, p.certificate, signatures);
    }

    function test_re_arming_without_a_restriction_leaves_the_window_to_the_next() external {
        (address target,) = register(Kind.Transparent);
        gate.rearm(target);
        vm.assertEq(gate.targetOf(target).restrictableUntil, 0);
    }

    // ---- what is told ----

    function test_a_registration_and_its_end_are_told() external {
        address implementation = implementationOf(Kind.Uups);
        address target = address(new ERC1967Proxy(implementation, abi.encodeCall(Vault.initialize, (address(gate)))));
        protect(target);
        vm.expectEmit();
        emit IPatchGate.TargetRegistered(
            target, Kind.Uups, target, address(0), implementation, implementation.codehash, bytes32(0)
        );
        vm.assertEq(gate.registerTarget(_plain(target, Kind.Uups, implementation)), target);
        vm.expectEmit();
        emit IPatchGate.TargetDeregistered(target);
        gate.deregisterTarget(target);
    }

    function test_the_life_of_a_restriction_is_told() external {
        (address target,) = register(Kind.Uups);
        vm.assertEq(freeze(target), block.timestamp + MAX_FREEZE);
        Proposal memory p = propose(target);
        Signature[] memory signatures = sign(gate.hashRestriction(p.restriction), 0, 2);
        address patched = gate.predict(target, p.restriction.salt);
        vm.expectEmit();
        emit IPatchGate.Restricted(target, patched, 0, p.restriction.bundleHash, uint64(block.timestamp + PERIOD));
        vm.expectEmit();
        emit IPatchGate.FreezesLifted(target);
        submit(p, signatures);

        address original = gate.targetOf(target).original;
        vm.expectEmit();
        emit IPatchGate.RolledBack(target, original, address(this));
        vm.expectEmit();
        emit IPatchGate.ImplementationSwitched(target, original);
        gate.rollback(target);

        patched = restrict(target);
        vm.expectEmit();
        emit IPatchGate.Ratified(target, patched, patched.codehash, bytes32(uint256(1)));
        gate.ratify(target, patched.codehash, bytes32(uint256(1)));
    }

    function test_what_the_owner_does_to_a_target_is_told() external {
        (address target,) = register(Kind.Transparent);
        vm.expectEmit();
        emit IPatchGate.Rearmed(target);
        gate.rearm(target);
        freeze(target);
        vm.expectEmit();
        emit IPatchGate.FreezesLifted(target);
        gate.unfreeze(target);
        address next = address(new PlainVaultV2());
        vm.expectEmit();
        emit IPatchGate.TargetUpgraded(target, next, next.codehash, bytes32(uint256(2)));
        vm.expectEmit();
        emit IPatchGate.ImplementationSwitched(target, next);
        gate.upgrade(target, next, "", bytes32(uint256(2)));
    }

    // ---- reentrancy ----

    function test_nothing_is_entered_twice() external {
        (address target,) = register(Kind.Uups);
        Proposal memory p = propose(target);
        Rollback memory request = Rollback(target, 0, block.timestamp);
        Signature[] memory none = new Signature[](0);
        bytes[] memory calls = new bytes[](11);
        calls[0] = abi.encodeCall(gate.freeze, (target, selectors(Vault.withdraw.selector), 1, INCIDENT));
        calls[1] = abi.encodeCall(gate.publish, (p.restriction, p.runtime, none));
        calls[2] = abi.encodeCall(gate.restrict, (p.restriction, p.runtime, p.certificate, none));
        calls[3] = abi.encodeCall(gate.rollback, (target));
        calls[4] = abi.encodeCall(gate.rollbackApproved, (request, none));
        calls[5] = abi.encodeCall(gate.settle, (target));
        calls[6] = abi.encodeCall(gate.deregisterTarget, (target));
        calls[7] = abi.encodeCall(gate.ratify, (target, bytes32(0), bytes32(0)));
        calls[8] = abi.encodeCall(gate.upgrade, (target, ANYONE, "", bytes32(0)));
        calls[9] = abi.encodeCall(gate.unfreeze, (target));
        calls[10] = abi.encodeCall(gate.registerTarget, (_plain(target, Kind.Uups, ANYONE)));
        for (uint256 i = 0; i < calls.length; ++i) {
            _refuseWithin(calls[i]);
        }
        _refuseWithin(abi.encodeCall(gate.execute, (ANYONE, 0, "")));
    }

    /// @dev Called by the gate: calls it back as its owner.
    function callBack(bytes calldata data) external {
        (bool success, bytes memory reason) = address(gate).call(data);
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
    }

    function _refuseWithin(bytes memory data) private {
        gate.execute(address(this), 0, abi.encodeCall(this.callBack, (data)));
    }

    function _plain(address target, Kind kind, address implementation) private pure returns (Registration memory) {
        return Registration(target, kind, address(0), address(0), implementation, bytes32(0), new bytes4[](0));
    }
}
