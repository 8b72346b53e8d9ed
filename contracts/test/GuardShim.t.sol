// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Breaker} from "../src/Breaker.sol";
import {GuardShim} from "../src/GuardShim.sol";
import {IBreaker} from "../src/interfaces/IBreaker.sol";
import {IGuardShim} from "../src/interfaces/IGuardShim.sol";
import {IUUPSProxy} from "../src/interfaces/IUpgradeable.sol";
import {Base} from "./Base.sol";
import {Mirror, UupsVaultV2} from "./mocks/Originals.sol";

/// @dev Two proxies of the same code, one with the shim before it: they must answer alike.
contract GuardShimTest is Base {
    address private constant GATE = address(0xA2);

    Breaker private breaker;
    address private original;
    GuardShim private shim;
    address payable private bare;
    address payable private guarded;

    function setUp() external {
        breaker = new Breaker(address(this), 1 days, 30 days);
        original = address(new Mirror());
        bare = payable(address(new ERC1967Proxy(original, abi.encodeCall(Mirror.store, 1))));
        guarded = payable(address(new ERC1967Proxy(original, abi.encodeCall(Mirror.store, 1))));
        shim = new GuardShim(breaker, GATE, guarded, original);
        _pointTo(guarded, address(shim));
        breaker.setPauser(guarded, address(this), 1 days);
        vm.deal(address(this), 100 ether);
    }

    // ---- what passes ----

    function test_answers_like_the_original(bytes4 selector, bytes calldata arguments, uint96 value) external {
        vm.deal(address(this), type(uint128).max);
        _assertAlike(abi.encodePacked(selector, arguments), value);
    }

    function test_answers_like_the_original_to_short_calldata() external {
        _assertAlike("", 1);
        _assertAlike(hex"aa", 0);
        _assertAlike(hex"aabbcc", 2);
        vm.assertEq(Mirror(guarded).stored(), Mirror(bare).stored());
    }

    function test_passes_arguments_value_sender_and_return_data(bytes calldata data, uint64 value) external {
        (address sender, uint256 received, bytes memory echoed) = Mirror(guarded).echo{value: value}(data);
        vm.assertEq(sender, address(this));
        vm.assertEq(received, value);
        vm.assertEq(echoed, data);
    }

    function test_passes_revert_data_unchanged() external {
        vm.expectRevert(abi.encodeWithSelector(Mirror.Refused.selector, 7, "because"));
        Mirror(guarded).refuse(7);
        _assertAlike(abi.encodeCall(Mirror.refuse, 9), 0);
        _assertAlike(abi.encodeCall(Mirror.refuseSilently, ()), 0);
        _assertAlike(abi.encodeCall(Mirror.panic, 0), 0);
        _assertAlike(abi.encodeCall(Mirror.store, 5), 1);
    }

    function test_passes_selectors_the_shim_has_itself() external {
        _assertAlike(abi.encodeCall(Mirror.shimOriginal, ()), 3);
        _assertAlike(abi.encodeCall(IGuardShim.shimBreaker, ()), 0);
        _assertAlike(abi.encodeCall(IGuardShim.shimTarget, ()), 3);
        _assertAlike(abi.encodeCall(IGuardShim.shimUpgrader, ()), 3);
        _assertAlike(abi.encodeCall(Mirror.proxiableUUID, ()), 0);
        _assertAlike(abi.encodeCall(Mirror.proxiableUUID, ()), 1);
        _assertAlike(abi.encodeCall(Mirror.upgradeTo, address(9)), 4);
        _assertAlike(abi.encodePacked(IUUPSProxy.upgradeToAndCall.selector, hex"01"), 0);
    }

    // ---- what is frozen ----

    function test_refuses_the_frozen_function_alone() external {
        _freeze(Mirror.store.selector);
        _expectFrozen(Mirror.store.selector);
        Mirror(guarded).store(2);
        vm.assertEq(Mirror(guarded).stored(), 1);
        Mirror(guarded).echo("");
        vm.warp(block.timestamp + 1 days);
        Mirror(guarded).store(2);
        vm.assertEq(Mirror(guarded).stored(), 2);
    }

    function test_refuses_the_frozen_function_inside_a_multicall() external {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(Mirror.store, 2);
        Mirror(guarded).multicall(calls);
        vm.assertEq(Mirror(guarded).stored(), 2);
        _freeze(Mirror.store.selector);
        _expectFrozen(Mirror.store.selector);
        Mirror(guarded).multicall(calls);
    }

    function test_does_not_see_a_frozen_function_reached_by_an_internal_jump() external {
        _freeze(Mirror.store.selector);
        Mirror(guarded).storeDouble(2);
        vm.assertEq(Mirror(guarded).stored(), 4);
    }

    function test_refuses_plain_transfers_frozen_as_the_zero_selector() external {
        _freeze(bytes4(0));
        (bool success, bytes memory data) = guarded.call{value: 1}("");
        vm.assertFalse(success);
        vm.assertEq(data, abi.encodeWithSelector(IGuardShim.FunctionFrozen.selector, bytes4(0)));
    }

    function test_refuses_frozen_selectors_the_shim_has_itself() external {
        _freeze(Mirror.shimOriginal.selector);
        _expectFrozen(Mirror.shimOriginal.selector);
        Mirror(guarded).shimOriginal();
    }

    // ---- the shim itself ----

    function test_tells_what_it_is_when_called_directly() external {
        vm.assertEq(shim.shimBreaker(), address(breaker));
        vm.assertEq(shim.shimUpgrader(), GATE);
        vm.assertEq(shim.shimTarget(), guarded);
        vm.assertEq(shim.shimOriginal(), original);
        vm.assertEq(shim.proxiableUUID(), ERC1967Utils.IMPLEMENTATION_SLOT);
    }

    function test_does_nothing_else_when_called_directly(bytes calldata data) external {
        vm.assume(data.length < 4 || _isForeign(bytes4(data)));
        vm.prank(GATE);
        (bool success, bytes memory reason) = address(shim).call(data);
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(IGuardShim.CalledDirectly.selector));
    }

    function test_the_gate_alone_upgrades_past_the_shim() external {
        address next = address(new UupsVaultV2());
        _assertAlike(abi.encodeCall(IUUPSProxy.upgradeTo, next), 0);
        vm.assertEq(_implementation(), address(shim));

        vm.prank(GATE);
        IUUPSProxy(guarded).upgradeToAndCall(next, abi.encodeCall(UupsVaultV2.setVersion, (7)));
        vm.assertEq(_implementation(), next);
        vm.assertEq(UupsVaultV2(guarded).version(), 7);

        _pointTo(guarded, address(shim));
        vm.prank(GATE);
        IUUPSProxy(guarded).upgradeTo(next);
        vm.assertEq(_implementation(), next);
    }

    function test_passes_what_the_gate_calls_besides_upgrades() external {
        vm.prank(GATE);
        Mirror(guarded).store(3);
        vm.assertEq(Mirror(guarded).stored(), 3);
        _freeze(Mirror.store.selector);
        _expectFrozen(Mirror.store.selector);
        vm.prank(GATE);
        Mirror(guarded).store(4);
    }

    function test_does_not_upgrade_to_what_is_not_proxiable() external {
        vm.prank(GATE);
        vm.expectRevert(abi.encodeWithSelector(IGuardShim.NotProxiable.selector, original));
        IUUPSProxy(guarded).upgradeToAndCall(original, "");
        vm.prank(GATE);
        vm.expectRevert();
        IUUPSProxy(guarded).upgradeToAndCall(address(0xdead), "");
    }

    // ---- inside ----

    function _assertAlike(bytes memory data, uint256 value) private {
        (bool successBare, bytes memory outBare) = bare.call{value: value}(data);
        (bool successGuarded, bytes memory outGuarded) = guarded.call{value: value}(data);
        vm.assertEq(successGuarded, successBare);
        vm.assertEq(outGuarded, outBare);
    }

    function _isForeign(bytes4 selector) private pure returns (bool) {
        return selector != IGuardShim.shimBreaker.selector && selector != IGuardShim.shimUpgrader.selector
            && selector != IGuardShim.shimTarget.selector && selector != IGuardShim.shimOriginal.selector
            && selector != GuardShim.proxiableUUID.selector;
    }

    function _freeze(bytes4 selector) private {
        breaker.freeze(guarded, selectors(selector), 1 days, bytes32(0));
    }

    function _expectFrozen(bytes4 selector) private {
        vm.expectRevert(abi.encodeWithSelector(IGuardShim.FunctionFrozen.selector, selector));
    }

    function _implementation() private view returns (address) {
        return address(uint160(uint256(vm.load(guarded, ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    function _pointTo(address proxy, address implementation) private {
        vm.store(proxy, ERC1967Utils.IMPLEMENTATION_SLOT, bytes32(uint256(uint160(implementation))));
    }
}
