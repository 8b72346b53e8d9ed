// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {
    Certificate,
    Hole,
    HoleKind,
    IRestrictionVerifier,
    PlacedGuard,
    Run,
    Site,
    TemplateDefinition
} from "../src/interfaces/IRestrictionVerifier.sol";

/// @dev Builds patches for tests, the straightforward way: it concatenates, where the verifier overwrites. Every block of a linear sweep
/// counts as a run, so it is for code without data only.
library PatchBuilder {
    bytes32 internal constant SUB_CHECKED = keccak256("sub-checked@1");
    bytes32 internal constant CALLER_IS = keccak256("caller-is@1");
    bytes32 internal constant CALLDATA_PRESENT = keccak256("calldata-present@1");
    bytes32 internal constant REFUSE = keccak256("refuse@1");
    bytes32 internal constant CALLER = keccak256("caller@1");
    bytes32 internal constant PEEK = keccak256("peek@1");
    bytes32 internal constant LESS = keccak256("less@1");
    bytes32 internal constant REFUSE_IF = keccak256("refuse-if@1");

    bytes internal constant TAIL =
        abi.encodePacked(hex"5b63", bytes4(keccak256("SutureRestricted()")), hex"6000526004601cfd");

    struct Guard {
        uint256 pc;
        bytes32 template;
        bytes32[] args;
    }

    struct Window {
        uint256 pc;
        uint256 length;
        Guard[] guards;
    }

    function registerTemplates(IRestrictionVerifier verifier) internal {
        Hole[] memory one = new Hole[](1);
        one[0] = Hole(4, HoleKind.Tail, 2, 0);
        verifier.registerTemplate(TemplateDefinition("sub-checked@1", hex"80821161000057", one, 0, 0));
        one[0].offset = 1;
        verifier.registerTemplate(TemplateDefinition("refuse@1", hex"61000056", one, 0, 0));

        Hole[] memory two = new Hole[](2);
        two[0] = Hole(2, HoleKind.Argument, 20, 0);
        two[1] = Hole(24, HoleKind.Tail, 2, 0);
        verifier.registerTemplate(
            TemplateDefinition("caller-is@1", abi.encodePacked(hex"3373", bytes20(0), hex"1861000057"), two, 0, 0)
        );

        two[0] = Hole(2, HoleKind.Relative, 2, 9);
        two[1] = Hole(6, HoleKind.Tail, 2, 0);
        verifier.registerTemplate(TemplateDefinition("calldata-present@1", hex"366100005761000056" hex"5b", two, 0, 0));

        one[0] = Hole(1, HoleKind.Tail, 2, 0);
        verifier.registerTemplate(TemplateDefinition("refuse-if@1", hex"61000057", one, 1, 0));
        one[0] = Hole(0, HoleKind.Peek, 1, 0);
        verifier.registerTemplate(TemplateDefinition("peek@1", hex"80", one, 0, 1));
        verifier.registerTemplate(TemplateDefinition("caller@1", hex"33", new Hole[](0), 0, 1));
        verifier.registerTemplate(TemplateDefinition("less@1", hex"11", new Hole[](0), 2, 1));
    }

    /// @dev Words on the guard's own stack behind an instance.
    function heightAfter(bytes32 template, uint256 height) internal pure returns (uint256) {
        if (template == CALLER || template == PEEK) return height + 1;
        return template == LESS || template == REFUSE_IF ? height - 1 : height;
    }

    function render(bytes32 template, bytes32[] memory args, uint16 tail, uint16 self, uint256 height)
        internal
        pure
        returns (bytes memory)
    {
        if (template == SUB_CHECKED) return abi.encodePacked(hex"80821161", tail, hex"57");
        if (template == CALLER_IS) {
            return abi.encodePacked(hex"3373", address(uint160(uint256(args[0]))), hex"1861", tail, hex"57");
        }
        if (template == REFUSE) return abi.encodePacked(hex"61", tail, hex"56");
        if (template == REFUSE_IF) return abi.encodePacked(hex"61", tail, hex"57");
        if (template == PEEK) return abi.encodePacked(uint8(0x80 + height + uint256(args[0])));
        if (template == CALLER) return hex"33";
        if (template == LESS) return hex"11";
        return abi.encodePacked(hex"3661", self + 9, hex"5761", tail, hex"565b");
    }

    // ---- runs ----

    function runAt(bytes memory code, uint256 pc) internal pure returns (Run memory run) {
        uint256 start = 0;
        uint256 at = 0;
        while (at <= pc) {
            uint8 opcode = uint8(code[at]);
            if (opcode == 0x5b || opcode == 0x57) start = at + 1;
            else if (isTerminator(opcode) && at < pc) start = at + 1;
            at += size(opcode);
        }
        uint256 end = start;
        while (end < code.length && uint8(code[end]) != 0x5b && uint8(code[end]) != 0x57) {
            uint8 opcode = uint8(code[end]);
            end += size(opcode);
            if (isTerminator(opcode)) break;
        }
        run = Run(uint16(start), uint16(end), bitmap(code, start, end), new bytes32[](0));
    }

    function bitmap(bytes memory code, uint256 start, uint256 end) internal pure returns (bytes memory bits) {
        bits = new bytes((end - start + 7) / 8);
        for (uint256 at = start; at < end; at += size(uint8(code[at]))) {
            uint256 i = at - start;
            bits[i / 8] = bytes1(uint8(bits[i / 8]) | uint8(128 >> (i % 8)));
        }
    }

    function leaf(Run memory run) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(uint256(run.start), uint256(run.end), run.boundaries))));
    }

    function size(uint8 opcode) internal pure returns (uint256) {
        return opcode >= 0x60 && opcode <= 0x7f ? opcode - 0x5e : 1;
    }

    function isTerminator(uint8 opcode) internal pure returns (bool) {
        return opcode == 0x00 || opcode == 0x56 || opcode == 0xf3 || opcode >= 0xfd;
    }

    // ---- assembling ----

    function window(uint256 pc, uint256 length, bytes32 template, uint256 at, bytes32[] memory args)
        internal
        pure
        returns (Window memory)
    {
        Guard[] memory guards = new Guard[](1);
        guards[0] = Guard(at, template, args);
        return Window(pc, length, guards);
    }

    /// @dev The smallest window of the run that contains the instruction at `pc`, growing to its end first. Length 0 when there is none.
    function windowAround(bytes memory code, uint256 pc) internal pure returns (uint256 from, uint256 length) {
        Run memory run = runAt(code, pc);
        uint256 to = pc + size(uint8(code[pc]));
        while (to < run.end && to - pc < 5) {
            to += size(uint8(code[to]));
        }
        from = pc;
        while (from > run.start && to - from < 5) {
            uint256 at = run.start;
            while (at + size(uint8(code[at])) < from) {
                at += size(uint8(code[at]));
            }
            from = at;
        }
        length = to <= run.end && to - from >= 5 ? to - from : 0;
    }

    function assemble(bytes memory code, Window[] memory windows)
        internal
        pure
        returns (bytes memory runtime, Certificate memory certificate)
    {
        bytes memory front;
        bytes memory back = bytes.concat(filler(33), TAIL);
        certificate.sites = new Site[](windows.length);
        certificate.selfOffsets = new uint16[](0);
        uint256 copied = 0;
        for (uint256 i = 0; i < windows.length; ++i) {
            uint16 trampoline = uint16(code.length + back.length);
            front = bytes.concat(front, cut(code, copied, windows[i].pc), overwritten(code, windows[i], trampoline));
            copied = windows[i].pc + windows[i].length;
            back = bytes.concat(back, trampolineOf(code, windows[i], trampoline));
            certificate.sites[i] = siteOf(code, windows[i], trampoline);
        }
        runtime = bytes.concat(front, cut(code, copied, code.length), back);
    }

    function overwritten(bytes memory code, Window memory w, uint16 trampoline) internal pure returns (bytes memory) {
        bytes memory jump = abi.encodePacked(hex"61", trampoline, hex"56");
        if (terminates(code, w)) return bytes.concat(jump, filler(w.length - 4));
        return bytes.concat(jump, filler(w.length - 5), hex"5b");
    }

    function trampolineOf(bytes memory code, Window memory w, uint16 trampoline)
        internal
        pure
        returns (bytes memory out)
    {
        out = hex"5b";
        uint256 g = 0;
        uint256 end = w.pc + w.length;
        for (uint256 at = w.pc; at <= end; at += at < end ? size(uint8(code[at])) : 1) {
            uint256 height = 0;
            for (; g < w.guards.length && w.guards[g].pc == at; ++g) {
                uint16 self = uint16(trampoline + out.length);
                Guard memory guard = w.guards[g];
                out = bytes.concat(out, render(guard.template, guard.args, uint16(code.length + 33), self, height));
                height = heightAfter(guard.template, height);
            }
            if (at < end) out = bytes.concat(out, cut(code, at, at + size(uint8(code[at]))));
        }
        if (!terminates(code, w)) out = bytes.concat(out, abi.encodePacked(hex"61", uint16(end - 1), hex"56"));
    }

    function siteOf(bytes memory code, Window memory w, uint16 trampoline) internal pure returns (Site memory) {
        PlacedGuard[] memory guards = new PlacedGuard[](w.guards.length);
        for (uint256 i = 0; i < guards.length; ++i) {
            guards[i] = PlacedGuard(uint16(w.guards[i].pc), w.guards[i].template, w.guards[i].args);
        }
        return Site(uint16(w.pc), uint16(w.length), trampoline, runAt(code, w.pc), guards);
    }

    function terminates(bytes memory code, Window memory w) internal pure returns (bool last) {
        for (uint256 at = w.pc; at < w.pc + w.length; at += size(uint8(code[at]))) {
            last = isTerminator(uint8(code[at]));
        }
    }

    function cut(bytes memory data, uint256 from, uint256 to) internal pure returns (bytes memory out) {
        out = new bytes(to - from);
        for (uint256 i = 0; i < out.length; ++i) {
            out[i] = data[from + i];
        }
    }

    function filler(uint256 length) internal pure returns (bytes memory out) {
        out = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            out[i] = 0xfe;
        }
    }

    function put(bytes memory data, uint256 at, address value) internal pure {
        for (uint256 i = 0; i < 20; ++i) {
            data[at + i] = bytes20(value)[i];
        }
    }
}
