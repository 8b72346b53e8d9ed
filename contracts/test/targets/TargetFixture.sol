// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {IOwnableInternal} from "@solidstate/contracts/access/ownable/IOwnableInternal.sol";
import {SafeOwnable} from "@solidstate/contracts/access/ownable/SafeOwnable.sol";
import {IERC2535DiamondCutInternal} from "@solidstate/contracts/interfaces/IERC2535DiamondCutInternal.sol";
import {BeaconProxy as BeaconProxy4} from "openzeppelin-4/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon as UpgradeableBeacon4} from "openzeppelin-4/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy as ERC1967Proxy4} from "openzeppelin-4/proxy/ERC1967/ERC1967Proxy.sol";
import {ProxyAdmin as ProxyAdmin4} from "openzeppelin-4/proxy/transparent/ProxyAdmin.sol";
import {
    ITransparentUpgradeableProxy,
    TransparentUpgradeableProxy as TransparentProxy4
} from "openzeppelin-4/proxy/transparent/TransparentUpgradeableProxy.sol";
import {Kind, Registration} from "../../src/interfaces/IPatchGate.sol";
import {GateFixture} from "../GateFixture.sol";
import {PlainVault, PlainVaultV2, UupsVault, UupsVaultV2, Vault} from "../mocks/Originals.sol";
import {ReferenceDiamond} from "./mocks/Diamonds.sol";
import {Oz4UupsVault, Oz4UupsVaultV2, RollbackTestedVault} from "./mocks/Vaults.sol";

/// @dev What protocols are made of: the packages as they are published, and one re-creation of what is older than they are.
enum Package {
    Oz4Uups,
    Oz4Transparent,
    Oz4Direct,
    Oz4Beacon,
    Oz5Uups,
    Oz5Transparent,
    Oz5Beacon,
    RollbackTestedUups,
    Diamond
}

