// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Hole, HoleKind} from "../src/interfaces/IRestrictionVerifier.sol";
import {RestrictionVerifier} from "../src/RestrictionVerifier.sol";
import {Base} from "./Base.sol";
import {TemplateTable} from "./TemplateTable.sol";

/// @dev Runs templates as they are registered, in a contract that afterwards tells what they computed and whether anything else changed.
abstract contract PieceBench is Base {
    address internal constant BENCH = address(0xBE4C4);
    address private constant ANSWERER = address(0xA45);
    uint256 internal constant SCRATCH_0 = uint256(keccak256("scratch 0"));
    uint256 internal constant SCRATCH_1 = uint256(keccak256("scratch 1"));
    /// @dev The original's stack: 0 is on top.
    uint256 internal constant MARKER_0 = uint256(keccak256("marker 0"));
    uint256 internal constant MARKER_1 = uint256(keccak256("marker 1"));
    /// @dev Bytes of memory behind the prologue of Solidity code.
    uint256 internal constant MEMORY = 0x60;

    error SutureRestricted();

    struct Piece {
        string name;
        uint256[] args;
    }

    RestrictionVerifier internal verifier;
    uint256[2] private operands = [MARKER_0, MARKER_1];
    uint256 private memorySize = MEMORY;
    uint256 private value;
    bytes private data;
    bool private answered;

    function setUp() external {
        verifier = new RestrictionVerifier(address(this), TemplateTable.all());
    }

    // ---- the scene ----

    function _operands(uint256 top, uint256 below) internal {
        operands = [top, below];
    }

    /// @dev 0, 32, 64 or MEMORY.
    function _memory(uint256 size) internal {
        memorySize = size;
    }

    function _pay(uint256 amount) internal {
        value = amount;
    }

    function _send(bytes memory data_) internal {
        data = data_;
    }

    function _data() internal view returns (bytes memory) {
        return data;
    }

    /// @dev The last call answered so before the pieces run.
    function _answer(bytes memory answer) internal {
        answered = true;
        uint16 size = uint16(answer.length);
        // PUSH2 size PUSH1 12 PUSH0 CODECOPY PUSH2 size PUSH0 RETURN
        vm.etch(ANSWERER, abi.encodePacked(hex"61", size, hex"600c5f39", hex"61", size, hex"5ff3", answer));
    }

    // ---- pieces ----

    function _piece(string memory name) internal pure returns (Piece memory) {
        return Piece(name, new uint256[](0));
    }

    function _piece(string memory name, uint256 a) internal pure returns (Piece memory piece) {
        piece = Piece(name, new uint256[](1));
        piece.args[0] = a;
    }

    function _piece(string memory name, uint256 a, uint256 b) internal pure returns (Piece memory piece) {
        piece = Piece(name, new uint256[](2));
        (piece.args[0], piece.args[1]) = (a, b);
    }

    // ---- runs ----

    /// @dev What the pieces leave, which must be one word.
    function _value(Piece[] memory pieces) internal returns (uint256) {
        vm.assertEq(_etch(pieces, ""), 1);
        return _run();
    }

    /// @dev The pieces leave nothing and go on.
    function _passes(Piece[] memory pieces) internal {
        vm.assertEq(_etch(pieces, hex"5f"), 0);
        _run();
    }

    function _refuses(Piece[] memory pieces) internal {
        _etch(pieces, hex"5f");
        (bool success, bytes memory answer) = BENCH.call(data);
        vm.assertFalse(success);
        vm.assertEq(answer, abi.encodeWithSelector(SutureRestricted.selector));
    }

    function _run() private returns (uint256 result) {
        (bool success, bytes memory answer) = BENCH.call{value: value}(data);
        vm.assertTrue(success);
        uint256[6] memory words = abi.decode(answer, (uint256[6]));
        vm.assertEq(words[1], memorySize);
        vm.assertEq(words[2], operands[0]);
        vm.assertEq(words[3], operands[1]);
        vm.assertEq(words[4], memorySize > 0 ? SCRATCH_0 : 0);
        vm.assertEq(words[5], memorySize > 32 ? SCRATCH_1 : 0);
        if (value > 0) vm.deal(address(this), value);
        return words[0];
    }

    /// @param result pushes a word where the pieces leave none.
    function _etch(Piece[] memory pieces, bytes memory result) private returns (uint256 height) {
        bytes memory before = _prologue();
        uint256 size = before.length;
        for (uint256 i = 0; i < pieces.length; ++i) {
            (bytes memory template,,,) = _templateOf(pieces[i]);
            size += template.length;
        }
        bytes memory behind = bytes.concat(result, _epilogue());
        uint16 tail = uint16(size + behind.length);
        bytes memory code = before;
        for (uint256 i = 0; i < pieces.length; ++i) {
            (bytes memory instance, uint256 left) = _render(pieces[i], uint16(code.length), tail, height);
            code = bytes.concat(code, instance);
            height = left;
        }
        bytes memory refusal = abi.encodePacked(hex"5b63", SutureRestricted.selector, hex"6000526004601cfd");
        vm.etch(BENCH, bytes.concat(code, behind, refusal));
    }

    function _prologue() private view returns (bytes memory code) {
        if (memorySize > 0) code = abi.encodePacked(hex"7f", SCRATCH_0, hex"5f52");
        if (memorySize > 32) code = abi.encodePacked(code, hex"7f", SCRATCH_1, hex"602052");
        if (memorySize > 64) code = abi.encodePacked(code, hex"6080604052");
        // STATICCALL without input or output, so memory stays.
        if (answered) code = abi.encodePacked(code, hex"5f5f5f5f73", ANSWERER, hex"5afa50");
        return abi.encodePacked(code, hex"7f", operands[1], hex"7f", operands[0]);
    }

    /// @dev Returns the result, MSIZE, the two words of the original's stack, and the first two words of memory.
    function _epilogue() private pure returns (bytes memory) {
        return hex"59610220526102005261024052610260525f51610280526020516102a05260c0610200f3";
    }

    function _render(Piece memory piece, uint16 at, uint16 tail, uint256 height)
        private
        view
        returns (bytes memory code, uint256 left)
    {
        Hole[] memory holes;
        uint8 takes;
        uint8 gives;
        (code, holes, takes, gives) = _templateOf(piece);
        for (uint256 i = 0; i < holes.length; ++i) {
            Hole memory hole = holes[i];
            uint256 filling = hole.kind == HoleKind.Tail ? tail : uint256(at) + hole.value;
            if (hole.kind == HoleKind.Argument) filling = piece.args[hole.value];
            if (hole.kind == HoleKind.Peek) filling = 0x80 + height + piece.args[hole.value];
            for (uint256 k = 0; k < hole.width; ++k) {
                code[hole.offset + k] = bytes1(uint8(filling >> (8 * (hole.width - 1 - k))));
            }
        }
        return (code, height + gives - takes);
    }

    function _templateOf(Piece memory piece) private view returns (bytes memory, Hole[] memory, uint8, uint8) {
        (bool allowed, bytes memory code, Hole[] memory holes, uint8 takes, uint8 gives) =
            verifier.template(keccak256(bytes(piece.name)));
        vm.assertTrue(allowed);
        return (code, holes, takes, gives);
    }
}
