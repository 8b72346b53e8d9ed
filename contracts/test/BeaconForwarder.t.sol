// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {ProxyAdmin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";
import {
    ITransparentUpgradeableProxy,
    TransparentUpgradeableProxy
} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {BeaconForwarder} from "../src/BeaconForwarder.sol";
import {IBeaconForwarder} from "../src/interfaces/IBeaconForwarder.sol";
import {Kind} from "../src/interfaces/IPatchGate.sol";
import {GateFixture, LegacyTransparentProxy} from "./GateFixture.sol";
import {Mirror, PlainVault, PlainVaultV2, UupsVault, Vault} from "./mocks/Originals.sol";

/// @dev Upgrades its proxy as the address providers of Aave v3 do: with `initialize(provider)` each time, and it must succeed.
contract Provider {
    address public pool;

    function setPoolImpl(address implementation) external {
        if (pool == address(0)) {
            pool = address(new LegacyTransparentProxy(implementation, address(this)));
        } else {
            bytes memory init = abi.encodeCall(Vault.initialize, (address(this)));
            UUPSUpgradeable(pool).upgradeToAndCall(implementation, init);
        }
    }
}

/// @dev Is initialised once for each revision.
contract Revised {
    error AlreadyInitialized(uint256 revision);

    uint256 private immutable _revision;
    uint256 public initialized;

    constructor(uint256 revision) {
        _revision = revision;
    }

    function initialize(address) external {
        if (initialized >= _revision) revert AlreadyInitialized(initialized);
        initialized = _revision;
    }
}

/// @dev Leaves a UUPS proxy in place of an implementation that can no longer upgrade itself.
contract WayOut {
    function leave(address implementation) external {
        ERC1967Utils.upgradeToAndCall(implementation, "");
    }
}

/// @dev An initialiser that takes much gas and accepts.
contract Thirsty {
    uint256 private _amount;

    function initialize(uint256 amount) external {
        for (uint256 i = 0; i < amount; ++i) {
            _amount = uint256(keccak256(abi.encode(_amount)));
        }
        _amount = amount;
    }

    function initialized() external view returns (uint256) {
        return _amount;
    }
}

