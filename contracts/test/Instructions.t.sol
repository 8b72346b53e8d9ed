// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Instructions} from "../src/libraries/Instructions.sol";
import {Base} from "./Base.sol";
import {UupsVault} from "./mocks/Originals.sol";

/// @dev Against the sweep itself.
contract InstructionsTest is Base {
    function test_agrees_with_the_sweep_on_any_code(bytes calldata code, uint256 known) external pure {
        _compare(code, known);
    }

    function test_agrees_with_the_sweep_on_code_full_of_pushes(bytes memory code, uint256 known) external pure {
        for (uint256 i = 0; i < code.length; ++i) {
            code[i] = bytes1(uint8(code[i]) % 2 == 0 ? uint8(code[i]) % 0x20 + 0x60 : uint8(code[i]));
        }
        _compare(code, known);
    }

    function test_agrees_with_the_sweep_on_real_code() external {
        _compare(address(new UupsVault()).code, 0);
    }

    function test_an_operand_that_looks_like_code_is_none() external pure {
        // PUSH32 over a PUSH1 and a JUMPDEST: only from inside does a sweep come by them.
        bytes memory code = bytes.concat(hex"7f", new bytes(10), hex"60015b", new bytes(19), hex"5b");
        vm.assertFalse(Instructions.startsAt(code, 13, 0));
        vm.assertTrue(Instructions.startsAt(code, 33, 0));
    }

    function test_finds_an_instruction_far_from_the_start_without_reading_it_all() external {
        bytes memory code = bytes.concat(new bytes(20_000), address(new UupsVault()).code);
        uint256 before = gasleft();
        vm.assertTrue(Instructions.startsAt(code, 20_000, 0));
        vm.assertTrue(before - gasleft() < 15_000);
    }

    function _compare(bytes memory code, uint256 known) private pure {
        bool[] memory starts = new bool[](code.length + 34);
        for (uint256 pc = 0; pc <= code.length;) {
            starts[pc] = true;
            if (pc == code.length) break;
            pc += Instructions.size(uint8(code[pc]));
        }
        known = bound(known, 0, code.length);
        while (!starts[known]) --known;
        for (uint256 pc = known; pc <= code.length; ++pc) {
            vm.assertEq(Instructions.startsAt(code, pc, 0), starts[pc]);
            vm.assertEq(Instructions.startsAt(code, pc, known), starts[pc]);
        }
    }
}
