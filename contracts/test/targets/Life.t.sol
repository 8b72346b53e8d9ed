// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeOwnable} from "@solidstate/contracts/access/ownable/SafeOwnable.sol";
import {IPatchGate, Kind, Registration, Target} from "../../src/interfaces/IPatchGate.sol";
import {Upgrades} from "../../src/libraries/Upgrades.sol";
import {Vault} from "../mocks/Originals.sol";
import {Package, TargetFixture} from "./TargetFixture.sol";

/// @dev The life of a target, from registration to exit, on what protocols really deploy.
contract LifeTest is TargetFixture {
    /// @dev The record with which {upgradeAs} encodes the call of an owner that is no gate.
    Target private _record;
    bytes4[] private _moved;

    function table_registration_leaves_the_target_as_it_was(Package package) external {
        Deployment memory d = adopt(package);
        vm.assertEq(runs(d), d.implementation);
        vm.assertEq(gate.targetOf(d.key).original, d.implementation);
        vm.assertTrue(wraps(d.vault));
    }

    function table_freezes_one_function_until_it_expires(Package package) external {
        Deployment memory d = adopt(package);
        d.vault.deposit(5);
        uint64 until = freeze(d.key);
        vm.assertEq(runs(d), gate.targetOf(d.key).originalShim);
        expectFrozen(d.vault);
        vm.assertEq(d.vault.balanceOf(address(this)), 6);

        vm.warp(until);
        vm.assertEq(d.vault.withdraw(2), 4);
        vm.prank(ANYONE);
        gate.settle(d.key);
        vm.assertEq(runs(d), d.implementation);
        vm.assertEq(d.vault.withdraw(2), 2);
    }

    function table_restricts_and_anyone_rolls_back_when_the_time_is_over(Package package) external {
        Deployment memory d = adopt(package);
        d.vault.deposit(5);
        freeze(d.key);
        address patched = restrict(d.key);
        vm.assertTrue(refusesWrapping(d.vault));
        vm.assertEq(d.vault.withdraw(2), 3);
        vm.assertEq(runs(d), Upgrades.upgradesItself(d.kind) ? gate.targetOf(d.key).currentShim : patched);

        vm.warp(gate.targetOf(d.key).restrictableUntil);
        vm.prank(ANYONE);
        gate.rollback(d.key);
        vm.assertEq(runs(d), d.implementation);
        vm.assertTrue(wraps(d.vault));
        vm.assertEq(d.vault.balanceOf(address(this)), 3);
    }

    function table_freezes_restricts_and_rolls_back_what_was_ratified(Package package) external {
        Deployment memory d = adopt(package);
        address patched = restrict(d.key);
        gate.ratify(d.key, patched.codehash, rootOf(patched));
        vm.assertEq(runs(d), patched);
        vm.assertTrue(refusesWrapping(d.vault));
        freeze(d.key);
        expectFrozen(d.vault);
        gate.unfreeze(d.key);
        vm.assertEq(runs(d), patched);
        vm.assertTrue(refusesWrapping(d.vault));
    }

    function table_upgrades_with_data(Package package) external {
        Deployment memory d = adopt(package);
        d.vault.deposit(5);
        address next = nextImplementationOf(package);
        bytes memory data = abi.encodeCall(Vault.deposit, (7));
        if (d.kind == Kind.Beacon) {
            vm.expectRevert(IPatchGate.DataNotSupported.selector);
            gate.upgrade(d.key, next, data, bytes32(0));
            data = "";
        }
        gate.upgrade(d.key, next, data, bytes32(0));
        vm.assertEq(runs(d), next);
        address caller = d.admin == address(0) ? address(gate) : d.admin;
        vm.assertEq(d.vault.balanceOf(caller), data.length == 0 ? 0 : 7);
        vm.assertEq(d.vault.balanceOf(address(this)), 5);

        gate.upgrade(d.key, d.implementation, "", rootOf(d.implementation));
        vm.assertEq(runs(d), d.implementation);
        restrict(d.key);
        vm.assertTrue(refusesWrapping(d.vault));
    }

    function table_an_upgrade_keeps_the_freeze(Package package) external {
        Deployment memory d = adopt(package);
        freeze(d.key);
        address next = nextImplementationOf(package);
        gate.upgrade(d.key, next, "", bytes32(0));
        expectFrozen(d.vault);
        vm.assertEq(gate.targetOf(d.key).original, next);
        gate.unfreeze(d.key);
        vm.assertEq(runs(d), next);
    }

    function table_leaves_the_gate_and_the_new_holder_upgrades_alone(Package package) external {
        Deployment memory d = adopt(package);
        d.vault.deposit(5);
        freeze(d.key);
        gate.deregisterTarget(d.key);
        vm.assertEq(runs(d), d.implementation);
        (address on, bytes memory data) = handOn(d, ANYONE);
        gate.execute(on, 0, data);
        if (d.kind == Kind.Facet) {
            vm.prank(ANYONE);
            SafeOwnable(d.target).acceptOwnership();
        }

        address next = nextImplementationOf(package);
        this.upgradeAs(ANYONE, d, next);
        vm.assertEq(runs(d), next);
        vm.assertEq(d.vault.balanceOf(address(this)), 5);

        d.implementation = next;
        d.key = d.kind == Kind.Facet ? gate.facetKey(d.target, next) : d.target;
        protect(d.key);
        Registration memory again = registrationOf(d);
        vm.expectRevert(refusalOf(package));
        gate.registerTarget(again);
        vm.assertEq(runs(d), next);
    }

    /// @dev What the holder of the authority calls is what the gate called before: the library encodes it.
    function upgradeAs(address holder, Deployment calldata d, address next) external {
        _record.kind = d.kind;
        _record.admin = d.admin == address(0) ? d.target : d.admin;
        _moved = selectorsOf(d.package);
        vm.prank(holder);
        Upgrades.upgradeTo(_record, d.target, _moved, next, "");
    }
}
