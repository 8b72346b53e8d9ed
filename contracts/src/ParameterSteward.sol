// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Direction, IParameterSteward, Rule, StatePatch} from "./interfaces/IParameterSteward.sol";
import {IPatchGate, Signature} from "./interfaces/IPatchGate.sol";

/// @title ParameterSteward
contract ParameterSteward is IParameterSteward, EIP712, Ownable2Step, ReentrancyGuardTransient {
    using Bytes for bytes;

    /// @dev What a rule must remember even when it is replaced or removed, so that no signature counts twice.
    struct Progress {
        uint192 nonce;
        uint64 patchedAt;
    }

    bytes32 private constant STATE_PATCH_TYPEHASH = keccak256(
        "StatePatch(bytes32 rule,address target,bytes data,uint256 currentValue,bytes32 bundleHash,uint256 nonce,uint256 deadline)"
    );
    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant SELECTOR = 4;
    uint256 private constant WORD = 32;

    /// @inheritdoc IParameterSteward
    IPatchGate public immutable gate;

    mapping(bytes32 id => Rule) private _rules;
    mapping(bytes32 id => Progress) private _progress;

    /// @param owner_ the DAO or its timelock.
    /// @param gate_ whose guardians decide.
    constructor(address owner_, IPatchGate gate_) EIP712("Suture ParameterSteward", "1") Ownable(owner_) {
        gate = gate_;
    }

    // ---- guardians ----

    /// @inheritdoc IParameterSteward
    function applyPatch(StatePatch calldata patch, Signature[] calldata signatures) external nonReentrant {
        Rule storage rule = _known(patch.rule);
        _requireFresh(patch);
        gate.requireQuorum(hashStatePatch(patch), signatures);
        uint256 value = _requireCall(rule, patch);
        uint256 current = _read(rule.source, rule.getter, rule.returnWord);
        if (current != patch.currentValue) revert ValueMismatch(patch.currentValue, current);
        _requireAllowed(rule, current, value);

        _progress[patch.rule] = Progress(uint192(patch.nonce + 1), uint64(block.timestamp));
        emit StatePatched(patch.rule, patch.target, current, value, patch.nonce, patch.bundleHash);
        Address.functionCall(patch.target, patch.data);
        uint256 found = _read(rule.source, rule.getter, rule.returnWord);
        if (found != value) revert ValueMismatch(value, found);
    }

    // ---- the owner's path ----

    /// @inheritdoc IParameterSteward
    function setRule(Rule calldata rule) external onlyOwner nonReentrant returns (bytes32 id) {
        _requireRule(rule);
        id = ruleId(rule.target, rule.template, rule.valueWord);
        _rules[id] = rule;
        emit RuleSet(id, rule.target, rule);
        _read(rule.source, rule.getter, rule.returnWord);
    }

    /// @inheritdoc IParameterSteward
    function removeRule(bytes32 id) external onlyOwner {
        _known(id);
        delete _rules[id];
        emit RuleRemoved(id);
    }

    /// @inheritdoc IParameterSteward
    function execute(address to, uint256 value, bytes calldata data)
        external
        onlyOwner
        nonReentrant
        returns (bytes memory)
    {
        emit Executed(to, value, data);
        return Address.functionCallWithValue(to, data, value);
    }

    // ---- views ----

    /// @inheritdoc IParameterSteward
    function ruleId(address target, bytes calldata template, uint16 valueWord) public pure returns (bytes32) {
        return keccak256(abi.encode(target, template, valueWord));
    }

    /// @inheritdoc IParameterSteward
    function ruleOf(bytes32 id) external view returns (Rule memory) {
        return _rules[id];
    }

    /// @inheritdoc IParameterSteward
    function nonceOf(bytes32 id) external view returns (uint256) {
        return _progress[id].nonce;
    }

    /// @inheritdoc IParameterSteward
    function notBefore(bytes32 id) public view returns (uint256) {
        uint256 patchedAt = _progress[id].patchedAt;
        return patchedAt == 0 ? 0 : patchedAt + _rules[id].delay;
    }

    /// @inheritdoc IParameterSteward
    function hashStatePatch(StatePatch calldata patch) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    STATE_PATCH_TYPEHASH,
                    patch.rule,
                    patch.target,
                    keccak256(patch.data),
                    patch.currentValue,
                    patch.bundleHash,
                    patch.nonce,
                    patch.deadline
                )
            )
        );
    }

    // ---- inside ----

    function _known(bytes32 id) private view returns (Rule storage rule) {
        rule = _rules[id];
        if (rule.delay == 0) revert RuleUnknown(id);
    }

    /// @dev A delay of zero would be no bound: any number of steps in one block. It also marks rules that are not there.
    function _requireRule(Rule calldata rule) private pure {
        uint256 at = _offset(rule.valueWord);
        bytes calldata template = rule.template;
        if (template.length < at + WORD || bytes32(template[at:at + WORD]) != 0) revert CalldataInvalid();
        if (rule.getter.length < SELECTOR) revert CalldataInvalid();
        if (rule.lowest > rule.highest || rule.maxStep == 0 || rule.delay == 0) revert BoundsInvalid();
        if (rule.relative && rule.maxStep > BASIS_POINTS) revert BoundsInvalid();
    }

    function _requireFresh(StatePatch calldata patch) private view {
        if (block.timestamp > patch.deadline) revert DeadlinePassed(patch.deadline);
        uint256 nonce = _progress[patch.rule].nonce;
        if (patch.nonce != nonce) revert NonceMismatch(nonce, patch.nonce);
        if (block.timestamp < notBefore(patch.rule)) revert TooEarly(notBefore(patch.rule));
    }

    /// @dev The signed call is the rule's template, but for the new value.
    function _requireCall(Rule storage rule, StatePatch calldata patch) private view returns (uint256 value) {
        bytes calldata data = patch.data;
        bytes memory template = rule.template;
        if (patch.target != rule.target || data.length != template.length) revert CallMismatch();
        uint256 at = _offset(rule.valueWord);
        bytes memory blank = bytes.concat(data[:at], bytes32(0), data[at + WORD:]);
        if (keccak256(blank) != keccak256(template)) revert CallMismatch();
        return uint256(bytes32(data[at:at + WORD]));
    }

    function _requireAllowed(Rule storage rule, uint256 current, uint256 value) private view {
        if (value < rule.lowest || value > rule.highest) revert ValueOutOfBounds(value, rule.lowest, rule.highest);
        Direction barred = value > current ? Direction.Down : Direction.Up;
        if (value == current || rule.direction == barred) revert DirectionNotAllowed(current, value);
        uint256 step = value > current ? value - current : current - value;
        uint256 maximum = rule.relative ? Math.mulDiv(current, rule.maxStep, BASIS_POINTS) : rule.maxStep;
        if (step > maximum) revert StepTooLarge(step, maximum);
    }

    function _read(address source, bytes memory getter, uint256 word) private view returns (uint256) {
        bytes memory answer = Address.functionStaticCall(source, getter);
        uint256 at = word * WORD;
        if (answer.length < at + WORD) revert AnswerTooShort(source, answer.length);
        return uint256(bytes32(answer.slice(at, at + WORD)));
    }

    function _offset(uint256 word) private pure returns (uint256) {
        return SELECTOR + word * WORD;
    }
}
