// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Hole, HoleKind, IRestrictionVerifier} from "../interfaces/IRestrictionVerifier.sol";
import {Instructions} from "./Instructions.sol";

/// @title What can be checked about a template without knowing what it is for
library TemplateCode {
    uint8 private constant SSTORE = 0x55;
    uint8 private constant TSTORE = 0x5d;
    uint8 private constant JUMP = 0x56;
    uint8 private constant JUMPI = 0x57;
    uint8 private constant JUMPDEST = 0x5b;
    uint8 private constant PUSH1 = 0x60;
    uint8 private constant PUSH32 = 0x7f;
    uint8 private constant DUP1 = 0x80;

    /// @dev STOP; CODESIZE, PC; LOG0 to LOG4; CREATE, CALL, CALLCODE, RETURN, DELEGATECALL, CREATE2; SELFDESTRUCT.
    uint256 private constant FORBIDDEN =
        (1 << 0x00) | (1 << 0x38) | (1 << 0x58) | (0x1f << 0xa0) | (0x3f << 0xf0) | (1 << 0xff);

    /// @notice Whether the code has an SSTORE or a TSTORE.
    function writes(bytes memory code) internal pure returns (bool) {
        for (uint256 pc = 0; pc < code.length; pc += Instructions.size(uint8(code[pc]))) {
            if (uint8(code[pc]) == SSTORE || uint8(code[pc]) == TSTORE) return true;
        }
        return false;
    }

    /// @notice Reverts unless the code ends behind a whole instruction, has no forbidden opcode, jumps only to the tail or to its own
    /// JUMPDESTs, and every hole lies in the operand of a PUSH, or is a DUP1 at the beginning.
    /// @return arity how many arguments the holes take.
    function check(bytes memory code, Hole[] memory holes) internal pure returns (uint256 arity) {
        bool[] memory isJumpDestination = new bool[](code.length);
        uint256 hole = 0;
        bool afterTarget = false;
        uint256 pc = 0;
        while (pc < code.length) {
            uint8 opcode = uint8(code[pc]);
            if ((FORBIDDEN >> opcode) & 1 == 1) revert IRestrictionVerifier.TemplateInvalid(pc);
            if ((opcode == JUMP || opcode == JUMPI) && !afterTarget) revert IRestrictionVerifier.TemplateInvalid(pc);
            isJumpDestination[pc] = opcode == JUMPDEST;

            uint256 next = pc + 1 + (opcode >= PUSH1 && opcode <= PUSH32 ? opcode - PUSH1 + 1 : 0);
            afterTarget = false;
            for (; hole < holes.length && holes[hole].offset < next; ++hole) {
                uint256 previousEnd = hole == 0 ? 0 : holes[hole - 1].offset + holes[hole - 1].width;
                if (holes[hole].kind == HoleKind.Peek) _checkPeek(holes[hole], opcode, previousEnd);
                else _checkHole(holes[hole], pc, next, previousEnd);
                afterTarget = holes[hole].kind == HoleKind.Tail || holes[hole].kind == HoleKind.Relative;
            }
            pc = next;
        }
        if (pc != code.length || code.length == 0) revert IRestrictionVerifier.TemplateInvalid(pc);
        return _checkValues(holes, hole, isJumpDestination);
    }

    /// @dev How far it reaches is counted from where the instance begins, so nothing may stand before it.
    function _checkPeek(Hole memory hole, uint8 opcode, uint256 previousEnd) private pure {
        bool first = hole.offset == 0 && previousEnd == 0;
        if (!first || hole.width != 1 || opcode != DUP1) revert IRestrictionVerifier.TemplateInvalid(hole.offset);
    }

    /// @dev `[pc, next)` is the instruction the hole begins in.
    function _checkHole(Hole memory hole, uint256 pc, uint256 next, uint256 previousEnd) private pure {
        bool inside =
            hole.offset > pc && hole.offset >= previousEnd && hole.width > 0 && hole.offset + hole.width <= next;
        bool wholePush2 = next == pc + 3 && hole.width == 2;
        if (!inside || (hole.kind != HoleKind.Argument && !wholePush2)) {
            revert IRestrictionVerifier.TemplateInvalid(hole.offset);
        }
    }

    function _checkValues(Hole[] memory holes, uint256 seen, bool[] memory isJumpDestination)
        private
        pure
        returns (uint256 arity)
    {
        for (uint256 i = 0; i < holes.length; ++i) {
            uint256 value = holes[i].value;
            bool known =
                holes[i].kind != HoleKind.Relative || (value < isJumpDestination.length && isJumpDestination[value]);
            if (i >= seen || !known) revert IRestrictionVerifier.TemplateInvalid(holes[i].offset);
            bool argument = holes[i].kind == HoleKind.Argument || holes[i].kind == HoleKind.Peek;
            if (argument && value >= arity) arity = value + 1;
        }
    }
}
