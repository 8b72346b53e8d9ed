// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPatchGate, Signature} from "./IPatchGate.sol";

/// @notice Which way a parameter may be moved.
enum Direction {
    Both,
    Down,
    Up
}

/// @notice What the owner allows the guardians to do with one parameter. Parameters are unsigned numbers, one word each.
/// @param target whose setter is called.
/// @param template the setter's whole calldata, with zero as the new value: everything else in it is fixed, e.g. the asset.
/// @param valueWord which 32-byte word behind the selector is the new value, from 0.
/// @param source who is asked for the current value; may be another contract than the target.
/// @param getter the calldata of the question.
/// @param returnWord which 32-byte word of the answer is the value, from 0.
/// @param lowest the smallest value that may be set.
/// @param highest the largest value that may be set.
/// @param maxStep the largest change at once: in the parameter's unit or, if `relative`, in basis points of the current value, rounded
/// down. A relative step cannot leave 0.
/// @param relative whether `maxStep` is in basis points.
/// @param direction which way the value may be moved.
/// @param delay least time between two changes, in seconds.
struct Rule {
    address target;
    bytes template;
    uint16 valueWord;
    address source;
    bytes getter;
    uint16 returnWord;
    uint256 lowest;
    uint256 highest;
    uint256 maxStep;
    bool relative;
    Direction direction;
    uint32 delay;
}

/// @notice What guardians sign to change a parameter (EIP-712, with the steward as verifying contract).
/// @param rule the id of the rule that allows it, {IParameterSteward-ruleId}.
/// @param target the rule's.
/// @param data the whole call.
/// @param currentValue the value it replaces: another one on chain, and the patch is void.
/// @param bundleHash the evidence the guardians looked at.
/// @param nonce the rule's.
/// @param deadline last second at which it may be used.
struct StatePatch {
    bytes32 rule;
    address target;
    bytes data;
    uint256 currentValue;
    bytes32 bundleHash;
    uint256 nonce;
    uint256 deadline;
}

/// @title Lets the guardians of a gate move a protocol's parameters, within what the owner allowed
/// @notice It holds a role of the protocol, such as risk admin, and uses it for nothing but the calls its rules describe. At worst:
/// - guardians (k of n, stolen) move each parameter that has a rule, by one step each delay, within its bounds and in its direction. The
///   first step may come as soon as the rule is set. Each rule answers for itself: two for one parameter make two steps;
/// - the owner can do anything with the role: it must be a DAO's timelock;
/// - anyone else can only submit what guardians signed.
interface IParameterSteward {
    event RuleSet(bytes32 indexed id, address indexed target, Rule rule);
    event RuleRemoved(bytes32 indexed id);
    /// @notice A parameter went from `previous` to `value`.
    event StatePatched(
        bytes32 indexed rule, address indexed target, uint256 previous, uint256 value, uint256 nonce, bytes32 bundleHash
    );
    event Executed(address to, uint256 value, bytes data);

    /// @notice The template has no such word or does not hold zero there, or the getter has no selector.
    error CalldataInvalid();
    /// @notice A rule whose bounds, step or delay allow nothing or bound nothing.
    error BoundsInvalid();
    error RuleUnknown(bytes32 id);
    error DeadlinePassed(uint256 deadline);
    error NonceMismatch(uint256 expected, uint256 actual);
    /// @notice Target or calldata are not what the rule's template says.
    error CallMismatch();
    /// @notice The source answered with too few words.
    error AnswerTooShort(address source, uint256 length);
    /// @notice The value on chain is not the one guardians signed, or is not the new one after the call.
    error ValueMismatch(uint256 expected, uint256 actual);
    error ValueOutOfBounds(uint256 value, uint256 lowest, uint256 highest);
    /// @notice The rule does not let the value move this way, or it would stay where it is.
    error DirectionNotAllowed(uint256 current, uint256 value);
    error StepTooLarge(uint256 step, uint256 maximum);
    /// @notice The rule's delay since the last change is not over.
    error TooEarly(uint256 notBefore);

    // ---- guardians ----

    /// @notice Makes the call guardians signed, if its rule allows it, and checks that the value is then the new one. Anyone may submit
    /// it; the signatures of the gate's guardians decide. At worst it moves one parameter by one step.
    /// @param signatures at least the gate's threshold, ascending by signer.
    function applyPatch(StatePatch calldata patch, Signature[] calldata signatures) external;

    // ---- the owner's path ----

    /// @notice Sets the rule for a call, or replaces it; nonce and delay go on. Only the owner. The source must answer now. At worst it
    /// hands the guardians what the rule describes: look out for setters that do more than set, and for a parameter's other rules.
    function setRule(Rule calldata rule) external returns (bytes32 id);

    /// @notice Takes a rule away. Only the owner. At worst guardians cannot move the parameter any more.
    function removeRule(bytes32 id) external;

    /// @notice Any call, to hand the role back or on. Only the owner. At worst everything the role allows.
    function execute(address to, uint256 value, bytes calldata data) external returns (bytes memory);

    // ---- views ----

    /// @notice The id of the rule for the calls `template` describes.
    function ruleId(address target, bytes calldata template, uint16 valueWord) external pure returns (bytes32);

    function ruleOf(bytes32 id) external view returns (Rule memory);

    /// @notice The nonce of the rule's next patch.
    function nonceOf(bytes32 id) external view returns (uint256);

    /// @notice When the rule's next patch may be applied, in seconds since the epoch; 0 before the first one.
    function notBefore(bytes32 id) external view returns (uint256);

    /// @notice The EIP-712 digest guardians sign.
    function hashStatePatch(StatePatch calldata patch) external view returns (bytes32);

    /// @notice Whose guardians decide.
    function gate() external view returns (IPatchGate);
}
