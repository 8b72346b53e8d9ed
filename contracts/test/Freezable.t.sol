// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Breaker} from "../src/Breaker.sol";
import {Freezable} from "../src/Freezable.sol";
import {IBreaker} from "../src/interfaces/IBreaker.sol";
import {Base} from "./Base.sol";

/// @dev Functions of every shape, each counting that it ran.
contract Turnstile is Freezable, Multicall {
    address private immutable _self = address(this);

    uint256 public passed;

    constructor(IBreaker breaker) Freezable(breaker) {}

    function pass() public whenNotFrozen returns (uint256) {
        return ++passed;
    }

    function pay() external payable whenNotFrozen returns (uint256) {
        return ++passed;
    }

    function look() external view whenNotFrozen returns (uint256) {
        return passed;
    }

    /// @dev Reaches {pass} by a jump.
    function passTwice() external returns (uint256) {
        pass();
        return pass();
    }

    function squeeze() external returns (uint256) {
        return _squeeze();
    }

    function squeezeTwice() external returns (uint256) {
        _squeeze();
        return _squeeze();
    }

    /// @dev A router that goes past the proxy.
    function throughImplementation(bytes calldata data) external returns (bytes memory) {
        return Address.functionDelegateCall(_self, data);
    }

    function _squeeze() private returns (uint256) {
        _requireNotFrozen(this.squeeze.selector);
        return ++passed;
    }

    receive() external payable whenNotFrozen {
        ++passed;
    }
}

/// @dev Runs the functions of another contract on its own storage, as a diamond does with its facets.
contract Borrower {
    function borrow(address facet, bytes calldata data) external returns (bytes memory) {
        return Address.functionDelegateCall(facet, data);
    }
}

contract FreezableTest is Base {
    uint32 private constant MAX = 1 days;

    Breaker private breaker;
    Turnstile private implementation;
    Turnstile private turnstile;

    function setUp() external {
        vm.warp(1_000_000);
        breaker = new Breaker(address(this), MAX, 30 days);
        implementation = new Turnstile(breaker);
        bytes memory look = abi.encodeCall(Turnstile.look, ());
        turnstile = Turnstile(payable(address(new ERC1967Proxy(address(implementation), look))));
        vm.deal(address(this), 10 ether);
    }

    function test_runs_and_answers_as_long_as_nothing_is_frozen() external {
        vm.assertEq(turnstile.pass(), 1);
        vm.assertEq(turnstile.pay{value: 3}(), 2);
        vm.assertEq(turnstile.look(), 2);
        vm.assertEq(address(turnstile).balance, 3);
    }

    function test_refuses_the_frozen_selector_and_no_other(bytes4 selector) external {
        vm.assume(selector != Turnstile.pass.selector && selector != Turnstile.look.selector);
        _freeze(address(turnstile), selector);
        vm.assertEq(turnstile.pass(), 1);
        _freeze(address(turnstile), Turnstile.pass.selector);
        _expectFrozen(Turnstile.pass.selector);
        turnstile.pass();
        vm.assertEq(turnstile.look(), 1);
        vm.warp(block.timestamp + MAX);
        vm.assertEq(turnstile.pass(), 2);
    }

    function test_refuses_views_too() external {
        _freeze(address(turnstile), Turnstile.look.selector);
        _expectFrozen(Turnstile.look.selector);
        turnstile.look();
    }

    function test_a_refused_payment_stays_with_its_sender(uint64 value) external {
        _freeze(address(turnstile), Turnstile.pay.selector);
        _expectFrozen(Turnstile.pay.selector);
        turnstile.pay{value: bound(value, 0, 10 ether)}();
        vm.assertEq(address(this).balance, 10 ether);
        vm.assertEq(address(turnstile).balance, 0);
    }

    function test_plain_transfers_are_frozen_as_the_zero_selector() external {
        (bool success,) = address(turnstile).call{value: 1}("");
        vm.assertTrue(success);
        _freeze(address(turnstile), bytes4(0));
        bytes memory reason;
        (success, reason) = address(turnstile).call{value: 1}("");
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(Freezable.FunctionFrozen.selector, bytes4(0)));
        vm.assertEq(turnstile.pay{value: 1}(), 2);
    }

    function test_refuses_the_inner_call_of_a_multicall() external {
        bytes[] memory calls = new bytes[](2);
        (calls[0], calls[1]) = (abi.encodeCall(Turnstile.look, ()), abi.encodeCall(Turnstile.pass, ()));
        turnstile.multicall(calls);
        vm.assertEq(turnstile.look(), 1);
        _freeze(address(turnstile), Turnstile.pass.selector);
        _expectFrozen(Turnstile.pass.selector);
        turnstile.multicall(calls);
        calls[1] = calls[0];
        turnstile.multicall(calls);
    }

    function test_refuses_the_inner_call_of_a_multicall_without_a_proxy() external {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(Turnstile.pass, ());
        _freeze(address(implementation), Turnstile.pass.selector);
        _expectFrozen(Turnstile.pass.selector);
        implementation.multicall(calls);
    }

    function test_a_frozen_multicall_leaves_its_parts_open() external {
        _freeze(address(turnstile), Multicall.multicall.selector);
        vm.assertEq(turnstile.pass(), 1);
    }

    function test_refuses_what_a_router_delegates_to_the_implementation() external {
        bytes memory data = abi.encodeCall(Turnstile.pass, ());
        turnstile.throughImplementation(data);
        _freeze(address(turnstile), Turnstile.pass.selector);
        _expectFrozen(Turnstile.pass.selector);
        turnstile.throughImplementation(data);
    }

    function test_does_not_see_a_frozen_function_reached_by_an_internal_jump() external {
        _freeze(address(turnstile), Turnstile.pass.selector);
        vm.assertEq(turnstile.passTwice(), 2);
        // What it sees is the outer function.
        _freeze(address(turnstile), Turnstile.passTwice.selector);
        _expectFrozen(Turnstile.passTwice.selector);
        turnstile.passTwice();
    }

    function test_shared_code_refuses_whichever_function_was_called() external {
        vm.assertEq(turnstile.squeezeTwice(), 2);
        _freeze(address(turnstile), Turnstile.squeeze.selector);
        _expectFrozen(Turnstile.squeeze.selector);
        turnstile.squeezeTwice();
        _expectFrozen(Turnstile.squeeze.selector);
        turnstile.squeeze();
    }

    function test_a_freeze_is_of_the_contract_whose_storage_is_used() external {
        Borrower borrower = new Borrower();
        bytes memory data = abi.encodeCall(Turnstile.pass, ());
        _freeze(address(implementation), Turnstile.pass.selector);
        borrower.borrow(address(implementation), data);
        vm.assertEq(turnstile.pass(), 1);
        _freeze(address(borrower), Turnstile.pass.selector);
        _expectFrozen(Turnstile.pass.selector);
        borrower.borrow(address(implementation), data);
    }

    function test_refuses_to_be_built_on_a_breaker_without_code() external {
        vm.expectRevert(abi.encodeWithSelector(Freezable.BreakerInvalid.selector, address(0xdead)));
        new Turnstile(IBreaker(address(0xdead)));
    }

    // ---- inside ----

    function _freeze(address target, bytes4 selector) private {
        breaker.setPauser(target, address(this), MAX);
        breaker.freeze(target, selectors(selector), MAX, bytes32(0));
    }

    function _expectFrozen(bytes4 selector) private {
        vm.expectRevert(abi.encodeWithSelector(Freezable.FunctionFrozen.selector, selector));
    }
}