contract BeaconForwarderTest is GateFixture {
    /// @dev What the implementations of most tests refuse a second initialisation with.
    bytes private _refusal = abi.encodeWithSelector(Vault.NotOwner.selector);

    bytes32 private constant NO_CALL = 0;

    UpgradeableBeacon private beacon;

    receive() external payable {}

    // ---- under the gate ----

    /// @dev The proxy belongs to the DAO and not to the gate; the gate owns the beacon.
    function test_the_gate_freezes_restricts_and_rolls_back_a_proxy_it_does_not_own() external {
        (Vault vault, UpgradeableBeacon owned) = _transparentBehindForwarder();
        _assertGoverned(vault, address(owned));
    }

    function test_the_gate_governs_a_uups_proxy_through_the_beacon() external {
        Vault vault = Vault(
            address(new ERC1967Proxy(address(new UupsVault()), abi.encodeCall(Vault.initialize, (address(this)))))
        );
        address owned = _governedBeacon(address(new UupsVault()));
        UUPSUpgradeable(address(vault)).upgradeToAndCall(_forwarder(owned, address(0), NO_CALL), "");
        _assertGoverned(vault, owned);
    }

    function test_the_gate_governs_a_proxy_that_is_initialised_at_every_upgrade() external {
        address implementation = address(new PlainVault());
        Provider provider = new Provider();
        provider.setPoolImpl(implementation);
        vm.expectRevert(Vault.NotOwner.selector);
        provider.setPoolImpl(implementation);

        address owned = _governedBeacon(implementation);
        provider.setPoolImpl(_forwarderFor(provider, owned));
        Vault vault = Vault(provider.pool());
        vm.assertEq(vault.owner(), address(provider));
        _assertGoverned(vault, owned);
    }

    function test_a_general_upgrade_keeps_the_storage_of_the_proxy() external {
        (Vault vault, UpgradeableBeacon owned) = _transparentBehindForwarder();
        vault.deposit(7);
        gate.upgrade(address(owned), address(new PlainVaultV2()), "", bytes32(0));
        vm.assertEq(PlainVaultV2(address(vault)).version(), 2);
        vm.assertEq(vault.balanceOf(address(this)), 7);
        vm.assertEq(vault.owner(), address(this));
    }

    function test_the_owner_of_the_proxy_leaves_the_gate_by_another_upgrade() external {
        (Vault vault,) = _transparentBehindForwarder();
        address plain = address(new PlainVaultV2());
        _admin(address(vault)).upgradeAndCall(ITransparentUpgradeableProxy(address(vault)), plain, "");
        vm.assertEq(PlainVaultV2(address(vault)).version(), 2);
    }

    function test_a_uups_proxy_leaves_by_way_of_the_beacon_alone() external {
        address original = address(new UupsVault());
        bytes memory init = abi.encodeCall(Vault.initialize, (address(this)));
        UUPSUpgradeable proxy = UUPSUpgradeable(address(new ERC1967Proxy(original, init)));
        address owned = _governedBeacon(original);
        proxy.upgradeToAndCall(_forwarder(owned, address(0), NO_CALL), "");
        vm.expectRevert(UUPSUpgradeable.UUPSUnauthorizedCallContext.selector);
        proxy.upgradeToAndCall(original, "");

        gate.upgrade(owned, address(new WayOut()), "", bytes32(0));
        WayOut(address(proxy)).leave(original);
        vm.assertEq(running(address(proxy)), original);
        proxy.upgradeToAndCall(address(new UupsVault()), "");
    }

    // ---- what passes ----

    function test_answers_like_the_implementation(bytes4 selector, bytes calldata arguments, uint96 value) external {
        (address payable bare, address payable forwarded) = _mirrors(address(this), NO_CALL);
        _assertAlike(bare, forwarded, abi.encodePacked(selector, arguments), value);
    }

    function test_answers_like_the_implementation_to_short_calldata(uint96 value) external {
        (address payable bare, address payable forwarded) = _mirrors(address(this), NO_CALL);
        _assertAlike(bare, forwarded, "", value);
        vm.assertEq(Mirror(forwarded).stored(), value);
        _assertAlike(bare, forwarded, hex"aa", 0);
        _assertAlike(bare, forwarded, hex"aabbcc", value);
    }

    function test_passes_arguments_value_sender_and_return_data(bytes calldata data, uint64 value) external {
        (, address payable forwarded) = _mirrors(address(this), NO_CALL);
        vm.deal(address(this), value);
        (address sender, uint256 received, bytes memory echoed) = Mirror(forwarded).echo{value: value}(data);
        vm.assertEq(sender, address(this));
        vm.assertEq(received, value);
        vm.assertEq(echoed, data);
    }

    function test_passes_revert_data_unchanged() external {
        (address payable bare, address payable forwarded) = _mirrors(address(this), NO_CALL);
        vm.expectRevert(abi.encodeWithSelector(Mirror.Refused.selector, 7, "because"));
        Mirror(forwarded).refuse(7);
        _assertAlike(bare, forwarded, abi.encodeCall(Mirror.refuse, 9), 0);
        _assertAlike(bare, forwarded, abi.encodeCall(Mirror.refuseSilently, ()), 0);
        _assertAlike(bare, forwarded, abi.encodeCall(Mirror.panic, 0), 0);
        _assertAlike(bare, forwarded, abi.encodeCall(Mirror.store, 5), 1);
    }

    function test_passes_selectors_the_forwarder_has_itself() external {
        (address payable bare, address payable forwarded) = _mirrors(address(this), NO_CALL);
        _assertAlike(bare, forwarded, abi.encodeCall(Mirror.proxiableUUID, ()), 0);
        _assertAlike(bare, forwarded, abi.encodeCall(Mirror.proxiableUUID, ()), 1);
        _assertAlike(bare, forwarded, abi.encodeCall(IBeaconForwarder.forwarderBeacon, ()), 2);
        _assertAlike(bare, forwarded, abi.encodeCall(IBeaconForwarder.forwarderInstaller, ()), 3);
        _assertAlike(bare, forwarded, abi.encodeCall(IBeaconForwarder.forwarderInstallCalldataHash, ()), 4);
    }

    function test_follows_the_beacon_at_once_and_for_every_proxy() external {
        beacon = new UpgradeableBeacon(address(new PlainVault()), address(this));
        address forwarder = _forwarder(address(beacon), address(0), NO_CALL);
        bytes memory init = abi.encodeCall(Vault.initialize, (address(this)));
        PlainVaultV2 first = PlainVaultV2(address(new ERC1967Proxy(forwarder, init)));
        PlainVaultV2 second = PlainVaultV2(address(new BeaconProxy(address(beacon), init)));
        vm.expectRevert(bytes(""));
        first.version();
        beacon.upgradeTo(address(new PlainVaultV2()));
        vm.assertEq(first.version(), 2);
        vm.assertEq(second.version(), 2);
    }

    // ---- the installing call ----

    function test_does_not_pass_on_that_the_installing_call_is_refused(uint256 code) external {
        bytes memory call = abi.encodeCall(Mirror.refuse, (code));
        _refusal = abi.encodeWithSelector(Mirror.Refused.selector, code, "because");
        (, address payable forwarded) = _mirrors(address(this), keccak256(call));
        (bool success, bytes memory returned) = forwarded.call(call);
        vm.assertTrue(success);
        vm.assertEq(returned, "");
    }

    function test_a_refused_installing_call_changes_nothing_however_often_it_comes() external {
        Provider provider = new Provider();
        provider.setPoolImpl(address(new PlainVault()));
        Vault vault = Vault(provider.pool());
        vault.deposit(5);
        beacon = new UpgradeableBeacon(running(address(vault)), address(this));
        provider.setPoolImpl(_forwarderFor(provider, address(beacon)));
        provider.setPoolImpl(_forwarderFor(provider, address(beacon)));
        vm.assertEq(vault.owner(), address(provider));
        vm.assertEq(vault.balanceOf(address(this)), 5);
    }

    function test_makes_an_installing_call_the_implementation_accepts() external {
        beacon = new UpgradeableBeacon(address(new Revised(1)), address(this));
        Provider provider = new Provider();
        provider.setPoolImpl(_forwarderFor(provider, address(beacon)));
        Revised revised = Revised(provider.pool());
        vm.assertEq(revised.initialized(), 1);

        // A new revision given to the beacon waits for its initialisation, and gets it.
        beacon.upgradeTo(address(new Revised(2)));
        provider.setPoolImpl(_forwarderFor(provider, address(beacon)));
        vm.assertEq(revised.initialized(), 2);
        vm.expectRevert(abi.encodeWithSelector(Revised.AlreadyInitialized.selector, 2));
        revised.initialize(address(provider));
    }

    function test_passes_the_same_call_of_anyone_else_on(address anyone) external {
        vm.assume(anyone != address(this));
        bytes memory call = abi.encodeCall(Mirror.refuse, (1));
        (, address payable forwarded) = _mirrors(address(this), keccak256(call));
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(Mirror.Refused.selector, 1, "because"));
        Mirror(forwarded).refuse(1);
    }

    function test_passes_any_other_call_of_the_installer_on(uint256 code, bytes calldata trailing) external {
        vm.assume(code != 1 || trailing.length != 0);
        bytes32 hash = keccak256(abi.encodeCall(Mirror.refuse, (1)));
        (address payable bare, address payable forwarded) = _mirrors(address(this), hash);
        bytes memory other = bytes.concat(abi.encodeCall(Mirror.refuse, (code)), trailing);
        _assertAlike(bare, forwarded, other, 0);
        (bool success,) = forwarded.call(other);
        vm.assertFalse(success);
    }

    function test_passes_the_installing_call_with_value_on() external {
        bytes memory call = abi.encodeCall(Mirror.refuse, (1));
        (address payable bare, address payable forwarded) = _mirrors(address(this), keccak256(call));
        _assertAlike(bare, forwarded, call, 1);
        vm.assertEq(forwarded.balance, 0);
    }

    function test_a_failure_without_a_reason_is_no_refusal() external {
        bytes memory call = abi.encodeCall(Mirror.refuseSilently, ());
        (, address payable forwarded) = _mirrors(address(this), keccak256(call));
        vm.expectRevert(IBeaconForwarder.InstallFailed.selector);
        Mirror(forwarded).refuseSilently();
    }

    /// @dev Whatever gas there is, the proxy is initialised or the installing call fails.
    function test_a_lack_of_gas_does_not_skip_an_initialisation(uint256 gasLimit) external {
        gasLimit = bound(gasLimit, 30_000, 400_000);
        uint256 amount = 300;
        bytes memory call = abi.encodeCall(Thirsty.initialize, (amount));
        address owned = address(new UpgradeableBeacon(address(new Thirsty()), address(this)));
        address forwarder = _forwarder(owned, address(this), keccak256(call));
        // A first call makes the proxy.
        bytes memory nothing = abi.encodeCall(Thirsty.initialized, ());
        Thirsty proxy = Thirsty(address(new ERC1967Proxy(forwarder, nothing)));
        (bool success,) = address(proxy).call{gas: gasLimit}(call);
        vm.assertEq(proxy.initialized(), success ? amount : 0);
    }

    /// @dev An initialiser that says why, when what it calls ran out of gas.
    function test_another_refusal_than_the_foreseen_is_passed_on() external {
        bytes memory call = abi.encodeCall(Mirror.refuse, (2));
        (, address payable forwarded) = _mirrors(address(this), keccak256(call));
        vm.expectRevert(IBeaconForwarder.InstallFailed.selector);
        Mirror(forwarded).refuse(2);
        _refusal = abi.encodeWithSelector(Mirror.Refused.selector, 2, "because");
        (, forwarded) = _mirrors(address(this), keccak256(call));
        (bool success,) = forwarded.call(call);
        vm.assertTrue(success);
    }

    // ---- the forwarder itself ----

    function test_tells_what_it_is_when_called_directly(address installer, bytes32 hash) external {
        beacon = new UpgradeableBeacon(address(new PlainVault()), address(this));
        BeaconForwarder forwarder = new BeaconForwarder(address(beacon), installer, hash, hash);
        vm.assertEq(forwarder.forwarderBeacon(), address(beacon));
        vm.assertEq(forwarder.forwarderInstaller(), installer);
        vm.assertEq(forwarder.forwarderInstallCalldataHash(), hash);
        vm.assertEq(forwarder.proxiableUUID(), ERC1967Utils.IMPLEMENTATION_SLOT);
    }

    function test_does_nothing_else_when_called_directly(bytes calldata data) external {
        vm.assume(data.length < 4 || _isForeign(bytes4(data)));
        beacon = new UpgradeableBeacon(address(new PlainVault()), address(this));
        (bool success, bytes memory reason) = _forwarder(address(beacon), address(this), keccak256(data)).call(data);
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(IBeaconForwarder.CalledDirectly.selector));
    }

    function test_refuses_a_beacon_that_names_no_code() external {
        address nobody = address(0xdead);
        vm.expectRevert(abi.encodeWithSelector(IBeaconForwarder.BeaconInvalid.selector, nobody));
        new BeaconForwarder(nobody, address(this), NO_CALL, NO_CALL);
        address hollow = address(new HollowBeacon());
        vm.expectRevert(abi.encodeWithSelector(IBeaconForwarder.BeaconInvalid.selector, hollow));
        new BeaconForwarder(hollow, address(this), NO_CALL, NO_CALL);
    }

    // ---- inside ----

    function _assertGoverned(Vault vault, address owned) private {
        address original = running(owned);
        vault.deposit(10);
        uint64 until = freeze(owned);
        expectFrozen(vault);
        vm.assertEq(vault.balanceOf(address(this)), 11);

        restrict(owned);
        vm.assertEq(vault.withdraw(5), 6);
        vm.expectRevert(SutureRestricted.selector);
        vault.withdraw(7);
        vault.deposit(1);

        vm.warp(until);
        gate.rollback(owned);
        vm.assertEq(running(owned), original);
        vm.assertEq(vault.withdraw(1), 6);
        vm.assertTrue(wraps(vault));
    }

    function _transparentBehindForwarder() private returns (Vault vault, UpgradeableBeacon owned) {
        address original = address(new PlainVault());
        bytes memory init = abi.encodeCall(Vault.initialize, (address(this)));
        ITransparentUpgradeableProxy proxy =
            ITransparentUpgradeableProxy(address(new TransparentUpgradeableProxy(original, address(this), init)));
        vault = Vault(address(proxy));
        owned = UpgradeableBeacon(_governedBeacon(original));
        ProxyAdmin admin = _admin(address(proxy));
        // The installing call is there to be refused: the vault has an owner.
        admin.upgradeAndCall(proxy, _forwarder(address(owned), address(admin), keccak256(init)), init);
        vm.assertEq(vault.owner(), address(this));
    }

    function _forwarderFor(Provider provider, address owned) private returns (address) {
        bytes memory call = abi.encodeCall(Vault.initialize, (address(provider)));
        return _forwarder(owned, address(provider), keccak256(call));
    }

    function _governedBeacon(address implementation) private returns (address owned) {
        owned = address(new UpgradeableBeacon(implementation, address(gate)));
        protect(owned);
        gate.registerTarget(registration(owned, Kind.Beacon, address(0), implementation));
    }

    function _forwarder(address owned, address installer, bytes32 hash) private returns (address) {
        return address(new BeaconForwarder(owned, installer, hash, keccak256(_refusal)));
    }

    function _admin(address proxy) private view returns (ProxyAdmin) {
        return ProxyAdmin(address(uint160(uint256(vm.load(proxy, ERC1967Utils.ADMIN_SLOT)))));
    }

    /// @dev Two proxies of the same code, one behind a forwarder: they must answer alike.
    function _mirrors(address installer, bytes32 hash)
        private
        returns (address payable bare, address payable forwarded)
    {
        address original = address(new Mirror());
        beacon = new UpgradeableBeacon(original, address(this));
        bytes memory init = abi.encodeCall(Mirror.store, 1);
        bare = payable(address(new ERC1967Proxy(original, init)));
        address forwarder = _forwarder(address(beacon), installer, hash);
        forwarded = payable(address(new ERC1967Proxy(forwarder, init)));
        vm.deal(address(this), type(uint128).max);
    }

    function _assertAlike(address payable bare, address payable forwarded, bytes memory data, uint256 value) private {
        (bool successBare, bytes memory outBare) = bare.call{value: value}(data);
        (bool successForwarded, bytes memory outForwarded) = forwarded.call{value: value}(data);
        vm.assertEq(successForwarded, successBare);
        vm.assertEq(outForwarded, outBare);
        vm.assertEq(forwarded.balance, bare.balance);
        vm.assertEq(vm.load(forwarded, 0), vm.load(bare, 0));
    }

    function _isForeign(bytes4 selector) private pure returns (bool) {
        return selector != IBeaconForwarder.forwarderBeacon.selector
            && selector != IBeaconForwarder.forwarderInstaller.selector
            && selector != IBeaconForwarder.forwarderInstallCalldataHash.selector
            && selector != BeaconForwarder.proxiableUUID.selector;
    }
}

/// @dev A beacon that names an account without code.
contract HollowBeacon {
    address public constant implementation = address(0xdead);
}
