// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {IERC2535DiamondCutInternal} from "@solidstate/contracts/interfaces/IERC2535DiamondCutInternal.sol";
import {DiamondWritable} from "@solidstate/contracts/proxy/diamond/writable/DiamondWritable.sol";
import {IDiamondWritableInternal} from "@solidstate/contracts/proxy/diamond/writable/IDiamondWritableInternal.sol";
import {IGuardShim} from "../../src/interfaces/IGuardShim.sol";
import {IPatchGate, Kind, Registration} from "../../src/interfaces/IPatchGate.sol";
import {IDiamond} from "../../src/interfaces/IUpgradeable.sol";
import {PlainVaultV2, Vault} from "../mocks/Originals.sol";
import {CutFacet, CuttableDiamond, ReferenceDiamond} from "./mocks/Diamonds.sol";
import {RollbackTestedVault} from "./mocks/Vaults.sol";
import {Package, TargetFixture} from "./TargetFixture.sol";

/// @dev Where the packages differ from each other, and what an owner must know because of it.
contract DifferencesTest is TargetFixture {
    // ---- OpenZeppelin 4 and 5 ----

    /// @dev Under 4 `upgradeToAndCall` calls the new implementation even with empty data, and a vault takes no such call.
    function test_refuses_what_openzeppelin_4_made_registered_as_5() external {
        _refuseAs(Package.Oz4Uups, Kind.Uups, _failed());
        _refuseAs(Package.Oz4Transparent, Kind.Transparent, _failed());
    }

    /// @dev Under 5 there is no `upgradeTo`.
    function test_refuses_what_openzeppelin_5_made_registered_as_4() external {
        bytes memory reason = abi.encodeWithSelector(Errors.FailedCall.selector);
        _refuseAs(Package.Oz5Uups, Kind.UupsLegacy, reason);
        _refuseAs(Package.Oz5Transparent, Kind.TransparentLegacy, reason);
    }

    function test_refuses_a_proxy_behind_an_admin_registered_as_obeying_the_gate() external {
        _refuseAs(Package.Oz4Transparent, Kind.Direct, abi.encodeWithSelector(Errors.FailedCall.selector));
    }

    function test_as_the_admin_itself_the_gate_reaches_no_function_of_the_implementation() external {
        Deployment memory d = adopt(Package.Oz4Direct);
        vm.expectRevert("TransparentUpgradeableProxy: admin cannot fallback to proxy target");
        gate.execute(d.target, 0, abi.encodeCall(Vault.setOwner, (ANYONE)));
    }

    /// @dev The shim asks for `proxiableUUID` before it calls, and what is older has none. The flaw is never open in between.
    function test_what_is_older_than_openzeppelin_4_5_takes_data_only_without_the_shim() external {
        Deployment memory d = adopt(Package.RollbackTestedUups);
        freeze(d.key);
        address next = address(new RollbackTestedVault());
        bytes memory data = abi.encodeCall(Vault.deposit, (7));
        vm.expectRevert(Errors.FailedCall.selector);
        gate.upgrade(d.key, next, data, bytes32(0));
        gate.unfreeze(d.key);
        gate.upgrade(d.key, next, data, bytes32(0));
        vm.assertEq(d.vault.balanceOf(address(gate)), 7);
    }

    function test_a_freeze_of_a_beacon_covers_all_its_proxies() external {
        Deployment memory d = adopt(Package.Oz4Beacon);
        Vault other = Vault(deployBeaconProxy(Package.Oz4Beacon, d.target));
        freeze(d.key);
        expectFrozen(d.vault);
        expectFrozen(other);
    }

    // ---- diamonds ----

    function test_a_freeze_of_one_facet_leaves_the_others_where_they_are() external {
        Deployment memory d = adopt(Package.Diamond);
        ReferenceDiamond diamond = ReferenceDiamond(payable(d.target));
        address other = diamond.facetAddress(PlainVaultV2.version.selector);
        freeze(d.key);
        expectFrozen(d.vault);
        vm.assertEq(diamond.facetAddress(Vault.deposit.selector), gate.targetOf(d.key).originalShim);
        vm.assertEq(diamond.facetAddress(PlainVaultV2.version.selector), other);
        vm.assertEq(PlainVaultV2(d.target).version(), 2);
        vm.assertEq(diamond.owner(), address(gate));
    }

    function test_each_facet_is_a_target_of_its_own() external {
        Deployment memory d = adopt(Package.Diamond);
        address facet = ReferenceDiamond(payable(d.target)).facetAddress(PlainVaultV2.version.selector);
        address key = gate.facetKey(d.target, facet);
        protect(key);
        gate.registerTarget(_facet(d.target, facet, otherSelectors()));
        vm.prank(SENTINEL);
        gate.freeze(key, otherSelectors(), 1 hours, INCIDENT);
        vm.expectRevert(abi.encodeWithSelector(IGuardShim.FunctionFrozen.selector, PlainVaultV2.version.selector));
        PlainVaultV2(d.target).version();
        vm.assertTrue(wraps(d.vault));
        vm.assertEq(runs(d), d.implementation);
    }

    function test_refuses_a_facet_that_does_not_answer_what_it_is_said_to() external {
        Deployment memory d = deploy(Package.Diamond);
        protect(d.key);
        bytes4[] memory list = otherSelectors();
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SelectorInvalid.selector, list[0]));
        gate.registerTarget(_facet(d.target, d.implementation, list));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SelectorInvalid.selector, bytes4(0)));
        gate.registerTarget(_facet(d.target, d.implementation, new bytes4[](0)));
    }

    function test_refuses_functions_the_diamond_holds_itself() external {
        Deployment memory d = deploy(Package.Diamond);
        protect(gate.facetKey(d.target, d.target));
        bytes4 immutableOne = Ownable.owner.selector;
        vm.expectRevert(IDiamondWritableInternal.DiamondWritable__SelectorIsImmutable.selector);
        gate.registerTarget(_facet(d.target, d.target, selectors(immutableOne)));
    }

    /// @dev A diamond takes no cut that changes nothing.
    function test_a_facet_is_not_upgraded_to_itself() external {
        Deployment memory d = adopt(Package.Diamond);
        vm.expectRevert(IDiamondWritableInternal.DiamondWritable__ReplaceTargetIsIdentical.selector);
        gate.upgrade(d.key, d.implementation, "", bytes32(uint256(1)));
    }

    function test_a_function_cut_in_later_is_not_frozen_until_the_facet_is_registered_anew() external {
        Deployment memory d = adopt(Package.Diamond);
        bytes4 added = Vault.setOwner.selector;
        IERC2535DiamondCutInternal.FacetCut[] memory more =
            cuts(IERC2535DiamondCutInternal.FacetCutAction.ADD, d.implementation, selectors(added));
        gate.execute(d.target, 0, abi.encodeCall(DiamondWritable.diamondCut, (more, address(0), "")));
        vm.prank(SENTINEL);
        gate.freeze(d.key, selectors(added), 1 hours, INCIDENT);
        vm.expectRevert(Vault.NotOwner.selector);
        d.vault.setOwner(ANYONE);

        gate.deregisterTarget(d.key);
        bytes4[] memory all = new bytes4[](4);
        for (uint256 i = 0; i < 3; ++i) {
            all[i] = selectorsOf(Package.Diamond)[i];
        }
        all[3] = added;
        gate.registerTarget(_facet(d.target, d.implementation, all));
        vm.expectRevert(abi.encodeWithSelector(IGuardShim.FunctionFrozen.selector, added));
        d.vault.setOwner(ANYONE);
    }

    /// @dev Restricted, the function by which a diamond is cut could keep its original from coming back.
    function test_refuses_the_facet_by_which_the_diamond_is_cut() external {
        CutFacet facet = new CutFacet();
        bytes4[] memory list = selectors(IDiamond.diamondCut.selector);
        CuttableDiamond diamond = new CuttableDiamond(
            cuts(IERC2535DiamondCutInternal.FacetCutAction.ADD, address(facet), list), address(gate)
        );
        protect(gate.facetKey(address(diamond), address(facet)));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SelectorInvalid.selector, list[0]));
        gate.registerTarget(_facet(address(diamond), address(facet), list));
    }

    function test_a_function_is_found_by_the_facet_that_answers_it_until_the_facet_leaves() external {
        Deployment memory d = adopt(Package.Diamond);
        bytes4[] memory own = selectorsOf(Package.Diamond);
        vm.assertEq(gate.selectorsOf(d.key).length, own.length);
        vm.assertEq(gate.keyOf(d.target, own[0]), d.key);
        vm.assertEq(gate.keyOf(d.target, otherSelectors()[0]), address(0));
        vm.assertEq(gate.keyOf(d.key, otherSelectors()[0]), d.key);
        gate.deregisterTarget(d.key);
        vm.assertEq(gate.keyOf(d.target, own[0]), address(0));
        vm.assertEq(gate.selectorsOf(d.key).length, 0);
    }

    function test_refuses_a_facet_whose_function_is_named_twice() external {
        Deployment memory d = deploy(Package.Diamond);
        protect(d.key);
        bytes4[] memory twice = new bytes4[](2);
        (twice[0], twice[1]) = (selectorsOf(Package.Diamond)[0], selectorsOf(Package.Diamond)[0]);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SelectorInvalid.selector, twice[0]));
        gate.registerTarget(_facet(d.target, d.implementation, twice));
    }

    // ---- inside ----

    function _refuseAs(Package package, Kind kind, bytes memory reason) private {
        Deployment memory d = deploy(package);
        d.kind = kind;
        protect(d.key);
        Registration memory wrong = registrationOf(d);
        vm.expectRevert(reason);
        gate.registerTarget(wrong);
    }

    function _facet(address diamond, address facet, bytes4[] memory list) private pure returns (Registration memory) {
        return Registration(diamond, Kind.Facet, address(0), address(0), facet, bytes32(0), list);
    }

    function _failed() private pure returns (bytes memory) {
        return abi.encodeWithSignature("Error(string)", "Address: low-level delegate call failed");
    }
}
