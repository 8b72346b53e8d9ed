// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {TemplateDefinition} from "../src/interfaces/IRestrictionVerifier.sol";
import {RestrictionVerifier} from "../src/RestrictionVerifier.sol";
import {PieceBench} from "./PieceBench.sol";
import {TemplateTable} from "./TemplateTable.sol";

/// @dev Every piece against what it is said to compute, between two words of the original and over memory that must stay as it is.
contract PiecesTest is PieceBench {
    address private constant WHO = address(0xA11CE);
    bytes16 private constant MARKS = 0x7f3117adbc9557bc9e76ea92dcb95c5d;

    /// @dev A block has 30 million gas at least; EIP-3860 allows 49,152 bytes of creation code.
    function test_a_verifier_with_all_templates_can_be_deployed() external {
        TemplateDefinition[] memory templates = TemplateTable.all();
        bytes memory arguments = abi.encode(address(this), templates);
        vm.assertTrue(type(RestrictionVerifier).creationCode.length + arguments.length <= 49_152);
        uint256 before = gasleft();
        new RestrictionVerifier(address(this), templates);
        vm.assertTrue(before - gasleft() < 20_000_000);
    }

    // ---- sources ----

    function test_sources_of_call_and_block(uint64 value, uint64 time, uint64 number, uint64 price) external {
        vm.deal(address(this), value);
        vm.warp(time);
        vm.roll(number);
        vm.txGasPrice(price);
        _pay(value);
        vm.assertEq(_source("caller@1"), uint256(uint160(address(this))));
        vm.assertEq(_source("origin@1"), uint256(uint160(tx.origin)));
        vm.assertEq(_source("this@1"), uint256(uint160(BENCH)));
        vm.assertEq(_source("calldata-size@1"), _data().length);
        vm.assertEq(_source("timestamp@1"), time);
        vm.assertEq(_source("block-number@1"), number);
        vm.assertEq(_source("gas-price@1"), price);
        vm.assertEq(_source("value@1"), value);
    }

    function test_sources_of_constants_and_calldata(uint256 word, uint8 short, address who, uint256 a, uint256 b)
        external
    {
        _send(abi.encode(a, b));
        vm.assertEq(_source("word@1", word), word);
        vm.assertEq(_source("byte@1", short), short);
        vm.assertEq(_source("address@1", uint160(who)), uint160(who));
        vm.assertEq(_source("calldata@1", 0), a);
        vm.assertEq(_source("calldata@1", 32), b);
        vm.assertEq(_source("calldata@1", 16), (a << 128) | (b >> 128));
        vm.assertEq(_source("calldata@1", 0xffff), 0);
    }

    function test_sources_of_storage(bytes32 slot, uint8 short, uint256 value) external {
        vm.store(BENCH, slot, bytes32(value));
        vm.assertEq(_source("storage@1", uint256(slot)), value);
        vm.store(BENCH, bytes32(uint256(short)), bytes32(value));
        vm.assertEq(_source("short-storage@1", short), value);
        vm.assertEq(_source("transient@1", uint256(slot)), 0);
    }

    // ---- operators ----

    function test_operators_of_two(uint256 a, uint256 b) external {
        _compare(a, b);
        _compare(a, a);
        _compare(a, 0);
        _compare(a & 0xffff, b & 0xff);
    }

    function test_operators_of_one(uint256 a) external {
        vm.assertEq(_unary("not@1", a), ~a);
        vm.assertEq(_unary("is-zero@1", a), a == 0 ? 1 : 0);
        vm.assertEq(_unary("is-zero@1", 0), 1);
    }

    function test_operators_that_ask_about_an_account(uint96 balance, bytes calldata code) external {
        vm.assume(code.length > 0 && code.length < 20_000);
        vm.deal(WHO, balance);
        vm.etch(WHO, code);
        uint256 who = uint256(uint160(WHO));
        vm.assertEq(_unary("balance@1", who), balance);
        vm.assertEq(_unary("code-size@1", who), code.length);
        vm.assertEq(_unary("code-hash@1", who), uint256(keccak256(code)));
    }

    function test_load(uint256 slot, uint256 value) external {
        vm.store(BENCH, bytes32(slot), bytes32(value));
        vm.assertEq(_unary("load@1", slot), value);
    }

    function test_fields(uint256 word, uint8 shift, uint8 bits) external {
        Piece[] memory pieces = new Piece[](2);
        pieces[0] = _piece("word@1", word);
        pieces[1] = _piece("field@1", shift, bits);
        vm.assertEq(_value(pieces), (word >> shift) & ((1 << uint256(bits)) - 1));
        pieces[1] = _piece("shift-left@1", shift);
        vm.assertEq(_value(pieces), word << shift);
    }

    // ---- memory ----

    function test_entries_are_those_of_solidity(address key, uint256 base) external {
        Piece[] memory pieces = new Piece[](3);
        pieces[0] = _piece("address@1", uint160(key));
        pieces[1] = _piece("word@1", base);
        pieces[2] = _piece("entry@1");
        vm.assertEq(_value(pieces), uint256(keccak256(abi.encode(key, base))));
        vm.assertEq(_unary("element@1", base), uint256(keccak256(abi.encode(base))));
    }

    function test_memory(uint8 at) external {
        vm.assertEq(_unary("memory@1", 0), SCRATCH_0);
        vm.assertEq(_unary("memory@1", 32), SCRATCH_1);
        uint256 p = uint256(at) % 33;
        uint256 wanted = p == 0 ? SCRATCH_0 : (SCRATCH_0 << (8 * p)) | (SCRATCH_1 >> (8 * (32 - p)));
        vm.assertEq(_unary("memory@1", p), wanted);
    }

    function test_memory_that_is_not_there_is_refused(uint256 p) external {
        Piece[] memory pieces = new Piece[](2);
        pieces[1] = _piece("memory@1");
        pieces[0] = _piece("word@1", bound(p, MEMORY - 31, type(uint256).max));
        _refuses(pieces);
        pieces[0] = _piece("word@1", MEMORY - 31);
        _refuses(pieces);
        for (uint256 i = 1; i < 34; ++i) {
            pieces[0] = _piece("word@1", type(uint256).max - i + 1);
            _refuses(pieces);
        }
        pieces[0] = _piece("word@1", MEMORY - 32);
        vm.assertEq(_value(pieces), 0x80);
    }

    function test_pieces_that_need_memory_refuse_without(uint256 a) external {
        _memory(0);
        string[3] memory names = ["element@1", "memory@1", "recall@1"];
        for (uint256 i = 0; i < names.length; ++i) {
            Piece[] memory one = new Piece[](2);
            one[0] = _piece("word@1", a);
            one[1] = i == 2 ? _piece(names[i], 1) : _piece(names[i]);
            _refuses(one);
        }
        Piece[] memory two = new Piece[](3);
        two[0] = _piece("word@1", a);
        two[1] = two[0];
        two[2] = _piece("entry@1");
        _refuses(two);
        _memory(32);
        _refuses(two);
        vm.assertEq(_unary("element@1", a), uint256(keccak256(abi.encode(a))));
        _memory(64);
        vm.assertEq(_value(two), uint256(keccak256(abi.encode(a, a))));
    }

    function test_words_of_the_last_answer(uint256 a, uint256 b, uint16 offset) external {
        _answer(abi.encode(a, b));
        vm.assertEq(_source("returned@1", 0), a);
        vm.assertEq(_source("returned@1", 32), b);
        vm.assertEq(_source("returned@1", 8), (a << 64) | (b >> 192));
        Piece[] memory pieces = new Piece[](1);
        pieces[0] = _piece("returned@1", bound(offset, 33, type(uint16).max));
        _refuses(pieces);
        _answer("");
        pieces[0] = _piece("returned@1", 0);
        _refuses(pieces);
        _answer(abi.encode(a));
        vm.assertEq(_value(pieces), a);
        _memory(0);
        _refuses(pieces);
    }

    // ---- the original's stack ----

    function test_peeks_past_its_own_words(uint256 a, uint256 b) external {
        Piece[] memory pieces = new Piece[](3);
        pieces[0] = _piece("peek@1", 0);
        pieces[1] = _piece("peek@1", 1);
        pieces[2] = _piece("divide@1");
        _operands(a, b);
        vm.assertEq(_value(pieces), b == 0 ? 0 : a / b);
        pieces[0] = _piece("peek@1", 1);
        pieces[1] = _piece("peek@1", 0);
        vm.assertEq(_value(pieces), a == 0 ? 0 : b / a);
    }

    // ---- marks ----

    function test_marks_are_kept_for_each_key_and_mark(uint256 key, uint256 other, uint256 value) external {
        vm.assume(key != other && value != 0);
        _remember("remember@1", key, value, 3);
        vm.assertEq(_recall("recall@1", key, 3), value);
        vm.assertEq(_recall("recall@1", key, 4), 0);
        vm.assertEq(_recall("recall@1", other, 3), 0);
        vm.assertEq(uint256(vm.load(BENCH, _slotOf(key, 3))), value);
        _remember("remember@1", key, 0, 3);
        vm.assertEq(_recall("recall@1", key, 3), 0);
    }

    function test_transient_marks_are_read_back_in_the_same_transaction(uint256 key, uint256 value) external {
        _remember("remember-now@1", key, value, 3);
        vm.assertEq(_recall("recall-now@1", key, 3), value);
        vm.assertEq(_source("transient@1", uint256(_slotOf(key, 3))), value);
        vm.assertEq(_recall("recall@1", key, 3), 0);
    }

    /// @dev Nothing but the one slot is written.
    function test_remembering_writes_a_reserved_slot_only(uint256 key, uint256 value, uint8 mark) external {
        vm.record();
        _remember("remember@1", key, value, mark);
        (, bytes32[] memory written) = vm.accesses(BENCH);
        vm.assertEq(written.length, 1);
        vm.assertEq(written[0], _slotOf(key, mark));
        vm.assertEq(bytes32(bytes16(written[0])), bytes32(MARKS));
    }

    // ---- sentences ----

    /// @dev Refuses what is above the caller's entry in a mapping at slot 2.
    function test_a_limit_for_each_caller(uint256 amount, uint256 limit) external {
        vm.store(BENCH, keccak256(abi.encode(address(this), 2)), bytes32(limit));
        _send(abi.encode(amount));
        Piece[] memory pieces = new Piece[](7);
        pieces[0] = _piece("calldata@1", 0);
        pieces[1] = _piece("caller@1");
        pieces[2] = _piece("byte@1", 2);
        pieces[3] = _piece("entry@1");
        pieces[4] = _piece("load@1");
        pieces[5] = _piece("greater@1");
        pieces[6] = _piece("refuse-if@1");
        if (amount > limit) _refuses(pieces);
        else _passes(pieces);
    }

    function test_refuses_on_any_word_but_zero(uint256 word) external {
        Piece[] memory pieces = new Piece[](2);
        pieces[0] = _piece("word@1", word);
        pieces[1] = _piece("refuse-if@1");
        if (word == 0) _passes(pieces);
        else _refuses(pieces);
        pieces[0] = _piece("word@1", 0);
        _passes(pieces);
    }

    // ---- the whole template that is cheap for small factors ----

    function test_multiplication_is_refused_exactly_when_it_wraps(uint256 a, uint256 b) external {
        _multiply(a, b);
        _multiply(a >> 128, b >> 128);
        _multiply(a, 0);
        _multiply(0, b);
        _multiply(a, 1);
        if (a > 1) {
            _multiply(a, type(uint256).max / a);
            _multiply(a, type(uint256).max / a + 1);
        }
        _multiply(3, type(uint256).max / 3);
        _multiply(type(uint128).max, type(uint128).max);
        _multiply(1 << 128, 1 << 128);
        _multiply((1 << 128) + 1, (1 << 128) - 1);
    }

    // ---- inside ----

    function _compare(uint256 a, uint256 b) private {
        unchecked {
            vm.assertEq(_binary("add@1", a, b), a + b);
            vm.assertEq(_binary("subtract@1", a, b), a - b);
            vm.assertEq(_binary("multiply@1", a, b), a * b);
        }
        vm.assertEq(_binary("divide@1", a, b), b == 0 ? 0 : a / b);
        vm.assertEq(_binary("modulo@1", a, b), b == 0 ? 0 : a % b);
        vm.assertEq(_binary("and@1", a, b), a & b);
        vm.assertEq(_binary("or@1", a, b), a | b);
        vm.assertEq(_binary("xor@1", a, b), a ^ b);
        vm.assertEq(_binary("less@1", a, b), a < b ? 1 : 0);
        vm.assertEq(_binary("greater@1", a, b), a > b ? 1 : 0);
        vm.assertEq(_binary("signed-less@1", a, b), int256(a) < int256(b) ? 1 : 0);
        vm.assertEq(_binary("equal@1", a, b), a == b ? 1 : 0);
    }

    function _multiply(uint256 a, uint256 b) private {
        _operands(a, b);
        Piece[] memory pieces = new Piece[](1);
        pieces[0] = _piece("mul-checked@2");
        if (b != 0 && a > type(uint256).max / b) _refuses(pieces);
        else _passes(pieces);
    }

    function _remember(string memory name, uint256 key, uint256 value, uint8 mark) private {
        Piece[] memory pieces = new Piece[](3);
        pieces[0] = _piece("word@1", value);
        pieces[1] = _piece("word@1", key);
        pieces[2] = _piece(name, mark);
        _passes(pieces);
    }

    function _recall(string memory name, uint256 key, uint8 mark) private returns (uint256) {
        Piece[] memory pieces = new Piece[](2);
        pieces[0] = _piece("word@1", key);
        pieces[1] = _piece(name, mark);
        return _value(pieces);
    }

    function _slotOf(uint256 key, uint8 mark) private pure returns (bytes32) {
        uint128 low = uint128(uint256(keccak256(abi.encode(key, uint256(mark)))));
        return bytes32(MARKS) | bytes32(uint256(low));
    }

    function _source(string memory name) private returns (uint256) {
        Piece[] memory pieces = new Piece[](1);
        pieces[0] = _piece(name);
        return _value(pieces);
    }

    function _source(string memory name, uint256 argument) private returns (uint256) {
        Piece[] memory pieces = new Piece[](1);
        pieces[0] = _piece(name, argument);
        return _value(pieces);
    }

    function _unary(string memory name, uint256 a) private returns (uint256) {
        Piece[] memory pieces = new Piece[](2);
        pieces[0] = _piece("word@1", a);
        pieces[1] = _piece(name);
        return _value(pieces);
    }

    function _binary(string memory name, uint256 a, uint256 b) private returns (uint256) {
        Piece[] memory pieces = new Piece[](3);
        pieces[0] = _piece("word@1", a);
        pieces[1] = _piece("word@1", b);
        pieces[2] = _piece(name);
        return _value(pieces);
    }
}
