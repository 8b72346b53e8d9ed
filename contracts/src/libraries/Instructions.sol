// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Where instructions start
/// @dev By the sweep from offset 0 that the EVM makes to find jump destinations.
library Instructions {
    uint8 private constant PUSH1 = 0x60;
    uint8 private constant PUSH32 = 0x7f;

    /// @dev One bit for each byte the longest instruction can have.
    uint256 private constant LONGEST = (1 << 33) - 1;

    /// @notice Bytes of an instruction, its operand included.
    function size(uint8 opcode) internal pure returns (uint256) {
        unchecked {
            return opcode >= PUSH1 && opcode <= PUSH32 ? uint256(opcode) - PUSH1 + 2 : 1;
        }
    }

    /// @notice Whether the sweep finds an instruction at `pc`, which is inside the code or its end.
    /// @dev Goes backwards, asking of every offset whether a sweep that passes there comes by `pc`. The sweep passes one of any 33 offsets
    /// in a row, and so does at `known`: when all of those come by, it does. Real code needs tens of bytes, not all of it.
    /// @param known an offset up to `pc` where an instruction starts for sure, for instance 0.
    function startsAt(bytes memory code, uint256 pc, uint256 known) internal pure returns (bool) {
        // Bit i: a sweep that passes `at + i` comes by `pc`. Beyond `pc` all bits are 0.
        uint256 comesBy = 1;
        for (uint256 at = pc; at > known;) {
            unchecked {
                --at;
                uint256 next = size(uint8(code[at]));
                comesBy = (comesBy << 1) | ((comesBy >> (next - 1)) & 1);
            }
            if (comesBy & LONGEST == LONGEST) return true;
        }
        return comesBy & 1 == 1;
    }
}
