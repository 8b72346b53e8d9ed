// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Hole, HoleKind, IRestrictionVerifier, TemplateDefinition} from "../src/interfaces/IRestrictionVerifier.sol";
import {RestrictionVerifier} from "../src/RestrictionVerifier.sol";
import {Base} from "./Base.sol";
import {PatchBuilder} from "./PatchBuilder.sol";

/// @dev What may be registered as a template, and by whom.
contract TemplateCodeTest is Base {
    IRestrictionVerifier private verifier;

    function setUp() external {
        verifier = new RestrictionVerifier(address(this), new TemplateDefinition[](0));
        PatchBuilder.registerTemplates(verifier);
    }

    function test_only_the_owner_registers_templates() external {
        vm.startPrank(address(1));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(1)));
        _register("a@1", hex"5b", new Hole[](0));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(1)));
        verifier.setTemplateAllowed(PatchBuilder.SUB_CHECKED, false);
    }

    function test_a_template_name_stands_for_one_code() external {
        vm.expectRevert(abi.encodeWithSelector(IRestrictionVerifier.TemplateExists.selector, PatchBuilder.SUB_CHECKED));
        _register("sub-checked@1", hex"5b", new Hole[](0));
    }

    function test_templates_can_be_read_back() external view {
        (bool allowed, bytes memory templateCode, Hole[] memory holes, uint8 takes, uint8 gives) =
            verifier.template(PatchBuilder.SUB_CHECKED);
        vm.assertTrue(allowed);
        vm.assertEq(templateCode, hex"80821161000057");
        vm.assertEq(holes.length, 1);
        vm.assertEq(holes[0].offset, 4);
        vm.assertEq(takes + gives, 0);
        (,,, takes, gives) = verifier.template(PatchBuilder.LESS);
        vm.assertEq(takes, 2);
        vm.assertEq(gives, 1);
    }

    function test_refuses_templates_with_forbidden_instructions() external {
        bytes memory forbidden = hex"003858a0a1a2a3a4f0f1f2f3f4f5ff";
        for (uint256 i = 0; i < forbidden.length; ++i) {
            _refuse(abi.encodePacked(hex"5b", forbidden[i]), 1);
        }
    }

    function test_accepts_all_other_instructions() external {
        bytes memory forbidden = hex"003858a0a1a2a3a4f0f1f2f3f4f5ff5657";
        for (uint256 opcode = 0; opcode < 256; ++opcode) {
            bool wanted = opcode < 0x60 || opcode > 0x7f;
            for (uint256 i = 0; i < forbidden.length; ++i) {
                if (uint8(forbidden[i]) == opcode) wanted = false;
            }
            bytes memory one = abi.encodePacked(uint8(opcode));
            if (wanted) _register(string(one), one, new Hole[](0));
        }
    }

    function test_operands_are_no_instructions() external {
        _register("push1@1", hex"60ff", new Hole[](0));
        _register("push32@1", abi.encodePacked(hex"7f", type(uint256).max), new Hole[](0));
        _refuse(hex"5fff", 1);
        _refuse(hex"80ff", 1);
    }

    function test_refuses_templates_that_jump_where_they_like() external {
        _refuse(hex"56", 0);
        _refuse(hex"600057", 2);
        _refuse(hex"61000456", 3);
        _refuse(hex"6100005056", _hole(1, HoleKind.Tail, 2, 0), 4);
        _refuse(hex"61000056", _hole(1, HoleKind.Argument, 2, 0), 3);
    }

    function test_refuses_templates_that_end_in_an_open_push() external {
        _refuse(hex"", 0);
        _refuse(hex"60", 2);
        _refuse(hex"7f0000", 33);
    }

    function test_refuses_holes_outside_the_operand_of_a_push() external {
        _refuse(hex"610000", _hole(0, HoleKind.Argument, 1, 0), 0);
        _refuse(hex"610000", _hole(1, HoleKind.Argument, 3, 0), 1);
        _refuse(hex"610000", _hole(1, HoleKind.Argument, 0, 0), 1);
        _refuse(hex"610000", _hole(3, HoleKind.Argument, 1, 0), 3);
        _refuse(hex"62000000", _hole(1, HoleKind.Tail, 2, 0), 1);
        _refuse(hex"610000", _hole(1, HoleKind.Tail, 1, 0), 1);
        Hole[] memory overlapping = new Hole[](2);
        overlapping[0] = Hole(1, HoleKind.Argument, 2, 0);
        overlapping[1] = Hole(2, HoleKind.Argument, 1, 0);
        _refuse(hex"610000", overlapping, 2);
        overlapping[1] = Hole(1, HoleKind.Argument, 2, 0);
        _refuse(hex"610000", overlapping, 1);
    }

    function test_accepts_holes_that_fill_an_operand_or_share_it() external {
        _register("first@1", hex"610000", _hole(1, HoleKind.Argument, 1, 0));
        _register("last@1", hex"610000", _hole(2, HoleKind.Argument, 1, 0));
        _register("jumpi@1", hex"5f61000057", _hole(2, HoleKind.Tail, 2, 0));
        Hole[] memory both = new Hole[](2);
        both[0] = Hole(1, HoleKind.Argument, 1, 1);
        both[1] = Hole(2, HoleKind.Argument, 1, 0);
        _register("both@1", hex"610000", both);
        both[1] = Hole(5, HoleKind.Argument, 1, 0);
        _register("apart@1", hex"610000610000", both);
    }

    function test_refuses_internal_jumps_to_anything_but_a_jumpdest() external {
        _refuse(hex"61000056605b5b", _hole(1, HoleKind.Relative, 2, 5), 1);
        _refuse(hex"61000056605b5b", _hole(1, HoleKind.Relative, 2, 7), 1);
        _refuse(hex"61000056605b5b", _hole(1, HoleKind.Relative, 2, 3), 1);
        _register("jumps@1", hex"61000056605b5b", _hole(1, HoleKind.Relative, 2, 6));
        _register("back@1", hex"5b61000056", _hole(2, HoleKind.Relative, 2, 0));
    }

    function test_accepts_a_peek_as_the_first_byte() external {
        _register("peek@2", hex"80", _hole(0, HoleKind.Peek, 1, 0));
        Hole[] memory two = new Hole[](2);
        two[0] = Hole(0, HoleKind.Peek, 1, 0);
        two[1] = Hole(2, HoleKind.Tail, 2, 0);
        _register("peek-and-go@1", hex"8061000057", two);
    }

    function test_refuses_a_peek_that_is_anything_else() external {
        _refuse(hex"8080", _hole(1, HoleKind.Peek, 1, 0), 1);
        _refuse(hex"6080", _hole(1, HoleKind.Peek, 1, 0), 1);
        _refuse(hex"8180", _hole(0, HoleKind.Peek, 1, 0), 0);
        _refuse(hex"808180", _hole(0, HoleKind.Peek, 2, 0), 0);
        _refuse(hex"8080", _hole(0, HoleKind.Peek, 0, 0), 0);
        _refuse(hex"", _hole(0, HoleKind.Peek, 1, 0), 0);
        Hole[] memory two = new Hole[](2);
        two[0] = Hole(0, HoleKind.Peek, 1, 0);
        two[1] = two[0];
        _refuse(hex"80", two, 0);
    }

    /// @dev The word it copies is the original's, so a jump to it would go anywhere.
    function test_refuses_to_jump_where_a_peek_says() external {
        _refuse(hex"8056", _hole(0, HoleKind.Peek, 1, 0), 1);
        _refuse(hex"8057", _hole(0, HoleKind.Peek, 1, 0), 1);
    }

    // ---- inside ----

    function _register(string memory name, bytes memory templateCode, Hole[] memory holes) private {
        verifier.registerTemplate(TemplateDefinition(name, templateCode, holes, 0, 0));
    }

    function _refuse(bytes memory templateCode, uint256 at) private {
        _refuse(templateCode, new Hole[](0), at);
    }

    function _refuse(bytes memory templateCode, Hole[] memory holes, uint256 at) private {
        vm.expectRevert(abi.encodeWithSelector(IRestrictionVerifier.TemplateInvalid.selector, at));
        _register("refused@1", templateCode, holes);
    }

    function _hole(uint16 offset, HoleKind kind, uint8 width, uint16 value) private pure returns (Hole[] memory list) {
        list = new Hole[](1);
        list[0] = Hole(offset, kind, width, value);
    }

    function test_only_a_registered_template_is_allowed_or_not() external {
        bytes32 unknown = keccak256("unknown@1");
        vm.expectRevert(abi.encodeWithSelector(IRestrictionVerifier.TemplateNotAllowed.selector, unknown));
        verifier.setTemplateAllowed(unknown, true);
    }

    function test_a_verifier_is_made_with_its_templates() external {
        TemplateDefinition[] memory templates = new TemplateDefinition[](2);
        templates[0] = TemplateDefinition("refuse@1", hex"61000056", new Hole[](1), 0, 0);
        templates[0].holes[0] = Hole(1, HoleKind.Tail, 2, 0);
        templates[1] = TemplateDefinition("refuse@2", hex"61000056", templates[0].holes, 0, 0);
        RestrictionVerifier made = new RestrictionVerifier(address(1), templates);
        (bool allowed, bytes memory code, Hole[] memory holes,,) = made.template(keccak256("refuse@2"));
        vm.assertTrue(allowed);
        vm.assertEq(code, hex"61000056");
        vm.assertEq(holes.length, 1);

        templates[1].name = "refuse@1";
        vm.expectRevert(abi.encodeWithSelector(IRestrictionVerifier.TemplateExists.selector, keccak256("refuse@1")));
        new RestrictionVerifier(address(1), templates);
    }
}
