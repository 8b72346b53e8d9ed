// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Direction, IParameterSteward, Rule, StatePatch} from "../src/interfaces/IParameterSteward.sol";
import {IPatchGate, Signature} from "../src/interfaces/IPatchGate.sol";
import {ParameterSteward} from "../src/ParameterSteward.sol";
import {GateFixture} from "./GateFixture.sol";

/// @dev A market with caps per asset, which its risk admin sets.
contract Market {
    error NotRiskAdmin(address account);

    address public riskAdmin;
    mapping(address asset => uint256) public borrowCap;
    mapping(address asset => uint256) public supplyCap;
    bool public deaf;

    constructor(address riskAdmin_) {
        riskAdmin = riskAdmin_;
    }

    modifier onlyRiskAdmin() {
        if (msg.sender != riskAdmin) revert NotRiskAdmin(msg.sender);
        _;
    }

    /// @dev The value is the first word here, and the second word below.
    function setBorrowCap(uint256 cap, address asset) external onlyRiskAdmin {
        borrowCap[asset] = cap;
    }

    function setSupplyCap(address asset, uint256 cap) external onlyRiskAdmin {
        if (!deaf) supplyCap[asset] = cap;
    }

    function setRiskAdmin(address riskAdmin_) external onlyRiskAdmin {
        riskAdmin = riskAdmin_;
    }

    function setDeaf(bool deaf_) external {
        deaf = deaf_;
    }
}

/// @dev Reads for others; the supply cap is the second word.
contract MarketReader {
    Market private immutable _market;

    constructor(Market market) {
        _market = market;
    }

    function caps(address asset) external view returns (uint256, uint256) {
        return (_market.borrowCap(asset), _market.supplyCap(asset));
    }
}

/// @dev A parameter whose setter submits the next patch.
contract Relay {
    uint256 public value = 5;
    ParameterSteward private immutable _steward;

    constructor(ParameterSteward steward) {
        _steward = steward;
    }

    function setValue(uint256 value_) external {
        value = value_;
        StatePatch memory patch;
        _steward.applyPatch(patch, new Signature[](0));
    }
}

