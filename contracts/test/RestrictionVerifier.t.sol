// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {
    Certificate,
    Hole,
    IRestrictionVerifier,
    PlacedGuard,
    Run,
    Site,
    TemplateDefinition
} from "../src/interfaces/IRestrictionVerifier.sol";
import {RestrictionVerifier} from "../src/RestrictionVerifier.sol";
import {Base} from "./Base.sol";
import {PatchBuilder} from "./PatchBuilder.sol";

/// @dev The code under test subtracts: `CALLDATALOAD(0) - CALLDATALOAD(32)`, returned as a word.
contract RestrictionVerifierTest is Base {
    using PatchBuilder for bytes;

    address private constant ORIGINAL = address(0x1111111111111111111111111111111111111111);
    address private constant PATCHED = address(0x2222222222222222222222222222222222222222);
    uint256 private constant SELF_OFFSET = 7;
    uint256 private constant SUB_PC = 34;
    uint256 private constant RETURN_PC = 42;

    error SutureRestricted();

    IRestrictionVerifier private verifier;
    bytes private code;
    bytes32 private root;

    function setUp() external {
        verifier = new RestrictionVerifier(address(this), new TemplateDefinition[](0));
        PatchBuilder.registerTemplates(verifier);
        // CALLDATASIZE PUSH1 5 JUMPI STOP JUMPDEST | PUSH20 self POP | b a SUB | MSTORE RETURN | data that ends in an open PUSH
        code = abi.encodePacked(
            hex"36600557005b73", ORIGINAL, hex"50", hex"602035600035", hex"03", hex"60005260206000f3", hex"a1b2c37f"
        );
        vm.etch(ORIGINAL, code);
        root = PatchBuilder.leaf(code.runAt(SUB_PC));
    }

    // ---- accepted ----

    function test_accepts_a_guard_before_an_instruction() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        _accept(runtime, certificate);
    }

    function test_accepts_guards_with_arguments_and_jumps_of_their_own() external {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.Window(28, 10, new PatchBuilder.Guard[](4));
        windows[0].guards[0] = PatchBuilder.Guard(28, PatchBuilder.CALLDATA_PRESENT, new bytes32[](0));
        windows[0].guards[1] =
            PatchBuilder.Guard(28, PatchBuilder.CALLER_IS, _words(bytes32(uint256(uint160(address(this))))));
        windows[0].guards[2] = PatchBuilder.Guard(SUB_PC, PatchBuilder.SUB_CHECKED, new bytes32[](0));
        windows[0].guards[3] = PatchBuilder.Guard(38, PatchBuilder.CALLDATA_PRESENT, new bytes32[](0));
        (bytes memory runtime, Certificate memory certificate) = code.assemble(windows);
        _accept(runtime, certificate);
        vm.assertEq(_run(PATCHED, 7, 3), 4);
        vm.prank(address(1));
        (bool success, bytes memory data) = PATCHED.call(abi.encode(7, 3));
        vm.assertFalse(success);
        vm.assertEq(data, abi.encodeWithSelector(SutureRestricted.selector));
    }

    function test_accepts_a_run_whose_bitmap_has_no_spare_bits() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        Run memory run = certificate.sites[0].run;
        run.end = run.start + uint16(8 * run.boundaries.length);
        _forge(certificate, run);
        _accept(runtime, certificate);
    }

    function test_accepts_a_window_that_ends_in_a_terminator() external {
        (bytes memory runtime, Certificate memory certificate) =
            _single(38, 5, PatchBuilder.CALLDATA_PRESENT, RETURN_PC, new bytes32[](0));
        _accept(runtime, certificate);
        vm.assertEq(_run(PATCHED, 7, 3), 4);
    }

    function test_accepts_two_windows_side_by_side() external {
        (bytes memory runtime, Certificate memory certificate) = _two();
        _accept(runtime, certificate);
        vm.assertEq(_run(PATCHED, 7, 3), 4);
    }

    function test_accepts_the_relocated_own_address() external {
        (bytes memory runtime, Certificate memory certificate) = _relocated();
        _accept(runtime, certificate);
    }

    function test_accepts_a_run_deep_in_the_site_map() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        bytes32 sibling = keccak256("another run");
        certificate.sites[0].run.proof = _words(sibling);
        bytes32 leaf = root;
        root = leaf < sibling ? keccak256(abi.encode(leaf, sibling)) : keccak256(abi.encode(sibling, leaf));
        _accept(runtime, certificate);
    }

    function test_a_restriction_reverts_or_does_the_same(uint256 a, uint256 b) external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        _accept(runtime, certificate);
        (bool success, bytes memory data) = PATCHED.staticcall(abi.encode(a, b));
        vm.assertEq(success, b <= a);
        if (success) vm.assertEq(abi.decode(data, (uint256)), _run(ORIGINAL, a, b));
        else vm.assertEq(data, abi.encodeWithSelector(SutureRestricted.selector));
    }

    function test_verifies_the_largest_code_in_bounded_gas() external {
        bytes memory large = bytes.concat(code, PatchBuilder.filler(24_000));
        vm.etch(ORIGINAL, large);
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.window(SUB_PC, 6, PatchBuilder.SUB_CHECKED, SUB_PC, new bytes32[](0));
        (bytes memory runtime, Certificate memory certificate) = large.assemble(windows);
        vm.etch(PATCHED, runtime);
        uint256 before = gasleft();
        verifier.verify(ORIGINAL, PATCHED, certificate, root);
        vm.assertTrue(before - gasleft() < 120_000);
    }

    // ---- refused: the code ----

    function test_refuses_any_flipped_byte(uint256 at, uint8 mask) external {
        vm.assume(mask != 0);
        (bytes memory runtime, Certificate memory certificate) = _relocated();
        at = bound(at, 0, runtime.length - 1);
        runtime[at] ^= bytes1(mask);
        _refuse(runtime, certificate, IRestrictionVerifier.CodeMismatch.selector);
    }

    function test_refuses_bytes_added_or_missing_at_the_end(uint256 less, bytes calldata more) external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        vm.assume(more.length > 0 && more.length < 20_000);
        _refuse(bytes.concat(runtime, more), certificate, IRestrictionVerifier.CodeMismatch.selector);
        less = bound(less, 1, runtime.length - code.length - 47);
        _refuse(
            PatchBuilder.cut(runtime, 0, runtime.length - less), certificate, IRestrictionVerifier.CodeMismatch.selector
        );
    }

    function test_refuses_code_shorter_than_the_original_with_its_trailer() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        _refuse(
            PatchBuilder.cut(runtime, 0, code.length + 46),
            certificate,
            IRestrictionVerifier.CodeSizeOutOfBounds.selector
        );
    }

    function test_refuses_code_that_cannot_be_deployed() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        _refuse(
            bytes.concat(runtime, new bytes(24_577 - runtime.length)),
            certificate,
            IRestrictionVerifier.CodeSizeOutOfBounds.selector
        );
        vm.etch(ORIGINAL, new bytes(24_577));
        _refuse(runtime, certificate, IRestrictionVerifier.CodeSizeOutOfBounds.selector);
    }

    function test_refuses_an_original_without_code() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        vm.etch(ORIGINAL, "");
        _refuse(runtime, certificate, IRestrictionVerifier.CodeSizeOutOfBounds.selector);
    }

    // ---- refused: windows ----

    function test_refuses_a_certificate_without_sites() external {
        (bytes memory runtime, Certificate memory certificate) = code.assemble(new PatchBuilder.Window[](0));
        _refuse(runtime, certificate, IRestrictionVerifier.NoSites.selector);
    }

    function test_refuses_a_window_shorter_than_five_bytes() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        certificate.sites[0].length = 4;
        _refuse(runtime, certificate, IRestrictionVerifier.WindowOutOfBounds.selector);
    }

    function test_refuses_a_window_before_or_behind_its_run() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        certificate.sites[0].pc = 5;
        _refuse(runtime, certificate, IRestrictionVerifier.WindowOutOfBounds.selector);
        certificate.sites[0].pc = 40;
        _refuse(runtime, certificate, IRestrictionVerifier.WindowOutOfBounds.selector);
    }

    function test_refuses_a_window_behind_the_code_even_if_the_site_map_has_it() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        certificate.sites[0].run = Run(6, 60, new bytes(7), new bytes32[](0));
        certificate.sites[0].pc = 50;
        root = PatchBuilder.leaf(certificate.sites[0].run);
        _refuse(runtime, certificate, IRestrictionVerifier.WindowOutOfBounds.selector);
    }

    function test_refuses_a_window_that_starts_or_ends_inside_an_instruction() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        certificate.sites[0].pc = 29;
        _refuse(runtime, certificate, IRestrictionVerifier.NotAnInstruction.selector);
        (runtime, certificate) = _sub();
        certificate.sites[0].length = 5;
        _refuse(runtime, certificate, IRestrictionVerifier.NotAnInstruction.selector);
    }

    function test_refuses_a_window_that_swallows_a_jump_destination_even_if_the_site_map_has_it() external {
        (bytes memory runtime, Certificate memory certificate) =
            _single(0, 28, PatchBuilder.CALLDATA_PRESENT, 0, new bytes32[](0));
        // CALLDATASIZE PUSH1 5 JUMPI STOP JUMPDEST PUSH20 POP as one run.
        _forge(certificate, Run(0, 28, PatchBuilder.bitmap(code, 0, 28), new bytes32[](0)));
        // Behind the STOP.
        _refuseWith(runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.NotMovable.selector, 5));
        code[4] = 0x50;
        vm.etch(ORIGINAL, code);
        _refuseWith(runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.NotMovable.selector, 5));
    }

    function test_refuses_windows_over_what_means_something_else_elsewhere() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        bytes3 immovable = hex"38585b";
        for (uint256 i = 0; i < 3; ++i) {
            code[SUB_PC] = immovable[i];
            vm.etch(ORIGINAL, code);
            _refuseWith(runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.NotMovable.selector, SUB_PC));
        }
    }

    function test_refuses_a_window_that_goes_on_behind_any_terminator() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        bytes6 terminators = hex"0056f3fdfeff";
        for (uint256 i = 0; i < 6; ++i) {
            code[SUB_PC] = terminators[i];
            vm.etch(ORIGINAL, code);
            _refuseWith(
                runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.NotMovable.selector, SUB_PC + 1)
            );
        }
    }

    function test_refuses_a_window_in_an_operand_even_if_the_site_map_has_it() external {
        // Ten one-byte instructions, if they were any: they are what PUSH20 pushes.
        code = abi.encodePacked(hex"73", hex"0101010101010101010101010101010101010101", hex"00");
        vm.etch(ORIGINAL, code);
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.window(3, 6, PatchBuilder.CALLDATA_PRESENT, 3, new bytes32[](0));
        (bytes memory runtime, Certificate memory certificate) = code.assemble(windows);
        _forge(certificate, Run(1, 21, hex"fffff0", new bytes32[](0)));
        _refuseWith(runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.NotAnInstruction.selector, 3));
    }

    function test_refuses_a_site_map_that_sees_instructions_in_an_operand() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        Run memory run = certificate.sites[0].run;
        run.boundaries[3] |= 0x02; // The operand of PUSH1 0 at 35.
        run.boundaries[3] |= 0x01;
        _forge(certificate, run);
        _refuse(runtime, certificate, IRestrictionVerifier.NotAnInstruction.selector);
    }

    function test_refuses_a_window_without_guards() external {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.Window(SUB_PC, 6, new PatchBuilder.Guard[](0));
        (bytes memory runtime, Certificate memory certificate) = code.assemble(windows);
        _refuseWith(runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.NoGuards.selector, SUB_PC));
    }

    function test_refuses_overlapping_windows_and_wrong_order() external {
        (bytes memory runtime, Certificate memory certificate) = _two();
        Site memory first = certificate.sites[0];
        certificate.sites[0] = certificate.sites[1];
        certificate.sites[1] = first;
        certificate.sites[0].trampoline = uint16(code.length + 47);
        _refuse(runtime, certificate, IRestrictionVerifier.WindowsOverlap.selector);
        (runtime, certificate) = _two();
        certificate.sites[1].pc = certificate.sites[0].pc;
        _refuse(runtime, certificate, IRestrictionVerifier.WindowsOverlap.selector);
    }

    function test_refuses_a_run_that_is_not_in_the_site_map(uint256 at, uint8 mask) external {
        vm.assume(mask != 0);
        (bytes memory runtime, Certificate memory certificate) = _sub();
        bytes memory boundaries = certificate.sites[0].run.boundaries;
        boundaries[bound(at, 0, boundaries.length - 1)] ^= bytes1(mask);
        _refuse(runtime, certificate, IRestrictionVerifier.NotInSiteMap.selector);
    }

    function test_refuses_a_wrong_proof(bytes32[] calldata proof, bytes32 otherRoot) external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        vm.assume(proof.length > 0 && otherRoot != root);
        certificate.sites[0].run.proof = proof;
        _refuse(runtime, certificate, IRestrictionVerifier.NotInSiteMap.selector);
        certificate.sites[0].run.proof = new bytes32[](0);
        root = otherRoot;
        _refuse(runtime, certificate, IRestrictionVerifier.NotInSiteMap.selector);
    }

    function test_refuses_a_bitmap_of_the_wrong_length() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        certificate.sites[0].run.boundaries = bytes.concat(certificate.sites[0].run.boundaries, hex"00");
        root = PatchBuilder.leaf(certificate.sites[0].run);
        _refuse(runtime, certificate, IRestrictionVerifier.NotInSiteMap.selector);
    }

    function test_refuses_a_trampoline_anywhere_else(uint16 at) external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        vm.assume(at != certificate.sites[0].trampoline);
        certificate.sites[0].trampoline = at;
        _refuse(runtime, certificate, IRestrictionVerifier.TrampolineMisplaced.selector);
    }

    // ---- refused: guards ----

    function test_refuses_a_template_that_is_not_allowed() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        certificate.sites[0].guards[0].template = keccak256("anything@1");
        _refuse(runtime, certificate, IRestrictionVerifier.TemplateNotAllowed.selector);
        (runtime, certificate) = _sub();
        verifier.setTemplateAllowed(PatchBuilder.SUB_CHECKED, false);
        _refuse(runtime, certificate, IRestrictionVerifier.TemplateNotAllowed.selector);
        verifier.setTemplateAllowed(PatchBuilder.SUB_CHECKED, true);
        _accept(runtime, certificate);
    }

    /// @dev A guard of the original may read what the template writes: see `test/restriction/guards-of-guarded-code.test.ts`.
    function test_refuses_templates_that_write_where_the_original_has_guards(uint8 padding) external {
        bytes32 id = verifier.registerTemplate(TemplateDefinition("write@1", hex"6000805d", new Hole[](0), 0, 0));
        bytes memory plain = code;
        bytes[4] memory behind = [
            bytes.concat(PatchBuilder.filler(uint256(padding) + 33), PatchBuilder.TAIL),
            bytes.concat(
                PatchBuilder.filler(32), hex"00", PatchBuilder.filler(uint256(padding) + 33), PatchBuilder.TAIL
            ),
            // Too few, and another end.
            bytes.concat(hex"00", PatchBuilder.filler(32), PatchBuilder.TAIL),
            bytes.concat(PatchBuilder.filler(33), hex"00", PatchBuilder.TAIL)
        ];
        for (uint256 i = 0; i < behind.length; ++i) {
            code = bytes.concat(plain, new bytes(padding), behind[i]);
            vm.etch(ORIGINAL, code);
            (bytes memory runtime, Certificate memory certificate) = _sub();
            _accept(runtime, certificate);
            certificate.sites[0].guards[0].template = id;
            bytes4 guarded = IRestrictionVerifier.OriginalGuarded.selector;
            _refuse(runtime, certificate, i < 2 ? guarded : IRestrictionVerifier.CodeMismatch.selector);
        }
    }

    function test_refuses_too_many_too_few_or_too_wide_arguments(uint96 high) external {
        vm.assume(high != 0);
        bytes32[] memory args = _words(bytes32(uint256(uint160(address(this)))));
        (bytes memory runtime, Certificate memory certificate) =
            _single(SUB_PC, 6, PatchBuilder.CALLER_IS, SUB_PC, args);
        PlacedGuard memory guard = certificate.sites[0].guards[0];
        guard.args = new bytes32[](0);
        _refuse(runtime, certificate, IRestrictionVerifier.ArgumentsMismatch.selector);
        guard.args = new bytes32[](2);
        _refuse(runtime, certificate, IRestrictionVerifier.ArgumentsMismatch.selector);
        guard.args = _words(bytes32(uint256(args[0]) | (uint256(high) << 160)));
        _refuse(runtime, certificate, IRestrictionVerifier.ArgumentsMismatch.selector);
        guard.args = args;
        _accept(runtime, certificate);
    }

    function test_an_argument_full_of_jumpdests_adds_no_jump_destination() external {
        address argument = address(0x5B5B5b5B5b5B5B5b5B5B5b5b5B5B5B5b5B5B5b5b);
        (bytes memory runtime, Certificate memory certificate) =
            _single(SUB_PC, 6, PatchBuilder.CALLER_IS, SUB_PC, _words(bytes32(uint256(uint160(argument)))));
        _accept(runtime, certificate);
        vm.prank(argument);
        vm.assertEq(_run(PATCHED, 7, 3), 4);
        // Send the window into the argument's bytes: they are the operand of a PUSH, so the jump is invalid, not a way around the guard.
        uint16 inside = certificate.sites[0].trampoline + 5;
        runtime[SUB_PC + 1] = bytes1(uint8(inside >> 8));
        runtime[SUB_PC + 2] = bytes1(uint8(inside));
        vm.etch(PATCHED, runtime);
        vm.prank(argument);
        (bool success,) = PATCHED.call{gas: 100_000}(abi.encode(7, 3));
        vm.assertFalse(success);
    }

    function test_refuses_a_guard_inside_an_instruction_or_outside_its_window() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        certificate.sites[0].guards[0].pc = 36;
        _refuse(runtime, certificate, IRestrictionVerifier.NotAnInstruction.selector);
        certificate.sites[0].guards[0].pc = 33;
        _refuse(runtime, certificate, IRestrictionVerifier.GuardMisplaced.selector);
        certificate.sites[0].guards[0].pc = 42;
        _refuse(runtime, certificate, IRestrictionVerifier.GuardMisplaced.selector);
    }

    function test_refuses_guards_out_of_order() external {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.Window(SUB_PC, 6, new PatchBuilder.Guard[](2));
        windows[0].guards[0] = PatchBuilder.Guard(SUB_PC, PatchBuilder.SUB_CHECKED, new bytes32[](0));
        windows[0].guards[1] = PatchBuilder.Guard(35, PatchBuilder.CALLDATA_PRESENT, new bytes32[](0));
        (bytes memory runtime, Certificate memory certificate) = code.assemble(windows);
        (certificate.sites[0].guards[0], certificate.sites[0].guards[1]) =
        (certificate.sites[0].guards[1], certificate.sites[0].guards[0]);
        _refuse(runtime, certificate, IRestrictionVerifier.GuardMisplaced.selector);
    }

    function test_refuses_a_guard_behind_a_terminator() external {
        (bytes memory runtime, Certificate memory certificate) =
            _single(38, 5, PatchBuilder.CALLDATA_PRESENT, 43, new bytes32[](0));
        _refuse(runtime, certificate, IRestrictionVerifier.GuardMisplaced.selector);
    }

    // ---- sentences ----

    /// @dev Before the SUB, with `a` and `b` on the stack: refuses when b < a, and peeks past its own words.
    function test_accepts_a_sentence(uint256 a, uint256 b) external {
        (bytes memory runtime, Certificate memory certificate) = _sentence();
        _accept(runtime, certificate);
        (bool success, bytes memory data) = PATCHED.staticcall(abi.encode(a, b));
        vm.assertEq(success, b >= a);
        if (!success) vm.assertEq(data, abi.encodeWithSelector(SutureRestricted.selector));
        else vm.assertEq(data, abi.encode(_run(ORIGINAL, a, b)));
    }

    function test_accepts_sentences_and_whole_templates_side_by_side() external {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.Window(28, 10, new PatchBuilder.Guard[](8));
        _write(windows[0].guards, 0, 28);
        windows[0].guards[4] = PatchBuilder.Guard(28, PatchBuilder.CALLDATA_PRESENT, new bytes32[](0));
        windows[0].guards[5] = PatchBuilder.Guard(28, PatchBuilder.CALLER, new bytes32[](0));
        windows[0].guards[6] = PatchBuilder.Guard(28, PatchBuilder.REFUSE_IF, new bytes32[](0));
        windows[0].guards[7] = PatchBuilder.Guard(SUB_PC, PatchBuilder.SUB_CHECKED, new bytes32[](0));
        (bytes memory runtime, Certificate memory certificate) = code.assemble(windows);
        _accept(runtime, certificate);
    }

    function test_refuses_a_word_left_over() external {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.window(SUB_PC, 6, PatchBuilder.CALLER, SUB_PC, new bytes32[](0));
        (bytes memory runtime, Certificate memory certificate) = code.assemble(windows);
        _refuseWith(runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.GuardUnbalanced.selector, SUB_PC));
    }

    function test_refuses_a_word_left_over_before_the_next_instruction() external {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.Window(SUB_PC, 6, new PatchBuilder.Guard[](2));
        windows[0].guards[0] = PatchBuilder.Guard(SUB_PC, PatchBuilder.CALLER, new bytes32[](0));
        windows[0].guards[1] = PatchBuilder.Guard(SUB_PC + 1, PatchBuilder.CALLDATA_PRESENT, new bytes32[](0));
        (bytes memory runtime, Certificate memory certificate) = code.assemble(windows);
        certificate.sites[0].guards[1].template = PatchBuilder.REFUSE_IF;
        _refuseWith(runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.GuardUnbalanced.selector, SUB_PC));
    }

    function test_refuses_operands_that_are_not_there() external {
        (bytes memory runtime, Certificate memory certificate) = _sub();
        bytes memory reason = abi.encodeWithSelector(IRestrictionVerifier.GuardUnbalanced.selector, SUB_PC);
        certificate.sites[0].guards[0].template = PatchBuilder.REFUSE_IF;
        _refuseWith(runtime, certificate, reason);
        (runtime, certificate) = _sentence();
        certificate.sites[0].guards[1].template = PatchBuilder.LESS;
        certificate.sites[0].guards[1].args = new bytes32[](0);
        _refuseWith(runtime, certificate, reason);
    }

    /// @dev It would look at the sentence's words where it means the original's.
    function test_refuses_a_guard_by_itself_in_the_middle_of_a_sentence() external {
        (bytes memory runtime, Certificate memory certificate) = _sentence();
        certificate.sites[0].guards[1] = PlacedGuard(uint16(SUB_PC), PatchBuilder.SUB_CHECKED, new bytes32[](0));
        _refuseWith(runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.GuardUnbalanced.selector, SUB_PC));
    }

    function test_refuses_to_peek_deeper_than_dup16(uint256 depth) external {
        (bytes memory runtime, Certificate memory certificate) = _sentence();
        PlacedGuard memory second = certificate.sites[0].guards[1];
        second.args = _words(bytes32(bound(depth, 15, type(uint256).max)));
        bytes memory reason = abi.encodeWithSelector(IRestrictionVerifier.ArgumentsMismatch.selector, PatchBuilder.PEEK);
        _refuseWith(runtime, certificate, reason);
        // Fourteen words below the top and one of its own in between: DUP16, which is not what the code has.
        second.args = _words(bytes32(uint256(14)));
        _refuse(runtime, certificate, IRestrictionVerifier.CodeMismatch.selector);
    }

    // ---- refused: the own address ----

    function test_refuses_own_addresses_that_are_not_there(uint16 offset) external {
        vm.assume(offset != SELF_OFFSET);
        (bytes memory runtime, Certificate memory certificate) = _relocated();
        certificate.selfOffsets[0] = offset;
        _refuse(runtime, certificate, IRestrictionVerifier.SelfOffsetInvalid.selector);
    }

    function test_accepts_own_addresses_at_the_end_of_wider_operands() external {
        for (uint8 width = 20; width <= 32; ++width) {
            uint16 offset = _pushSelf(0x5f + width, width);
            (bytes memory runtime, Certificate memory certificate) = _relocatedAt(offset);
            _accept(runtime, certificate);
        }
    }

    /// @dev Else a certificate could put the patched code in the place of any address the original trusts.
    function test_refuses_to_replace_another_address_than_the_own() external {
        uint16 offset = _pushSelf(0x73, 20);
        bytes memory other = code;
        PatchBuilder.put(other, offset, address(0x0DD));
        code = other;
        vm.etch(ORIGINAL, code);
        (bytes memory runtime, Certificate memory certificate) = _relocatedAt(offset);
        _refuseWith(
            runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.SelfOffsetInvalid.selector, offset)
        );
    }

    function test_refuses_own_addresses_that_no_instruction_pushes() external {
        // Behind INVALID: data. Behind PUSH19 or before the end of PUSH21: part of a number.
        bytes3 opcodes = hex"fe7274";
        for (uint256 i = 0; i < 3; ++i) {
            uint16 offset = _pushSelf(uint8(opcodes[i]), 20);
            (bytes memory runtime, Certificate memory certificate) = _relocatedAt(offset);
            _refuseWith(
                runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.SelfOffsetInvalid.selector, offset)
            );
        }
    }

    function test_refuses_an_own_address_behind_a_push_that_is_an_operand_itself() external {
        // PUSH2 0x..73, and then data that begins with the own address.
        code = bytes.concat(code, new bytes(40), hex"610073");
        uint16 offset = uint16(code.length);
        code = bytes.concat(code, abi.encodePacked(ORIGINAL, new bytes(8)));
        vm.etch(ORIGINAL, code);
        (bytes memory runtime, Certificate memory certificate) = _relocatedAt(offset);
        _refuseWith(
            runtime, certificate, abi.encodeWithSelector(IRestrictionVerifier.SelfOffsetInvalid.selector, offset)
        );
    }

    function test_refuses_the_same_own_address_twice() external {
        (bytes memory runtime, Certificate memory certificate) = _relocated();
        certificate.selfOffsets = new uint16[](2);
        certificate.selfOffsets[0] = uint16(SELF_OFFSET);
        certificate.selfOffsets[1] = uint16(SELF_OFFSET);
        _refuse(runtime, certificate, IRestrictionVerifier.SelfOffsetInvalid.selector);
    }

    function test_refuses_an_own_address_in_a_window() external {
        (bytes memory runtime, Certificate memory certificate) =
            _single(6, 22, PatchBuilder.CALLDATA_PRESENT, 6, new bytes32[](0));
        _accept(runtime, certificate);
        certificate.selfOffsets = new uint16[](1);
        certificate.selfOffsets[0] = uint16(SELF_OFFSET);
        _refuse(runtime, certificate, IRestrictionVerifier.SelfOffsetInvalid.selector);
    }

    // ---- inside ----

    function _sub() private view returns (bytes memory, Certificate memory) {
        return _single(SUB_PC, 6, PatchBuilder.SUB_CHECKED, SUB_PC, new bytes32[](0));
    }

    function _single(uint256 pc, uint256 length, bytes32 template, uint256 at, bytes32[] memory args)
        private
        view
        returns (bytes memory, Certificate memory)
    {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.window(pc, length, template, at, args);
        return code.assemble(windows);
    }

    function _sentence() private view returns (bytes memory, Certificate memory) {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.Window(SUB_PC, 6, new PatchBuilder.Guard[](4));
        _write(windows[0].guards, 0, SUB_PC);
        return code.assemble(windows);
    }

    /// @dev Refuses when the second word of the stack is less than the first.
    function _write(PatchBuilder.Guard[] memory guards, uint256 from, uint256 pc) private pure {
        bytes32[4] memory templates = [PatchBuilder.PEEK, PatchBuilder.PEEK, PatchBuilder.LESS, PatchBuilder.REFUSE_IF];
        for (uint256 i = 0; i < 4; ++i) {
            bytes32[] memory args = i < 2 ? _words(bytes32(1 - i)) : new bytes32[](0);
            guards[from + i] = PatchBuilder.Guard(pc, templates[i], args);
        }
    }

    function _two() private view returns (bytes memory, Certificate memory) {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](2);
        windows[0] = PatchBuilder.window(28, 6, PatchBuilder.CALLDATA_PRESENT, 30, new bytes32[](0));
        windows[1] = PatchBuilder.window(SUB_PC, 6, PatchBuilder.SUB_CHECKED, SUB_PC, new bytes32[](0));
        return code.assemble(windows);
    }

    function _relocated() private view returns (bytes memory runtime, Certificate memory certificate) {
        (runtime, certificate) = _sub();
        PatchBuilder.put(runtime, SELF_OFFSET, PATCHED);
        certificate.selfOffsets = new uint16[](1);
        certificate.selfOffsets[0] = uint16(SELF_OFFSET);
    }

    /// @dev Puts `opcode` and an operand of `width` bytes that ends in the own address behind the code, past its open PUSH.
    function _pushSelf(uint8 opcode, uint8 width) private returns (uint16 offset) {
        bytes memory padding = new bytes(40 + width - 20);
        padding[39] = bytes1(opcode);
        code = bytes.concat(PatchBuilder.cut(code, 0, 47), padding, abi.encodePacked(ORIGINAL, new bytes(8)));
        vm.etch(ORIGINAL, code);
        return uint16(47 + padding.length);
    }

    function _relocatedAt(uint16 offset) private view returns (bytes memory runtime, Certificate memory certificate) {
        (runtime, certificate) = _sub();
        PatchBuilder.put(runtime, offset, PATCHED);
        certificate.selfOffsets = new uint16[](1);
        certificate.selfOffsets[0] = offset;
    }

    /// @dev A site map that says of the code what is not so.
    function _forge(Certificate memory certificate, Run memory run) private {
        certificate.sites[0].run = run;
        root = PatchBuilder.leaf(run);
    }

    function _refuseWith(bytes memory runtime, Certificate memory certificate, bytes memory reason) private {
        vm.etch(PATCHED, runtime);
        vm.expectRevert(reason);
        verifier.verify(ORIGINAL, PATCHED, certificate, root);
    }

    function _accept(bytes memory runtime, Certificate memory certificate) private {
        vm.etch(PATCHED, runtime);
        verifier.verify(ORIGINAL, PATCHED, certificate, root);
    }

    function _refuse(bytes memory runtime, Certificate memory certificate, bytes4 selector) private {
        vm.etch(PATCHED, runtime);
        try verifier.verify(ORIGINAL, PATCHED, certificate, root) {
            vm.assertTrue(false);
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(selector));
        }
    }

    function _run(address at, uint256 a, uint256 b) private returns (uint256) {
        (bool success, bytes memory data) = at.call(abi.encode(a, b));
        vm.assertTrue(success);
        return abi.decode(data, (uint256));
    }

    function _words(bytes32 word) private pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = word;
    }
}