/// @dev A vault under each package.
abstract contract TargetFixture is GateFixture {
    struct Deployment {
        Package package;
        Kind kind;
        address target;
        address admin;
        address implementation;
        address key;
        Vault vault;
    }

    /// @dev Tests whose name begins with `table` run once for each of these.
    Package[] public fixturePackage = [
        Package.Oz4Uups,
        Package.Oz4Transparent,
        Package.Oz4Direct,
        Package.Oz4Beacon,
        Package.Oz5Uups,
        Package.Oz5Transparent,
        Package.Oz5Beacon,
        Package.RollbackTestedUups,
        Package.Diamond
    ];

    // ---- deploying ----

    /// @dev Deploys a vault and gives the gate its upgrade authority.
    function deploy(Package package) internal returns (Deployment memory d) {
        d.package = package;
        d.kind = kindOf(package);
        d.implementation = implementationOf(package);
        if (package == Package.Diamond) d.target = _deployDiamond(d.implementation);
        else if (d.kind == Kind.Beacon) d.target = _deployBeacon(package, d.implementation);
        else d.target = _deployProxy(package, d.implementation);
        if (d.kind == Kind.Transparent || d.kind == Kind.TransparentLegacy) {
            d.admin = address(uint160(uint256(vm.load(d.target, ERC1967Utils.ADMIN_SLOT))));
        }
        d.key = package == Package.Diamond ? gate.facetKey(d.target, d.implementation) : d.target;
        d.vault = Vault(d.kind == Kind.Beacon ? deployBeaconProxy(package, d.target) : d.target);
    }

    function adopt(Package package) internal returns (Deployment memory d) {
        d = deploy(package);
        protect(d.key);
        vm.assertEq(gate.registerTarget(registrationOf(d)), d.key);
    }

    function registrationOf(Deployment memory d) internal returns (Registration memory) {
        bytes32 root = rootOf(d.implementation);
        return Registration(d.target, d.kind, d.admin, address(0), d.implementation, root, selectorsOf(d.package));
    }

    function kindOf(Package package) internal pure returns (Kind) {
        if (package == Package.Oz5Uups) return Kind.Uups;
        if (package == Package.Oz5Transparent) return Kind.Transparent;
        if (package == Package.Oz4Transparent) return Kind.TransparentLegacy;
        if (package == Package.Oz4Direct) return Kind.Direct;
        if (package == Package.Diamond) return Kind.Facet;
        if (package == Package.Oz4Beacon || package == Package.Oz5Beacon) return Kind.Beacon;
        return Kind.UupsLegacy;
    }

    function selectorsOf(Package package) internal pure returns (bytes4[] memory list) {
        if (package != Package.Diamond) return list;
        list = new bytes4[](3);
        (list[0], list[1]) = (Vault.deposit.selector, Vault.withdraw.selector);
        list[2] = bytes4(keccak256("balanceOf(address)"));
    }

    function implementationOf(Package package) internal returns (address) {
        if (package == Package.Oz4Uups) return address(new Oz4UupsVault());
        if (package == Package.Oz5Uups) return address(new UupsVault());
        if (package == Package.RollbackTestedUups) return address(new RollbackTestedVault());
        return address(new PlainVault());
    }

    function nextImplementationOf(Package package) internal returns (address) {
        if (package == Package.Oz4Uups) return address(new Oz4UupsVaultV2());
        if (package == Package.Oz5Uups) return address(new UupsVaultV2());
        if (package == Package.RollbackTestedUups) return address(new RollbackTestedVault());
        return address(new PlainVaultV2());
    }

    // ---- looking ----

    /// @dev What really answers.
    function runs(Deployment memory d) internal view returns (address) {
        if (d.kind == Kind.Facet) {
            return ReferenceDiamond(payable(d.target)).facetAddress(Vault.withdraw.selector);
        }
        if (d.kind == Kind.Beacon) return UpgradeableBeacon(d.target).implementation();
        return address(uint160(uint256(vm.load(d.target, ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    // ---- authority ----

    /// @dev The call with which the holder of the upgrade authority hands it to `to`.
    function handOn(Deployment memory d, address to) internal pure returns (address on, bytes memory data) {
        if (d.kind == Kind.Direct) return (d.target, abi.encodeCall(ITransparentUpgradeableProxy.changeAdmin, (to)));
        if (d.kind == Kind.Uups || d.kind == Kind.UupsLegacy) return (d.target, abi.encodeCall(Vault.setOwner, (to)));
        on = d.admin == address(0) ? d.target : d.admin;
        data = abi.encodeCall(Ownable.transferOwnership, (to));
    }

    /// @dev What the gate hears when it upgrades without holding the authority.
    function refusalOf(Package package) internal view returns (bytes memory) {
        if (package == Package.Diamond) return abi.encodeWithSelector(IOwnableInternal.Ownable__NotOwner.selector);
        // Its caller is no admin, so the call reaches the vault, which has no such function.
        if (package == Package.Oz4Direct) return abi.encodeWithSelector(Errors.FailedCall.selector);
        if (package == Package.Oz4Transparent || package == Package.Oz4Beacon) {
            return abi.encodeWithSignature("Error(string)", "Ownable: caller is not the owner");
        }
        if (package == Package.Oz5Transparent || package == Package.Oz5Beacon) {
            return abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, gate);
        }
        return abi.encodeWithSelector(Vault.NotOwner.selector);
    }

    // ---- inside ----

    /// @dev Of all but the self-upgrading ones the gate is not the vault's owner: of `Direct` it must not be, because an admin's calls
    /// never reach the implementation.
    function _deployProxy(Package package, address implementation) private returns (address) {
        bytes memory ours = abi.encodeCall(Vault.initialize, (address(this)));
        bytes memory theGates = abi.encodeCall(Vault.initialize, (address(gate)));
        if (package == Package.Oz5Uups) return address(new ERC1967Proxy(implementation, theGates));
        if (package == Package.Oz5Transparent) {
            return address(new TransparentUpgradeableProxy(implementation, address(gate), ours));
        }
        if (package == Package.Oz4Direct) return address(new TransparentProxy4(implementation, address(gate), ours));
        if (package == Package.Oz4Transparent) {
            ProxyAdmin4 admin = new ProxyAdmin4();
            admin.transferOwnership(address(gate));
            return address(new TransparentProxy4(implementation, address(admin), ours));
        }
        return address(new ERC1967Proxy4(implementation, theGates));
    }

    function _deployBeacon(Package package, address implementation) private returns (address) {
        if (package == Package.Oz5Beacon) return address(new UpgradeableBeacon(implementation, address(gate)));
        UpgradeableBeacon4 beacon = new UpgradeableBeacon4(implementation);
        beacon.transferOwnership(address(gate));
        return address(beacon);
    }

    function deployBeaconProxy(Package package, address beacon) internal returns (address) {
        bytes memory init = abi.encodeCall(Vault.initialize, (address(this)));
        if (package == Package.Oz5Beacon) return address(new BeaconProxy(beacon, init));
        return address(new BeaconProxy4(beacon, init));
    }

    /// @dev A diamond changes owners in two steps.
    function _deployDiamond(address facet) private returns (address) {
        ReferenceDiamond diamond = new ReferenceDiamond();
        cut(diamond, IERC2535DiamondCutInternal.FacetCutAction.ADD, facet, selectorsOf(Package.Diamond));
        cut(diamond, IERC2535DiamondCutInternal.FacetCutAction.ADD, address(new PlainVaultV2()), otherSelectors());
        diamond.transferOwnership(address(gate));
        gate.execute(address(diamond), 0, abi.encodeCall(SafeOwnable.acceptOwnership, ()));
        return address(diamond);
    }

    /// @dev What another facet of the diamond answers.
    function otherSelectors() internal pure returns (bytes4[] memory) {
        return selectors(PlainVaultV2.version.selector);
    }

    function cut(
        ReferenceDiamond diamond,
        IERC2535DiamondCutInternal.FacetCutAction action,
        address facet,
        bytes4[] memory list
    ) internal {
        diamond.diamondCut(cuts(action, facet, list), address(0), "");
    }

    function cuts(IERC2535DiamondCutInternal.FacetCutAction action, address facet, bytes4[] memory list)
        internal
        pure
        returns (IERC2535DiamondCutInternal.FacetCut[] memory all)
    {
        all = new IERC2535DiamondCutInternal.FacetCut[](1);
        all[0] = IERC2535DiamondCutInternal.FacetCut(facet, action, list);
    }
}
