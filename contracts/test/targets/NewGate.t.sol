// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {SafeOwnable} from "@solidstate/contracts/access/ownable/SafeOwnable.sol";
import {IBreaker} from "../../src/interfaces/IBreaker.sol";
import {IPatchGate, Kind} from "../../src/interfaces/IPatchGate.sol";
import {PatchGate} from "../../src/PatchGate.sol";
import {Package, TargetFixture} from "./TargetFixture.sol";

/// @dev Gates are not upgradeable: a newer one takes over target by target, each in one operation of the timelock, so that no target is
/// without a gate in between.
contract NewGateTest is TargetFixture {
    uint256 private constant DELAY = 2 days;

    TimelockController private _timelock;
    PatchGate private _newGate;
    address[] private _targets;
    bytes[] private _calldatas;

    function setUp() public override {
        super.setUp();
        address[] memory proposers = new address[](1);
        proposers[0] = address(this);
        _timelock = new TimelockController(DELAY, proposers, new address[](1), address(0));
        _newGate = newGate();
    }

    function table_a_target_moves_to_a_new_gate_in_one_operation(Package package) external {
        Deployment memory d = adopt(package);
        d.vault.deposit(5);
        _giveToTimelock();
        _planMove(d);
        _run();

        vm.assertEq(uint8(gate.targetOf(d.key).kind), uint8(Kind.None));
        vm.assertEq(_newGate.targetOf(d.key).original, d.implementation);
        vm.assertEq(runs(d), d.implementation);
        vm.prank(SENTINEL);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.TargetUnknown.selector, d.key));
        gate.freeze(d.key, selectors(d.vault.withdraw.selector), 1 hours, INCIDENT);

        gate = _newGate;
        freeze(d.key);
        expectFrozen(d.vault);
        restrict(d.key);
        vm.assertTrue(refusesWrapping(d.vault));
        vm.assertEq(d.vault.balanceOf(address(this)), 6);
    }

    function table_a_freeze_outlasts_the_move(Package package) external {
        Deployment memory d = adopt(package);
        _giveToTimelock();
        _planMove(d);
        bytes32 id = _schedule();
        vm.warp(_timelock.getTimestamp(id));
        freeze(d.key);
        address oldShim = gate.targetOf(d.key).originalShim;
        expectFrozen(d.vault);
        _execute();
        expectFrozen(d.vault);
        vm.assertNotEq(runs(d), oldShim);
        vm.assertEq(runs(d), _newGate.targetOf(d.key).originalShim);
    }

    /// @dev Guardians who do not want to be left cannot get in the way.
    function test_a_restricted_target_moves_with_its_original() external {
        Deployment memory d = adopt(Package.Oz4Transparent);
        restrict(d.key);
        _giveToTimelock();
        _planMove(d);
        _run();
        vm.assertEq(_newGate.targetOf(d.key).original, d.implementation);
        vm.assertTrue(wraps(d.vault));
    }

    function test_the_order_matters_and_a_wrong_one_changes_nothing() external {
        Deployment memory d = adopt(Package.Oz5Uups);
        _giveToTimelock();
        _planMove(d);
        (_targets[2], _targets[3]) = (_targets[3], _targets[2]);
        bytes memory naming = _calldatas[2];
        _calldatas[2] = _calldatas[3];
        _calldatas[3] = naming;
        bytes32 id = _schedule();
        vm.warp(_timelock.getTimestamp(id));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.BreakerRefusesGate.selector, d.key));
        _execute();
        vm.assertEq(d.vault.owner(), address(gate));
        vm.assertEq(gate.targetOf(d.key).original, d.implementation);
    }

    /// @dev A facet is named after what was registered. One that was upgraded since goes by another name at the next gate, so pausers must
    /// be named anew, and a freeze does not come along.
    function test_an_upgraded_facet_has_another_name_at_the_new_gate() external {
        Deployment memory d = adopt(Package.Diamond);
        address next = nextImplementationOf(Package.Diamond);
        gate.upgrade(d.key, next, "", bytes32(0));
        freeze(d.key);
        address oldKey = d.key;
        d.implementation = next;
        d.key = gate.facetKey(d.target, next);
        vm.assertNotEq(d.key, oldKey);

        gate.deregisterTarget(oldKey);
        breaker.setGate(d.key, address(gate));
        gate.registerTarget(registrationOf(d));
        vm.assertTrue(wraps(d.vault));
        vm.prank(SENTINEL);
        vm.expectRevert(abi.encodeWithSelector(IBreaker.NotPermitted.selector, d.key, SENTINEL));
        gate.freeze(d.key, selectors(d.vault.withdraw.selector), 1 hours, INCIDENT);
        protect(d.key);
        freeze(d.key);
        expectFrozen(d.vault);
    }

    // ---- inside ----

    function _giveToTimelock() private {
        address[3] memory owned = [address(gate), address(_newGate), address(breaker)];
        for (uint256 i = 0; i < 3; ++i) {
            PatchGate(owned[i]).transferOwnership(address(_timelock));
            vm.prank(address(_timelock));
            PatchGate(owned[i]).acceptOwnership();
        }
    }

    function _planMove(Deployment memory d) private {
        (address on, bytes memory handing) = handOn(d, address(_newGate));
        _plan(address(gate), abi.encodeCall(gate.deregisterTarget, (d.key)));
        _plan(address(gate), abi.encodeCall(gate.execute, (on, 0, handing)));
        _plan(address(breaker), abi.encodeCall(breaker.setGate, (d.key, address(_newGate))));
        if (d.kind == Kind.Facet) {
            bytes memory taking = abi.encodeCall(SafeOwnable.acceptOwnership, ());
            _plan(address(_newGate), abi.encodeCall(_newGate.execute, (d.target, 0, taking)));
        }
        _plan(address(_newGate), abi.encodeCall(_newGate.registerTarget, (registrationOf(d))));
    }

    function _plan(address target, bytes memory data) private {
        _targets.push(target);
        _calldatas.push(data);
    }

    function _prepend(address target, bytes memory data) private {
        _plan(target, data);
        for (uint256 i = _targets.length - 1; i > 0; --i) {
            _targets[i] = _targets[i - 1];
            _calldatas[i] = _calldatas[i - 1];
        }
        (_targets[0], _calldatas[0]) = (target, data);
    }

    function _run() private {
        vm.warp(_timelock.getTimestamp(_schedule()));
        _execute();
    }

    function _schedule() private returns (bytes32) {
        uint256[] memory values = new uint256[](_targets.length);
        _timelock.scheduleBatch(_targets, values, _calldatas, 0, 0, DELAY);
        return _timelock.hashOperationBatch(_targets, values, _calldatas, 0, 0);
    }

    function _execute() private {
        vm.prank(ANYONE);
        _timelock.executeBatch(_targets, new uint256[](_targets.length), _calldatas, 0, 0);
    }
}
