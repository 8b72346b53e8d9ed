// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {
    Certificate,
    Hole,
    HoleKind,
    IRestrictionVerifier,
    PlacedGuard,
    Run,
    Site,
    TemplateDefinition
} from "./interfaces/IRestrictionVerifier.sol";
import {Instructions} from "./libraries/Instructions.sol";
import {TemplateCode} from "./libraries/TemplateCode.sol";

/// @title RestrictionVerifier
/// @dev Derives the patched code from the original and the certificate, and compares hashes: what is not derived cannot be there.
/// The owner is the DAO or its timelock. At worst it registers a template that adds behaviour; nobody else can do anything here.
contract RestrictionVerifier is IRestrictionVerifier, Ownable2Step {
    using Bytes for bytes;

    struct Template {
        bool registered;
        bool allowed;
        bool writes;
        uint16 arity;
        uint8 takes;
        uint8 gives;
        bytes code;
        Hole[] holes;
    }

    /// @dev The derivation: written up to `cursor` behind the original's end, all over within it. `free` is where the last window ends,
    /// `height` how many words the guard under way has on its own stack, `mayWrite` whether the original was found to have no guards.
    struct Derivation {
        bytes original;
        bytes derived;
        uint256 cursor;
        uint256 free;
        uint256 height;
        bool mayWrite;
    }

    uint256 private constant MAX_CODE_SIZE = 24_576;
    uint256 private constant MIN_WINDOW = 5;
    uint256 private constant PADDING = 33;
    uint256 private constant ADDRESS_SIZE = 20;
    uint8 private constant PUSH20 = 0x73;
    uint8 private constant PUSH32 = 0x7f;
    uint256 private constant DUP1 = 0x80;
    uint256 private constant DUPS = 16;

    /// @dev Control never goes on behind them: STOP, JUMP, RETURN, REVERT, INVALID, SELFDESTRUCT.
    uint256 private constant TERMINATORS = (1 << 0x00) | (1 << 0x56) | (1 << 0xf3) | (7 << 0xfd);
    /// @dev They do something else in another place: CODESIZE, PC, JUMPDEST.
    uint256 private constant IMMOVABLE = (1 << 0x38) | (1 << 0x58) | (1 << 0x5b);

    /// @dev JUMPDEST PUSH4 SutureRestricted() PUSH1 0 MSTORE PUSH1 4 PUSH1 28 REVERT, 14 bytes, behind 33 x INVALID.
    bytes private constant TRAILER = abi.encodePacked(
        hex"fefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefe",
        hex"5b63",
        bytes4(keccak256("SutureRestricted()")),
        hex"6000526004601cfd"
    );

    mapping(bytes32 id => Template) private _templates;

    /// @param owner_ the DAO or its timelock.
    /// @param templates allowed from the beginning, so that a new verifier is ready and its address says which they are.
    constructor(address owner_, TemplateDefinition[] memory templates) Ownable(owner_) {
        for (uint256 i = 0; i < templates.length; ++i) {
            _register(templates[i]);
        }
    }

    // ---- templates ----

    /// @inheritdoc IRestrictionVerifier
    function registerTemplate(TemplateDefinition calldata definition) external onlyOwner returns (bytes32) {
        return _register(definition);
    }

    /// @inheritdoc IRestrictionVerifier
    function setTemplateAllowed(bytes32 id, bool allowed) external onlyOwner {
        if (!_templates[id].registered) revert TemplateNotAllowed(id);
        _templates[id].allowed = allowed;
        emit TemplateAllowed(id, allowed);
    }

    /// @inheritdoc IRestrictionVerifier
    function template(bytes32 id) external view returns (bool, bytes memory, Hole[] memory, uint8, uint8) {
        Template storage t = _templates[id];
        return (t.allowed, t.code, t.holes, t.takes, t.gives);
    }

    function _register(TemplateDefinition memory definition) private returns (bytes32 id) {
        id = keccak256(bytes(definition.name));
        Template storage t = _templates[id];
        if (t.registered) revert TemplateExists(id);
        t.registered = true;
        t.allowed = true;
        t.arity = uint16(TemplateCode.check(definition.code, definition.holes));
        t.writes = TemplateCode.writes(definition.code);
        t.takes = definition.takes;
        t.gives = definition.gives;
        t.code = definition.code;
        for (uint256 i = 0; i < definition.holes.length; ++i) {
            t.holes.push(definition.holes[i]);
        }
        emit TemplateRegistered(id, definition);
    }

    // ---- the check ----

    /// @inheritdoc IRestrictionVerifier
    function verify(address original, address patched, Certificate calldata certificate, bytes32 siteMapRoot)
        external
        view
    {
        if (certificate.sites.length == 0) revert NoSites();
        Derivation memory d = _begin(original, patched);
        _relocateSelf(d, original, patched, certificate);

        for (uint256 i = 0; i < certificate.sites.length; ++i) {
            Site calldata site = certificate.sites[i];
            _checkSite(d, site, siteMapRoot);
            _writeSite(d, site);
            d.free = uint256(site.pc) + site.length;
        }

        bytes32 expected = keccak256(d.derived);
        if (d.cursor != d.derived.length || expected != patched.codehash) {
            revert CodeMismatch(expected, patched.codehash);
        }
    }

    /// @dev The original, the trailer, and as much room as the patched code has behind them.
    function _begin(address original, address patched) private view returns (Derivation memory d) {
        uint256 size = patched.code.length;
        d.original = original.code;
        d.cursor = d.original.length + TRAILER.length;
        if (d.original.length == 0 || d.original.length > MAX_CODE_SIZE) {
            revert CodeSizeOutOfBounds(original, d.original.length);
        }
        if (size < d.cursor || size > MAX_CODE_SIZE) revert CodeSizeOutOfBounds(patched, size);
        d.derived = bytes.concat(d.original, TRAILER, new bytes(size - d.cursor));
    }

    /// @dev Windows are read from the original, so an offset in one would be lost: it is refused.
    function _relocateSelf(Derivation memory d, address original, address patched, Certificate calldata certificate)
        private
        pure
    {
        uint256 free = 0;
        uint256 s = 0;
        for (uint256 i = 0; i < certificate.selfOffsets.length; ++i) {
            uint256 offset = certificate.selfOffsets[i];
            uint256 end = offset + ADDRESS_SIZE;
            while (
                s < certificate.sites.length && certificate.sites[s].pc + uint256(certificate.sites[s].length) <= offset
            ) {
                ++s;
            }
            bool inWindow = s < certificate.sites.length && certificate.sites[s].pc < end;
            bool isSelf = end <= d.original.length && bytes20(d.original.slice(offset, end)) == bytes20(original);
            if (offset < free || inWindow || !isSelf || !_isPushed(d.original, offset, free)) {
                revert SelfOffsetInvalid(offset);
            }
            d.derived.replace(offset, abi.encodePacked(patched));
            free = end;
        }
    }

    /// @dev Whether the 20 bytes at `offset` are the low end of what a PUSH20 to PUSH32 pushes. An instruction starts at `known`.
    function _isPushed(bytes memory code, uint256 offset, uint256 known) private pure returns (bool) {
        uint8 opcode = PUSH20;
        for (uint256 pc = offset; pc > known && opcode <= PUSH32; ++opcode) {
            --pc;
            if (uint8(code[pc]) == opcode && Instructions.startsAt(code, pc, known)) return true;
        }
        return false;
    }

    function _checkSite(Derivation memory d, Site calldata site, bytes32 siteMapRoot) private pure {
        Run calldata run = site.run;
        uint256 end = uint256(site.pc) + site.length;
        if (site.pc < d.free) revert WindowsOverlap(site.pc);
        if (site.guards.length == 0) revert NoGuards(site.pc);
        if (site.length < MIN_WINDOW || site.pc < run.start || end > run.end || end > d.original.length) {
            revert WindowOutOfBounds(site.pc, site.length);
        }
        bytes32 leaf =
            keccak256(bytes.concat(keccak256(abi.encode(uint256(run.start), uint256(run.end), run.boundaries))));
        bool whole = run.boundaries.length == (uint256(run.end) - run.start + 7) / 8;
        if (!whole || !MerkleProof.verifyCalldata(run.proof, siteMapRoot, leaf)) {
            revert NotInSiteMap(run.start, run.end);
        }
        if (site.trampoline != d.cursor) revert TrampolineMisplaced(site.pc, d.cursor);
    }

    // ---- writing ----

    function _writeSite(Derivation memory d, Site calldata site) private view {
        uint256 end = uint256(site.pc) + site.length;
        bool returns_ = _walk(d, site, end);
        _writeWindow(d, site, end, returns_);

        _append(d, hex"5b");
        uint256 copied = site.pc;
        for (uint256 i = 0; i < site.guards.length; ++i) {
            PlacedGuard calldata guard = site.guards[i];
            _checkPlace(guard, site.run, copied, end, returns_);
            if (guard.pc != copied && d.height != 0) revert GuardUnbalanced(copied);
            _append(d, d.original.slice(copied, guard.pc));
            copied = guard.pc;
            _append(d, _render(guard, d));
        }
        if (d.height != 0) revert GuardUnbalanced(copied);
        _append(d, d.original.slice(copied, end));
        if (returns_) _append(d, abi.encodePacked(hex"61", uint16(end - 1), hex"56"));
    }

    function _writeWindow(Derivation memory d, Site calldata site, uint256 end, bool returns_) private pure {
        d.derived.replace(site.pc, abi.encodePacked(hex"61", site.trampoline, hex"56"));
        for (uint256 pc = uint256(site.pc) + 4; pc < end; ++pc) {
            d.derived[pc] = 0xfe;
        }
        if (returns_) d.derived[end - 1] = 0x5b;
    }

    /// @dev `copied` is where the guard before it stands. Behind a terminator a guard would never run, so none may be there.
    function _checkPlace(PlacedGuard calldata guard, Run calldata run, uint256 copied, uint256 end, bool returns_)
        private
        pure
    {
        bool atEnd = guard.pc == end;
        if (guard.pc < copied || guard.pc > end || (atEnd && !returns_)) revert GuardMisplaced(guard.pc);
        if (!atEnd && !_isInstruction(run, guard.pc)) revert NotAnInstruction(guard.pc);
    }

    /// @dev The template's code with its holes filled for an instance that begins at the cursor.
    function _render(PlacedGuard calldata guard, Derivation memory d) private view returns (bytes memory code) {
        Template storage t = _templates[guard.template];
        if (!t.allowed) revert TemplateNotAllowed(guard.template);
        if (guard.args.length != t.arity) revert ArgumentsMismatch(guard.template);
        if (t.writes && !d.mayWrite) _requireUnguarded(d, guard.template);
        code = t.code;
        Hole[] memory holes = t.holes;
        for (uint256 i = 0; i < holes.length; ++i) {
            _fill(code, holes[i], guard, d);
        }
        _account(d, guard.pc, t.takes, t.gives);
    }

    /// @dev Patched code reads what guards write: another guard could give back its lock or overwrite its mark, and what it refuses would go
    /// through. Of the 33 bytes before its tail one is looked at.
    function _requireUnguarded(Derivation memory d, bytes32 id) private pure {
        bytes memory code = d.original;
        bytes32 trailer = keccak256(TRAILER);
        uint256 length = TRAILER.length;
        for (uint256 end = 0; end < code.length; end += PADDING) {
            while (end < code.length && code[end] == 0xfe) {
                ++end;
            }
            if (end < PADDING || code[end - 1] != 0xfe) continue;
            if (keccak256(code.slice(end - PADDING, end - PADDING + length)) == trailer) revert OriginalGuarded(id);
        }
        d.mayWrite = true;
    }

    function _fill(bytes memory code, Hole memory hole, PlacedGuard calldata guard, Derivation memory d) private pure {
        if (hole.kind == HoleKind.Argument) {
            bytes32 argument = guard.args[hole.value];
            if (hole.width < 32 && uint256(argument) >> (8 * hole.width) != 0) {
                revert ArgumentsMismatch(guard.template);
            }
            code.replace(hole.offset, abi.encodePacked(argument), 32 - hole.width, hole.width);
        } else if (hole.kind == HoleKind.Peek) {
            uint256 depth = uint256(guard.args[hole.value]);
            if (depth >= DUPS || d.height + depth >= DUPS) revert ArgumentsMismatch(guard.template);
            code[hole.offset] = bytes1(uint8(DUP1 + d.height + depth));
        } else {
            uint256 target = hole.kind == HoleKind.Tail ? d.original.length + PADDING : d.cursor + hole.value;
            code.replace(hole.offset, abi.encodePacked(uint16(target)));
        }
    }

    /// @dev The guard's own stack never holds fewer words than are taken; what neither takes nor gives would read it for the original's.
    function _account(Derivation memory d, uint256 pc, uint256 takes, uint256 gives) private pure {
        bool whole = takes + gives == 0;
        if (d.height < takes || (whole && d.height != 0)) revert GuardUnbalanced(pc);
        d.height = d.height - takes + gives;
    }

    /// @dev Writes behind the end are dropped; the cursor passes the end all the same, and that is refused.
    function _append(Derivation memory d, bytes memory code) private pure {
        d.derived.replace(d.cursor, code);
        d.cursor += code.length;
    }

    // ---- reading ----

    /// @dev The window's instructions, as the code itself has them. Of the site map nothing is believed here but that they are reached.
    /// @return goesOn whether control goes on behind the last of them.
    function _walk(Derivation memory d, Site calldata site, uint256 end) private pure returns (bool goesOn) {
        if (!Instructions.startsAt(d.original, site.pc, d.free)) revert NotAnInstruction(site.pc);
        goesOn = true;
        uint256 next = site.pc;
        for (uint256 pc = next; pc < end; ++pc) {
            if (_isInstruction(site.run, pc) != (pc == next)) revert NotAnInstruction(pc);
            if (pc != next) continue;
            uint8 opcode = uint8(d.original[pc]);
            if (!goesOn || (IMMOVABLE >> opcode) & 1 == 1) revert NotMovable(pc);
            goesOn = (TERMINATORS >> opcode) & 1 == 0;
            next = pc + Instructions.size(opcode);
        }
        if (next != end) revert NotAnInstruction(end);
    }

    function _isInstruction(Run calldata run, uint256 pc) private pure returns (bool) {
        uint256 i = pc - run.start;
        return uint8(run.boundaries[i >> 3]) & (0x80 >> (i & 7)) != 0;
    }
}
