// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Hole, HoleKind, IRestrictionVerifier} from "../src/interfaces/IRestrictionVerifier.sol";
import {RestrictionVerifier} from "../src/RestrictionVerifier.sol";
import {Base} from "./Base.sol";
import {PatchBuilder} from "./PatchBuilder.sol";

/// @dev What may be registered as a template, and by whom.
contract TemplateCodeTest is Base {
    IRestrictionVerifier private verifier;

    function setUp() external {
        verifier = new RestrictionVerifier(address(this));
        PatchBuilder.registerTemplates(verifier);
    }

    function test_only_the_owner_registers_templates() external {
        vm.startPrank(address(1));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(1)));
        verifier.registerTemplate("a@1", hex"5b", new Hole[](0));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(1)));
        verifier.setTemplateAllowed(PatchBuilder.SUB_CHECKED, false);
    }

    function test_a_template_name_stands_for_one_code() external {
        vm.expectRevert(abi.encodeWithSelector(IRestrictionVerifier.TemplateExists.selector, PatchBuilder.SUB_CHECKED));
        verifier.registerTemplate("sub-checked@1", hex"5b", new Hole[](0));
    }

    function test_templates_can_be_read_back() external view {
        (bool allowed, bytes memory templateCode, Hole[] memory holes) = verifier.template(PatchBuilder.SUB_CHECKED);
        vm.assertTrue(allowed);
        vm.assertEq(templateCode, hex"80821161000057");
        vm.assertEq(holes.length, 1);
        vm.assertEq(holes[0].offset, 4);
    }

    function test_refuses_templates_with_forbidden_instructions() external {
        bytes memory forbidden = hex"003858a0a1a2a3a4f0f1f2f3f4f5ff";
        for (uint256 i = 0; i < forbidden.length; ++i) {
            _refuseTemplate(abi.encodePacked(forbidden[i]), new Hole[](0));
        }
    }

    function test_refuses_templates_that_jump_where_they_like() external {
        _refuseTemplate(hex"56", new Hole[](0));
        _refuseTemplate(hex"600057", new Hole[](0));
        _refuseTemplate(hex"61000456", new Hole[](0));
        _refuseTemplate(hex"6100005056", _hole(1, HoleKind.Tail, 2, 0));
        _refuseTemplate(hex"61000056", _hole(1, HoleKind.Argument, 2, 0));
    }

    function test_refuses_templates_that_end_in_an_open_push() external {
        _refuseTemplate(hex"", new Hole[](0));
        _refuseTemplate(hex"60", new Hole[](0));
        _refuseTemplate(hex"7f0000", new Hole[](0));
    }

    function test_refuses_holes_outside_the_operand_of_a_push() external {
        _refuseTemplate(hex"610000", _hole(0, HoleKind.Argument, 1, 0));
        _refuseTemplate(hex"610000", _hole(1, HoleKind.Argument, 3, 0));
        _refuseTemplate(hex"610000", _hole(1, HoleKind.Argument, 0, 0));
        _refuseTemplate(hex"610000", _hole(3, HoleKind.Argument, 1, 0));
        _refuseTemplate(hex"62000000", _hole(1, HoleKind.Tail, 2, 0));
        _refuseTemplate(hex"610000", _hole(1, HoleKind.Tail, 1, 0));
        Hole[] memory overlapping = new Hole[](2);
        overlapping[0] = Hole(1, HoleKind.Argument, 2, 0);
        overlapping[1] = Hole(2, HoleKind.Argument, 1, 0);
        _refuseTemplate(hex"610000", overlapping);
    }

    function test_refuses_internal_jumps_to_anything_but_a_jumpdest() external {
        _refuseTemplate(hex"61000056605b5b", _hole(1, HoleKind.Relative, 2, 5));
        _refuseTemplate(hex"61000056605b5b", _hole(1, HoleKind.Relative, 2, 7));
        verifier.registerTemplate("jumps@1", hex"61000056605b5b", _hole(1, HoleKind.Relative, 2, 6));
    }

    // ---- inside ----

    function _refuseTemplate(bytes memory templateCode, Hole[] memory holes) private {
        try verifier.registerTemplate("refused@1", templateCode, holes) {
            vm.assertTrue(false);
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(IRestrictionVerifier.TemplateInvalid.selector));
        }
    }

    function _hole(uint16 offset, HoleKind kind, uint8 width, uint16 value) private pure returns (Hole[] memory list) {
        list = new Hole[](1);
        list[0] = Hole(offset, kind, width, value);
    }
}
