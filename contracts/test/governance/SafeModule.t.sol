// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Upgrades} from "../../src/libraries/Upgrades.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {ModuleManager} from "@safe/base/ModuleManager.sol";
import {Enum} from "@safe/libraries/Enum.sol";
import {Safe} from "@safe/Safe.sol";
import {
    TransparentUpgradeableProxy as TransparentProxy4
} from "openzeppelin-4/proxy/transparent/TransparentUpgradeableProxy.sol";
import {IGuardShim} from "../../src/interfaces/IGuardShim.sol";
import {IPatchGate, Kind, Registration, Rollback, Signature, Target} from "../../src/interfaces/IPatchGate.sol";
import {ITransparentAdmin, IUpgradeableBeacon, IUUPSProxy} from "../../src/interfaces/IUpgradeable.sol";
import {Vault} from "../mocks/Originals.sol";
import {ModuleWitness, UpgradesOnly} from "./mocks/ModuleGuards.sol";
import {VoteToken} from "./mocks/Dao.sol";
import {SafeFixture} from "./SafeFixture.sol";

/// @dev A Safe keeps the upgrade authority and has the gate enabled as a module.
///
/// What that means at worst: through the gate's fast paths nothing but the upgrade call reaches the Safe's name. The gate's owner, though,
/// can make the gate do anything, and a module can do anything in the Safe's name: so the Safe's whole treasury then hangs on the
/// gate's owner, unless the Safe has a module guard that lets upgrades through alone, or is a Safe that holds nothing else.
contract SafeModuleTest is SafeFixture {
    uint256 private constant OWNER = 200;
    address private constant SENTINEL_MODULES = address(1);

    /// @dev Tests whose name begins with `table` run once for each of these.
    Kind[] public fixtureKind = [Kind.Uups, Kind.Transparent, Kind.Direct, Kind.Beacon];

    Safe private _safe;

    function setUp() public override {
        super.setUp();
        _safe = newSafe(OWNER);
        _asSafe(address(_safe), abi.encodeCall(ModuleManager.enableModule, (address(gate))));
    }

    // ---- the paths ----

    function table_freezes_restricts_and_rolls_back_through_the_safe(Kind kind) external {
        (address target, Vault vault) = _adopt(kind);
        vault.deposit(5);
        freeze(target);
        expectFrozen(vault);
        address patched = restrict(target);
        vm.assertTrue(refusesWrapping(vault));
        vm.assertEq(_runs(target, kind), Upgrades.upgradesItself(kind) ? gate.targetOf(target).currentShim : patched);

        vm.warp(gate.targetOf(target).restrictableUntil);
        vm.prank(ANYONE);
        gate.rollback(target);
        vm.assertEq(_runs(target, kind), gate.targetOf(target).original);
        vm.assertTrue(wraps(vault));
        vm.assertEq(vault.balanceOf(address(this)), 6);
    }

    function table_ratifies_and_upgrades_through_the_safe(Kind kind) external {
        (address target, Vault vault) = _adopt(kind);
        address patched = restrict(target);
        gate.ratify(target, patched.codehash, rootOf(patched));
        vm.assertEq(_runs(target, kind), patched);
        address next = implementationOf(kind);
        gate.upgrade(target, next, "", rootOf(next));
        vm.assertEq(_runs(target, kind), next);
        vm.assertTrue(wraps(vault));
    }

    function test_the_shim_obeys_the_safe_and_not_the_gate() external {
        (address target,) = _adopt(Kind.Uups);
        freeze(target);
        vm.assertEq(IGuardShim(gate.targetOf(target).originalShim).shimUpgrader(), address(_safe));
    }

    // ---- what the safe refuses ----

    function test_refuses_a_safe_that_has_not_enabled_the_gate() external {
        Safe other = newSafe(OWNER + 10);
        (address target, address admin,) = _deploy(Kind.Transparent, address(other));
        protect(target);
        Registration memory registration = _registration(target, Kind.Transparent, admin, address(other));
        vm.expectRevert("GS104");
        gate.registerTarget(registration);
    }

    function table_refuses_a_safe_that_does_not_hold_the_authority(Kind kind) external {
        (address target, address admin,) = _deploy(kind, ANYONE);
        protect(target);
        Registration memory registration = _registration(target, kind, admin, address(_safe));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SafeRefused.selector, _safe));
        gate.registerTarget(registration);
    }

    // ---- the exit ----

    function table_leaves_by_disabling_the_module_and_the_gate_can_do_nothing(Kind kind) external {
        (address target, Vault vault) = _adopt(kind);
        Proposal memory p = propose(target);
        _disable();
        vm.prank(SENTINEL);
        vm.expectRevert("GS104");
        gate.freeze(target, selectors(Vault.withdraw.selector), 1 hours, INCIDENT);
        bytes memory call =
            abi.encodeCall(gate.restrict, (p.restriction, p.runtime, p.certificate, sign(_hash(p), 0, 2)));
        vm.prank(ANYONE, ANYONE);
        _refuses(call);
        _refuses(abi.encodeCall(gate.upgrade, (target, gate.targetOf(target).original, "", bytes32(0))));
        vm.assertTrue(wraps(vault));
        vm.assertEq(_runs(target, kind), gate.targetOf(target).original);
        gate.deregisterTarget(target);
    }

    function table_leaves_a_restriction_in_place_and_the_safe_takes_it_away_itself(Kind kind) external {
        (address target, Vault vault) = _adopt(kind);
        address original = gate.targetOf(target).original;
        restrict(target);
        freeze(target);
        expectFrozen(vault);
        _disable();
        vm.warp(block.timestamp + PERIOD);
        _refuses(abi.encodeCall(gate.rollback, (target)));

        (address on, bytes memory data) = _upgradeCall(kind, target, gate.targetOf(target).admin, original);
        _asSafe(on, data);
        vm.assertEq(_runs(target, kind), original);
        vm.assertTrue(wraps(vault));
    }

    // ---- a safe that upgrades by itself ----

    /// @dev The emergency: frozen, mended by the Safe past the gate; the freeze ends, and a thief wants the old code back.
    function table_what_the_safe_upgraded_past_a_freeze_stays(Kind kind) external {
        (address target, Vault vault) = _adopt(kind);
        uint64 until = freeze(target);
        address next = _upgradePastTheGate(target, kind);
        vm.warp(until);
        bytes memory stale = abi.encodeWithSelector(IPatchGate.RecordStale.selector, target);
        vm.prank(ANYONE);
        vm.expectRevert(stale);
        gate.settle(target);
        Proposal memory p = propose(target);
        gate.publish(p.restriction, p.runtime, sign(_hash(p), 0, 2));
        Signature[] memory signatures = sign(_hash(p), 0, 2);
        vm.expectRevert(stale);
        gate.restrict(p.restriction, "", p.certificate, signatures);
        gate.deregisterTarget(target);
        vm.assertEq(_runs(target, kind), next);
        vm.assertTrue(wraps(vault));
    }

    function table_what_the_safe_upgraded_past_a_restriction_stays(Kind kind) external {
        (address target,) = _adopt(kind);
        restrict(target);
        if (!gate.targetOf(target).shimmed) freeze(target);
        address next = _upgradePastTheGate(target, kind);
        bytes memory stale = abi.encodeWithSelector(IPatchGate.RecordStale.selector, target);
        vm.expectRevert(stale);
        gate.rollback(target);
        bytes32 patched = gate.targetOf(target).current.codehash;
        vm.expectRevert(stale);
        gate.ratify(target, patched, bytes32(0));
        gate.deregisterTarget(target);
        vm.assertEq(_runs(target, kind), next);
    }

    /// @dev Only beacons and diamonds tell what they run while no shim is in place.
    function test_a_beacon_that_was_upgraded_past_the_gate_is_not_frozen_with_old_code() external {
        (address target,) = _adopt(Kind.Beacon);
        _upgradePastTheGate(target, Kind.Beacon);
        vm.prank(SENTINEL);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.RecordStale.selector, target));
        gate.freeze(target, selectors(Vault.withdraw.selector), 1 hours, INCIDENT);
    }

    /// @dev The same code may be published for a target that leaves and comes back with another upgrader.
    function test_a_shim_made_before_the_target_came_back_with_a_safe_obeys_the_safe() external {
        (address target, Vault vault) = register(Kind.Uups);
        Proposal memory p = propose(target, keccak256("salt"));
        gate.publish(p.restriction, p.runtime, sign(_hash(p), 0, 2));
        address implementation = gate.targetOf(target).original;
        gate.deregisterTarget(target);
        gate.execute(target, 0, abi.encodeCall(Vault.setOwner, (address(_safe))));
        gate.registerTarget(_registration(target, Kind.Uups, address(0), address(_safe)));
        vm.assertEq(gate.targetOf(target).original, implementation);

        p = propose(target, keccak256("salt"));
        gate.restrict(p.restriction, "", p.certificate, sign(_hash(p), 0, 2));
        vm.assertEq(IGuardShim(gate.targetOf(target).currentShim).shimUpgrader(), address(_safe));
        gate.rollback(target);
        vm.assertTrue(wraps(vault));
    }

    // ---- the worst of it ----

    function table_fast_paths_make_the_safe_do_nothing_but_the_upgrade(Kind kind) external {
        (address target,) = _adopt(kind);
        ModuleWitness witness = new ModuleWitness();
        _asSafe(address(_safe), abi.encodeCall(ModuleManager.setModuleGuard, (address(witness))));
        _everythingButTheOwner(target);

        ModuleWitness.ModuleCall[] memory calls = witness.calls();
        vm.assertEq(calls.length, 6);
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.assertEq(calls[i].module, address(gate));
            vm.assertEq(calls[i].value, 0);
            vm.assertTrue(calls[i].operation == Enum.Operation.Call);
            _expectUpgrade(kind, target, calls[i]);
        }
    }

    function test_strangers_reach_the_safe_through_the_gate_by_no_function(address stranger) external {
        vm.assume(stranger != address(this) && stranger != address(gate));
        _adopt(Kind.Uups);
        VoteToken treasury = _treasury();
        bytes memory theft = _theft(treasury, stranger);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        gate.execute(address(_safe), 0, theft);
        vm.prank(stranger);
        vm.expectRevert("GS104");
        _safe.execTransactionFromModule(address(treasury), 0, "", Enum.Operation.Call);
    }

    function test_the_owner_of_the_gate_can_do_all_the_safe_can() external {
        VoteToken treasury = _treasury();
        gate.execute(address(_safe), 0, _theft(treasury, ANYONE));
        vm.assertEq(treasury.balanceOf(ANYONE), 1 ether);
    }

    function table_a_module_guard_leaves_the_gate_nothing_but_upgrades(Kind kind) external {
        (address target,) = _adopt(kind);
        address admin = gate.targetOf(target).admin;
        _asSafe(address(_safe), abi.encodeCall(ModuleManager.setModuleGuard, (address(new UpgradesOnly(admin)))));
        _everythingButTheOwner(target);

        VoteToken treasury = _treasury();
        bytes memory transfer = abi.encodeCall(treasury.transfer, (ANYONE, 1 ether));
        vm.expectRevert(abi.encodeWithSelector(UpgradesOnly.NoUpgrade.selector, treasury, transfer));
        gate.execute(address(_safe), 0, _theft(treasury, ANYONE));
    }

    // ---- inside: acting ----

    /// @dev Pausers, guardians and anyone, each with all they have.
    function _everythingButTheOwner(address target) private {
        freeze(target);
        vm.warp(block.timestamp + MAX_FREEZE);
        gate.settle(target);
        Proposal memory p = propose(target);
        gate.commit(_hash(p), sign(_hash(p), 0, 2));
        gate.publish(p.restriction, p.runtime, sign(_hash(p), 0, 2));
        p.runtime = "";
        submit(p, sign(_hash(p), 0, 0));
        Rollback memory request = Rollback(target, gate.targetOf(target).nonce, block.timestamp);
        gate.rollbackApproved(request, sign(gate.hashRollback(request), 0, 2));
        restrict(target);
        vm.warp(gate.targetOf(target).restrictableUntil);
        vm.prank(ANYONE);
        gate.rollback(target);
    }

    function _upgradePastTheGate(address target, Kind kind) private returns (address next) {
        next = implementationOf(kind);
        (address on, bytes memory data) = _upgradeCall(kind, target, gate.targetOf(target).admin, next);
        _asSafe(on, data);
        vm.assertEq(_runs(target, kind), next);
    }

    function _asSafe(address to, bytes memory data) private {
        transact(_safe, OWNER, to, data);
    }

    function _disable() private {
        _asSafe(address(_safe), abi.encodeCall(ModuleManager.disableModule, (SENTINEL_MODULES, address(gate))));
    }

    function _refuses(bytes memory call) private {
        (bool success, bytes memory reason) = address(gate).call(call);
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSignature("Error(string)", "GS104"));
    }

    function _treasury() private returns (VoteToken treasury) {
        treasury = new VoteToken();
        treasury.mint(address(_safe), 1 ether);
    }

    function _theft(VoteToken treasury, address thief) private pure returns (bytes memory) {
        bytes memory transfer = abi.encodeCall(treasury.transfer, (thief, 1 ether));
        return
            abi.encodeCall(
                ModuleManager.execTransactionFromModule, (address(treasury), 0, transfer, Enum.Operation.Call)
            );
    }

    function _hash(Proposal memory p) private view returns (bytes32) {
        return gate.hashRestriction(p.restriction);
    }

    // ---- inside: targets ----

    function _adopt(Kind kind) private returns (address target, Vault vault) {
        address admin;
        (target, admin, vault) = _deploy(kind, address(_safe));
        protect(target);
        gate.registerTarget(_registration(target, kind, admin, address(_safe)));
    }

    function _deploy(Kind kind, address holder) private returns (address target, address admin, Vault vault) {
        address implementation = implementationOf(kind);
        bytes memory init = abi.encodeCall(Vault.initialize, (holder));
        if (kind == Kind.Uups) return _simple(address(new ERC1967Proxy(implementation, init)));
        if (kind == Kind.Direct) return _simple(address(new TransparentProxy4(implementation, holder, init)));
        if (kind == Kind.Transparent) {
            (target,, vault) = _simple(address(new TransparentUpgradeableProxy(implementation, holder, init)));
            return (target, address(uint160(uint256(vm.load(target, ERC1967Utils.ADMIN_SLOT)))), vault);
        }
        target = address(new UpgradeableBeacon(implementation, holder));
        vault = Vault(address(new BeaconProxy(target, init)));
    }

    function _simple(address proxy) private pure returns (address, address, Vault) {
        return (proxy, address(0), Vault(proxy));
    }

    function _registration(address target, Kind kind, address admin, address via)
        private
        returns (Registration memory r)
    {
        r = registration(target, kind, admin, _runs(target, kind));
        r.via = via;
    }

    function _runs(address target, Kind kind) private view returns (address) {
        if (kind == Kind.Beacon) return UpgradeableBeacon(target).implementation();
        return address(uint160(uint256(vm.load(target, ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    // ---- inside: upgrade calls ----

    function _upgradeCall(Kind kind, address target, address admin, address implementation)
        private
        pure
        returns (address on, bytes memory data)
    {
        bool short = kind == Kind.Beacon || kind == Kind.Direct;
        if (short) return (target, abi.encodeCall(IUpgradeableBeacon.upgradeTo, (implementation)));
        if (kind == Kind.Uups) return (target, abi.encodeCall(IUUPSProxy.upgradeToAndCall, (implementation, "")));
        return (admin, abi.encodeCall(ITransparentAdmin.upgradeAndCall, (target, implementation, "")));
    }

    /// @dev Byte for byte the upgrade call, to the original, to a restriction of it, or to the shim before one of them.
    function _expectUpgrade(Kind kind, address target, ModuleWitness.ModuleCall memory call) private {
        Target memory t = gate.targetOf(target);
        address implementation = _lastAddressIn(call.data);
        (address on, bytes memory data) = _upgradeCall(kind, target, t.admin, implementation);
        vm.assertEq(call.to, on);
        vm.assertEq(call.data, data);
        bool plain = implementation == t.original || _isRestriction(target, implementation);
        if (plain) return;
        vm.assertEq(IGuardShim(implementation).shimTarget(), target);
        address behind = IGuardShim(implementation).shimOriginal();
        vm.assertTrue(behind == t.original || _isRestriction(target, behind));
    }

    /// @dev The fixture takes the nonce as the salt.
    function _isRestriction(address target, address implementation) private view returns (bool) {
        return implementation == gate.predict(target, bytes32(0))
            || implementation == gate.predict(target, bytes32(uint256(2)));
    }

    /// @dev The implementation is the last word of an upgrade call but the empty data's two.
    function _lastAddressIn(bytes memory data) private pure returns (address found) {
        bool hasData = bytes4(data) != IUpgradeableBeacon.upgradeTo.selector;
        uint256 end = data.length - (hasData ? 64 : 0);
        bytes memory word = new bytes(32);
        for (uint256 i = 0; i < 32; ++i) {
            word[i] = data[end - 32 + i];
        }
        return abi.decode(word, (address));
    }
}