contract ParameterStewardTest is GateFixture {
    address private constant DAI = address(0xDA1);
    address private constant WETH = address(0xE74);
    uint256 private constant CAP = 1_000;
    uint32 private constant DELAY = 1 days;

    event StatePatched(
        bytes32 indexed rule, address indexed target, uint256 previous, uint256 value, uint256 nonce, bytes32 bundleHash
    );
    event RuleSet(bytes32 indexed id, address indexed target, Rule rule);
    event RuleRemoved(bytes32 indexed id);
    event Executed(address to, uint256 value, bytes data);

    ParameterSteward private steward;
    Market private market;
    MarketReader private reader;
    bytes32 private supplyRule;

    function setUp() public override {
        super.setUp();
        steward = new ParameterSteward(address(this), gate);
        market = new Market(address(steward));
        reader = new MarketReader(market);
        _setSupplyCap(CAP);
        supplyRule = steward.setRule(_rule());
    }

    // ---- what guardians can do ----

    function test_guardians_move_a_parameter_and_anyone_submits_it() external {
        StatePatch memory patch = _patch(900);
        Signature[] memory signatures = _sign(patch);
        vm.expectEmit();
        emit StatePatched(supplyRule, address(market), CAP, 900, 0, keccak256("bundle"));
        vm.prank(ANYONE);
        steward.applyPatch(patch, signatures);
        vm.assertEq(market.supplyCap(DAI), 900);
        vm.assertEq(market.supplyCap(WETH), 0);
        vm.assertEq(steward.nonceOf(supplyRule), 1);
        vm.assertEq(steward.notBefore(supplyRule), block.timestamp + DELAY);
    }

    function test_the_value_may_stand_in_any_word() external {
        Rule memory rule = _rule();
        rule.template = abi.encodeCall(Market.setBorrowCap, (0, DAI));
        (rule.valueWord, rule.returnWord, rule.lowest) = (0, 0, 0);
        bytes32 id = steward.setRule(rule);
        StatePatch memory patch = _patch(0);
        (patch.rule, patch.data, patch.currentValue) = (id, abi.encodeCall(Market.setBorrowCap, (100, DAI)), 0);
        _apply(patch);
        vm.assertEq(market.borrowCap(DAI), 100);
        vm.assertEq(market.supplyCap(DAI), CAP);
    }

    /// @dev Guardians who want the most, for a month: in each direction, one step a day within the bounds.
    function test_stolen_guardians_get_one_step_each_delay_within_the_bounds(uint256 seed) external {
        uint256 start = 1_000_000;
        uint256 elapsed = 0;
        uint256 applied = 0;
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            elapsed += seed % (2 * DELAY);
            vm.warp(start + elapsed);
            StatePatch memory patch = _patch(_wanted(seed >> 64));
            (bool success,) = address(steward).call(abi.encodeCall(steward.applyPatch, (patch, _sign(patch))));
            if (success) ++applied;
            uint256 cap = market.supplyCap(DAI);
            vm.assertTrue(applied <= 1 + elapsed / DELAY);
            vm.assertTrue(cap >= 200 && cap <= 1_500);
            vm.assertTrue((cap > CAP ? cap - CAP : CAP - cap) <= 100 * applied);
        }
        vm.assertTrue(applied > 0);
        vm.assertEq(steward.nonceOf(supplyRule), applied);
    }

    /// @dev Allowed if and only if the rule says so, and then nothing but the value has changed.
    function test_a_rule_allows_what_it_says_and_nothing_else(
        uint256 current,
        uint256 value,
        uint256 maxStep,
        bool relative,
        uint8 way,
        bool near
    ) external {
        Rule memory rule = _rule();
        rule.direction = Direction(way % 3);
        rule.relative = relative;
        rule.maxStep = bound(maxStep, 1, relative ? 10_000 : type(uint256).max - 1);
        (rule.lowest, rule.highest) = (type(uint128).max, type(uint256).max - type(uint128).max);
        if (near) value = _nudge(current, value, rule);
        _setSupplyCap(current);
        steward.setRule(rule);
        StatePatch memory patch = _patch(value);
        bytes memory refusal = _refusal(rule, current, value);
        Signature[] memory signatures = _sign(patch);
        if (refusal.length != 0) vm.expectRevert(refusal);
        steward.applyPatch(patch, signatures);
        vm.assertEq(market.supplyCap(DAI), refusal.length == 0 ? value : current);
    }

    // ---- what a rule refuses, at its edges ----

    function test_refuses_values_outside_the_bounds() external {
        _setSupplyCap(200);
        _expectRefused(199, abi.encodeWithSelector(IParameterSteward.ValueOutOfBounds.selector, 199, 200, 1_500));
        _setSupplyCap(1_500);
        _expectRefused(1_501, abi.encodeWithSelector(IParameterSteward.ValueOutOfBounds.selector, 1_501, 200, 1_500));
        _setSupplyCap(1_400);
        _apply(_patch(1_500));
        vm.warp(block.timestamp + DELAY);
        _setSupplyCap(300);
        _apply(_patch(200));
    }

    function test_refuses_steps_that_are_too_large() external {
        _expectRefused(CAP + 101, abi.encodeWithSelector(IParameterSteward.StepTooLarge.selector, 101, 100));
        _expectRefused(CAP - 101, abi.encodeWithSelector(IParameterSteward.StepTooLarge.selector, 101, 100));
        _apply(_patch(CAP + 100));
        vm.warp(block.timestamp + DELAY);
        _apply(_patch(CAP));
    }

    function test_a_relative_step_is_rounded_down_and_cannot_leave_zero() external {
        Rule memory rule = _rule();
        (rule.maxStep, rule.relative, rule.lowest) = (500, true, 0);
        steward.setRule(rule);
        _setSupplyCap(999);
        _expectRefused(949, abi.encodeWithSelector(IParameterSteward.StepTooLarge.selector, 50, 49));
        _apply(_patch(950));
        vm.warp(block.timestamp + DELAY);
        _setSupplyCap(0);
        _expectRefused(1, abi.encodeWithSelector(IParameterSteward.StepTooLarge.selector, 1, 0));
    }

    function test_refuses_the_way_the_rule_does_not_allow() external {
        Rule memory rule = _rule();
        rule.direction = Direction.Down;
        steward.setRule(rule);
        _expectRefused(CAP + 1, _wrongWay(CAP, CAP + 1));
        _expectRefused(CAP, _wrongWay(CAP, CAP));
        _apply(_patch(CAP - 1));

        vm.warp(block.timestamp + DELAY);
        rule.direction = Direction.Up;
        steward.setRule(rule);
        _expectRefused(CAP - 2, _wrongWay(CAP - 1, CAP - 2));
        _apply(_patch(CAP));

        vm.warp(block.timestamp + DELAY);
        rule.direction = Direction.Both;
        steward.setRule(rule);
        _expectRefused(CAP, _wrongWay(CAP, CAP));
    }

    function test_refuses_a_second_step_before_the_delay_is_over() external {
        vm.assertEq(steward.notBefore(supplyRule), 0);
        _apply(_patch(950));
        uint256 notBefore = block.timestamp + DELAY;
        vm.warp(notBefore - 1);
        _expectRefused(900, abi.encodeWithSelector(IParameterSteward.TooEarly.selector, notBefore));
        vm.warp(notBefore);
        _apply(_patch(900));
    }

    function test_refuses_another_call_than_the_template() external {
        bytes[5] memory calls = [
            abi.encodeCall(Market.setSupplyCap, (WETH, 900)),
            abi.encodeCall(Market.setBorrowCap, (uint256(uint160(DAI)), address(900))),
            bytes.concat(abi.encodeCall(Market.setSupplyCap, (DAI, 900)), hex"00"),
            abi.encodePacked(Market.setSupplyCap.selector, abi.encode(DAI)),
            ""
        ];
        StatePatch memory patch = _patch(900);
        for (uint256 i = 0; i < calls.length; ++i) {
            patch.data = calls[i];
            _expectRefused(patch, abi.encodeWithSelector(IParameterSteward.CallMismatch.selector));
        }
        patch = _patch(900);
        patch.target = address(new Market(address(steward)));
        _expectRefused(patch, abi.encodeWithSelector(IParameterSteward.CallMismatch.selector));
    }

    function test_refuses_any_flipped_bit_of_the_fixed_calldata(uint256 bit) external {
        StatePatch memory patch = _patch(900);
        bit = bound(bit, 0, 36 * 8 - 1);
        patch.data[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        _expectRefused(patch, abi.encodeWithSelector(IParameterSteward.CallMismatch.selector));
    }

    // ---- what was signed, and what is on chain ----

    function test_refuses_when_the_value_on_chain_is_not_the_signed_one() external {
        StatePatch memory patch = _patch(950);
        _setSupplyCap(CAP - 1);
        _expectRefused(patch, abi.encodeWithSelector(IParameterSteward.ValueMismatch.selector, CAP, CAP - 1));
    }

    function test_refuses_when_the_value_is_not_there_after_the_call() external {
        market.setDeaf(true);
        _expectRefused(950, abi.encodeWithSelector(IParameterSteward.ValueMismatch.selector, 950, CAP));
        vm.assertEq(steward.nonceOf(supplyRule), 0);
    }

    function test_passes_on_why_the_setter_reverts() external {
        steward.execute(address(market), 0, abi.encodeCall(Market.setRiskAdmin, (address(this))));
        _expectRefused(950, abi.encodeWithSelector(Market.NotRiskAdmin.selector, address(steward)));
    }

    function test_refuses_when_the_target_is_gone() external {
        Rule memory rule = _rule();
        rule.target = address(0xdead);
        StatePatch memory patch = _patch(950);
        (patch.rule, patch.target) = (steward.setRule(rule), rule.target);
        _expectRefused(patch, abi.encodeWithSelector(Address.AddressEmptyCode.selector, rule.target));
    }

    function test_refuses_what_too_few_signed() external {
        StatePatch memory patch = _patch(950);
        Signature[] memory one = sign(steward.hashStatePatch(patch), 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 1, 2));
        steward.applyPatch(patch, one);
    }

    function test_refuses_what_was_not_signed(uint256 field) external {
        StatePatch memory patch = _patch(950);
        Signature[] memory signatures = _sign(patch);
        field = bound(field, 0, 3);
        if (field == 0) patch.data = abi.encodeCall(Market.setSupplyCap, (DAI, 951));
        if (field == 1) patch.bundleHash = keccak256("another bundle");
        if (field == 2) ++patch.deadline;
        if (field == 3) ++patch.currentValue;
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, vm.addr(keys[0])));
        steward.applyPatch(patch, signatures);
    }

    function test_refuses_what_was_signed_for_another_rule_or_target() external {
        StatePatch memory patch = _patch(950);
        Signature[] memory signatures = _sign(patch);
        Rule memory rule = _rule();
        rule.target = address(new Market(address(steward)));
        patch.rule = steward.setRule(rule);
        bytes memory invalid = abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, vm.addr(keys[0]));
        vm.expectRevert(invalid);
        steward.applyPatch(patch, signatures);
        (patch.rule, patch.target) = (supplyRule, rule.target);
        vm.expectRevert(invalid);
        steward.applyPatch(patch, signatures);
    }

    function test_refuses_what_was_signed_for_another_steward_or_chain() external {
        ParameterSteward other = new ParameterSteward(address(this), gate);
        StatePatch memory patch = _patch(950);
        Signature[] memory signatures = sign(other.hashStatePatch(patch), 0, 2);
        bytes memory invalid = abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, vm.addr(keys[0]));
        vm.expectRevert(invalid);
        steward.applyPatch(patch, signatures);
        signatures = _sign(patch);
        vm.chainId(5);
        vm.expectRevert(invalid);
        steward.applyPatch(patch, signatures);
    }

    function test_the_digest_is_that_of_eip712() external view {
        StatePatch memory patch = _patch(950);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Suture ParameterSteward"),
                keccak256("1"),
                block.chainid,
                address(steward)
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "StatePatch(bytes32 rule,address target,bytes data,uint256 currentValue,bytes32 bundleHash,uint256 nonce,uint256 deadline)"
                ),
                patch.rule,
                patch.target,
                keccak256(patch.data),
                patch.currentValue,
                patch.bundleHash,
                patch.nonce,
                patch.deadline
            )
        );
        vm.assertEq(steward.hashStatePatch(patch), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    function test_guardians_of_today_decide() external {
        StatePatch memory patch = _patch(950);
        address[] memory two = new address[](2);
        (two[0], two[1]) = (address(1), address(2));
        gate.setGuardians(two, 2);
        _expectRefused(patch, abi.encodeWithSelector(IPatchGate.NotAGuardian.selector, vm.addr(keys[0])));
    }

    function test_a_patch_is_applied_once_and_in_time() external {
        StatePatch memory patch = _patch(950);
        _apply(patch);
        _expectRefused(patch, abi.encodeWithSelector(IParameterSteward.NonceMismatch.selector, 1, 0));
        patch.nonce = 2;
        _expectRefused(patch, abi.encodeWithSelector(IParameterSteward.NonceMismatch.selector, 1, 2));

        vm.warp(block.timestamp + DELAY);
        patch = _patch(900);
        vm.warp(patch.deadline + 1);
        _expectRefused(patch, abi.encodeWithSelector(IParameterSteward.DeadlinePassed.selector, patch.deadline));
        vm.warp(patch.deadline);
        _apply(patch);
    }

    function test_a_setter_cannot_come_back_for_more() external {
        Relay relay = new Relay(steward);
        Rule memory rule = _rule();
        (rule.target, rule.source) = (address(relay), address(relay));
        (rule.template, rule.getter) = (abi.encodeCall(Relay.setValue, (0)), abi.encodePacked(relay.value.selector));
        (rule.valueWord, rule.returnWord, rule.lowest) = (0, 0, 0);
        StatePatch memory patch = _patch(0);
        (patch.rule, patch.target) = (steward.setRule(rule), address(relay));
        (patch.data, patch.currentValue) = (abi.encodeCall(Relay.setValue, (6)), 5);
        _expectRefused(patch, abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
    }

    // ---- the owner's path ----

    function test_rules_are_kept_as_they_were_set_and_gone_when_removed() external {
        Rule memory rule = _rule();
        vm.assertEq(keccak256(abi.encode(steward.ruleOf(supplyRule))), keccak256(abi.encode(rule)));
        vm.assertEq(steward.ruleId(rule.target, rule.template, rule.valueWord), supplyRule);
        rule.highest = 2_000;
        vm.expectEmit();
        emit RuleSet(supplyRule, address(market), rule);
        vm.assertEq(steward.setRule(rule), supplyRule);
        vm.assertEq(steward.ruleOf(supplyRule).highest, 2_000);

        StatePatch memory patch = _patch(950);
        vm.expectEmit();
        emit RuleRemoved(supplyRule);
        steward.removeRule(supplyRule);
        bytes memory unknown = abi.encodeWithSelector(IParameterSteward.RuleUnknown.selector, supplyRule);
        _expectRefused(patch, unknown);
        vm.expectRevert(unknown);
        steward.removeRule(supplyRule);
    }

    function test_rules_for_other_words_of_one_template_are_other_rules() external {
        Rule memory rule = _rule();
        rule.template = abi.encodeCall(Market.setBorrowCap, (0, address(0)));
        rule.valueWord = 0;
        bytes32 first = steward.setRule(rule);
        rule.valueWord = 1;
        vm.assertTrue(steward.setRule(rule) != first);
        vm.assertEq(steward.ruleOf(first).valueWord, 0);
    }

    function test_a_rule_that_comes_back_goes_on_where_it_was() external {
        StatePatch memory patch = _patch(950);
        _apply(patch);
        steward.removeRule(supplyRule);
        steward.setRule(_rule());
        _expectRefused(patch, abi.encodeWithSelector(IParameterSteward.NonceMismatch.selector, 1, 0));
        uint256 notBefore = block.timestamp + DELAY;
        _expectRefused(900, abi.encodeWithSelector(IParameterSteward.TooEarly.selector, notBefore));
    }

    function test_each_rule_has_its_own_nonce_and_delay() external {
        Rule memory rule = _rule();
        rule.template = abi.encodeCall(Market.setSupplyCap, (WETH, 0));
        rule.getter = abi.encodeCall(MarketReader.caps, (WETH));
        rule.lowest = 0;
        StatePatch memory patch = _patch(950);
        _apply(patch);
        (patch.rule, patch.currentValue) = (steward.setRule(rule), 0);
        patch.data = abi.encodeCall(Market.setSupplyCap, (WETH, 7));
        _apply(patch);
        vm.assertEq(market.supplyCap(WETH), 7);
    }

    function test_refuses_rules_that_bound_nothing_or_allow_nothing() external {
        bytes memory invalid = abi.encodeWithSelector(IParameterSteward.BoundsInvalid.selector);
        Rule memory rule = _rule();
        rule.lowest = rule.highest + 1;
        _expectNoRule(rule, invalid);
        rule.lowest = rule.highest;
        steward.setRule(rule);
        rule = _rule();
        rule.maxStep = 0;
        _expectNoRule(rule, invalid);
        rule = _rule();
        rule.delay = 0;
        _expectNoRule(rule, invalid);
        rule = _rule();
        (rule.relative, rule.maxStep) = (true, 10_001);
        _expectNoRule(rule, invalid);
        rule.maxStep = 10_000;
        steward.setRule(rule);
    }

    function test_refuses_rules_whose_calldata_makes_no_sense() external {
        bytes memory invalid = abi.encodeWithSelector(IParameterSteward.CalldataInvalid.selector);
        Rule memory rule = _rule();
        rule.valueWord = 2;
        _expectNoRule(rule, invalid);
        rule.valueWord = type(uint16).max;
        _expectNoRule(rule, invalid);
        rule.valueWord = 0;
        _expectNoRule(rule, invalid);
        rule = _rule();
        rule.getter = hex"aabbcc";
        _expectNoRule(rule, invalid);
    }

    function test_refuses_rules_whose_source_does_not_answer() external {
        Rule memory rule = _rule();
        rule.returnWord = 2;
        _expectNoRule(rule, abi.encodeWithSelector(IParameterSteward.AnswerTooShort.selector, address(reader), 64));
        rule = _rule();
        rule.source = address(0xdead);
        _expectNoRule(rule, abi.encodeWithSelector(Address.AddressEmptyCode.selector, rule.source));
        rule = _rule();
        rule.getter = hex"aabbccdd";
        vm.expectRevert();
        steward.setRule(rule);
    }

    function test_the_owner_hands_the_role_back() external {
        bytes memory call = abi.encodeCall(Market.setRiskAdmin, (address(this)));
        vm.expectEmit();
        emit Executed(address(market), 0, call);
        steward.execute(address(market), 0, call);
        vm.assertEq(market.riskAdmin(), address(this));
    }

    function test_the_owner_sends_coins_on() external {
        vm.deal(address(steward), 3);
        steward.execute(address(this), 3, "");
        vm.assertEq(address(steward).balance, 0);
    }

    function test_nobody_but_the_owner_changes_anything(address anyone) external {
        vm.assume(anyone != address(this));
        bytes memory unauthorized = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, anyone);
        Rule memory rule = _rule();
        vm.startPrank(anyone);
        vm.expectRevert(unauthorized);
        steward.setRule(rule);
        vm.expectRevert(unauthorized);
        steward.removeRule(supplyRule);
        vm.expectRevert(unauthorized);
        steward.execute(address(market), 0, "");
        vm.stopPrank();
    }

    function test_knows_whose_guardians_decide() external view {
        vm.assertEq(address(steward.gate()), address(gate));
    }

    // ---- inside ----

    receive() external payable {}

    /// @dev The supply cap of DAI: between 200 and 1,500, by 100 a day, either way.
    function _rule() private view returns (Rule memory) {
        return Rule({
            target: address(market),
            template: abi.encodeCall(Market.setSupplyCap, (DAI, 0)),
            valueWord: 1,
            source: address(reader),
            getter: abi.encodeCall(MarketReader.caps, (DAI)),
            returnWord: 1,
            lowest: 200,
            highest: 1_500,
            maxStep: 100,
            relative: false,
            direction: Direction.Both,
            delay: DELAY
        });
    }

    function _patch(uint256 value) private view returns (StatePatch memory) {
        return StatePatch({
            rule: supplyRule,
            target: address(market),
            data: abi.encodeCall(Market.setSupplyCap, (DAI, value)),
            currentValue: market.supplyCap(DAI),
            bundleHash: keccak256("bundle"),
            nonce: steward.nonceOf(supplyRule),
            deadline: block.timestamp + 1 hours
        });
    }

    function _sign(StatePatch memory patch) private view returns (Signature[] memory) {
        return sign(steward.hashStatePatch(patch), 0, 2);
    }

    function _apply(StatePatch memory patch) private {
        steward.applyPatch(patch, _sign(patch));
    }

    function _expectRefused(uint256 value, bytes memory reason) private {
        _expectRefused(_patch(value), reason);
    }

    function _expectRefused(StatePatch memory patch, bytes memory reason) private {
        Signature[] memory signatures = _sign(patch);
        vm.expectRevert(reason);
        steward.applyPatch(patch, signatures);
    }

    function _expectNoRule(Rule memory rule, bytes memory reason) private {
        vm.expectRevert(reason);
        steward.setRule(rule);
    }

    function _setSupplyCap(uint256 cap) private {
        vm.prank(address(steward));
        market.setSupplyCap(DAI, cap);
    }

    function _wrongWay(uint256 current, uint256 value) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IParameterSteward.DirectionNotAllowed.selector, current, value);
    }

    /// @dev Mostly as far as the step goes, sometimes too far.
    function _wanted(uint256 seed) private view returns (uint256) {
        uint256 step = 90 + seed % 13;
        return (seed >> 64) % 2 == 0 ? market.supplyCap(DAI) + step : market.supplyCap(DAI) - step;
    }

    /// @dev A value at most one unit away from the largest step, or from where it is.
    function _nudge(uint256 current, uint256 value, Rule memory rule) private pure returns (uint256) {
        uint256 step = value % 2 == 0 ? 0 : _maximum(rule, current);
        unchecked {
            return (value >> 1) % 2 == 0 ? current + step + (value >> 2) % 3 - 1 : current - step + (value >> 2) % 3 - 1;
        }
    }

    function _maximum(Rule memory rule, uint256 current) private pure returns (uint256) {
        return rule.relative ? Math.mulDiv(current, rule.maxStep, 10_000) : rule.maxStep;
    }

    /// @dev The rule again, as the interface has it, in other words than the contract's.
    function _refusal(Rule memory rule, uint256 current, uint256 value) private pure returns (bytes memory) {
        if (value < rule.lowest || value > rule.highest) {
            return abi.encodeWithSelector(IParameterSteward.ValueOutOfBounds.selector, value, rule.lowest, rule.highest);
        }
        bool goesUp = value > current;
        bool goesDown = value < current;
        bool allowed = (goesUp && rule.direction != Direction.Down) || (goesDown && rule.direction != Direction.Up);
        if (!allowed) return _wrongWay(current, value);
        uint256 step = goesUp ? value - current : current - value;
        if (step <= _maximum(rule, current)) return "";
        return abi.encodeWithSelector(IParameterSteward.StepTooLarge.selector, step, _maximum(rule, current));
    }
}
