// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {Signature} from "../src/interfaces/IPatchGate.sol";
import {Attestation, ISentinelQuorum} from "../src/interfaces/ISentinelQuorum.sol";
import {SentinelQuorum} from "../src/SentinelQuorum.sol";
import {SentinelFixture} from "./SentinelFixture.sol";

/// @dev Takes what it is paid and asks again while it is paid.
contract Greedy {
    SentinelQuorum private immutable _sentinels;
    bytes private _again;
    bytes public refusal;

    constructor(SentinelQuorum sentinels) {
        _sentinels = sentinels;
    }

    function bond() external payable {
        _sentinels.bond{value: msg.value}();
    }

    function ask(bytes calldata first, bytes calldata again) external {
        _again = again;
        (bool success,) = address(_sentinels).call(first);
        require(success);
    }

    receive() external payable {
        (bool success, bytes memory reason) = address(_sentinels).call(_again);
        require(!success);
        refusal = reason;
    }
}

/// @dev Cannot be paid.
contract Unpayable {}

/// @dev Who watches, and what a bond goes through.
contract SentinelBondsTest is SentinelFixture {
    event Leaving(address indexed watcher, uint48 withdrawableAt);
    event Slashed(address indexed watcher, bytes32 indexed digest, uint256 amount, address indexed recipient);

    // ---- the owner's path ----

    function test_the_owner_alone_decides_who_watches_and_who_is_punished(address anyone) external {
        vm.assume(anyone != address(this));
        Attestation memory a = attest();
        Signature memory word = signed(a, 1)[0];
        bytes memory reason = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, anyone);
        vm.startPrank(anyone);
        vm.expectRevert(reason);
        sentinels.setWatcher(anyone, true);
        vm.expectRevert(reason);
        sentinels.setQuorum(2);
        vm.expectRevert(reason);
        sentinels.slash(a, word, 1, anyone);
        vm.stopPrank();
    }

    function test_the_quorum_is_at_least_two_and_can_be_met(uint256 quorum) external {
        sentinels.setQuorum(2);
        sentinels.setQuorum(WATCHERS);
        vm.assertEq(sentinels.quorum(), WATCHERS);
        if (quorum >= 2 && quorum <= WATCHERS) quorum += WATCHERS;
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.QuorumInvalid.selector, quorum, WATCHERS));
        sentinels.setQuorum(quorum);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.QuorumInvalid.selector, 1, WATCHERS));
        sentinels.setQuorum(1);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.QuorumInvalid.selector, WATCHERS, WATCHERS - 1));
        sentinels.setWatcher(watchers[0], false);
    }

    function test_admits_and_removes_once() external {
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.AdmissionInvalid.selector, watchers[0]));
        sentinels.setWatcher(watchers[0], true);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.AdmissionInvalid.selector, ANYONE));
        sentinels.setWatcher(ANYONE, false);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.AdmissionInvalid.selector, address(0)));
        sentinels.setWatcher(address(0), true);
        sentinels.setWatcher(ANYONE, true);
        vm.assertEq(sentinels.watchers().length, WATCHERS + 1);
        sentinels.setWatcher(ANYONE, false);
        vm.assertEq(sentinels.watchers().length, WATCHERS);
        vm.assertEq(sentinels.bondOf(ANYONE).withdrawableAt, 0);
    }

    function test_refuses_to_be_built_without_stakes() external {
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.BondTooSmall.selector, 0, 1));
        new SentinelQuorum(address(this), breaker, 0, UNBONDING, watchers, QUORUM);
        uint64 most = type(uint32).max;
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.UnbondingPeriodInvalid.selector, 0, most));
        new SentinelQuorum(address(this), breaker, MIN_BOND, 0, watchers, QUORUM);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.UnbondingPeriodInvalid.selector, most + 1, most));
        new SentinelQuorum(address(this), breaker, MIN_BOND, most + 1, watchers, QUORUM);
        new SentinelQuorum(address(this), breaker, 1, most, watchers, QUORUM);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.QuorumInvalid.selector, QUORUM, 0));
        new SentinelQuorum(address(this), breaker, MIN_BOND, UNBONDING, new address[](0), QUORUM);
    }

    // ---- bonds ----

    function test_only_admitted_watchers_bond_and_no_less_than_the_minimum() external {
        vm.deal(ANYONE, 10 ether);
        vm.prank(ANYONE);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.NotAdmitted.selector, ANYONE));
        sentinels.bond{value: MIN_BOND}();
        sentinels.setWatcher(ANYONE, true);
        vm.startPrank(ANYONE);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.BondTooSmall.selector, MIN_BOND - 1, MIN_BOND));
        sentinels.bond{value: MIN_BOND - 1}();
        vm.assertFalse(sentinels.isActive(ANYONE));
        sentinels.bond{value: MIN_BOND}();
        vm.assertTrue(sentinels.isActive(ANYONE));
        vm.expectEmit();
        emit ISentinelQuorum.Bonded(ANYONE, MIN_BOND + 1);
        sentinels.bond{value: 1}();
        vm.stopPrank();
        vm.assertEq(sentinels.bondOf(ANYONE).amount, MIN_BOND + 1);
    }

    function test_a_bond_comes_back_after_the_unbonding_period_and_not_before(uint64 wait) external {
        address watcher = watchers[0];
        uint48 end = uint48(block.timestamp + UNBONDING);
        vm.startPrank(watcher);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.BondLocked.selector, 0));
        sentinels.withdraw(payable(watcher));
        vm.expectEmit();
        emit Leaving(watcher, end);
        sentinels.leave();
        vm.assertFalse(sentinels.isActive(watcher));

        vm.warp(block.timestamp + bound(wait, 0, UNBONDING - 1));
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.BondLocked.selector, end));
        sentinels.withdraw(payable(watcher));

        vm.warp(end);
        vm.expectEmit();
        emit ISentinelQuorum.Withdrawn(watcher, watcher, MIN_BOND);
        sentinels.withdraw(payable(watcher));
        vm.assertEq(watcher.balance, MIN_BOND);
        bytes memory reason = abi.encodeWithSelector(ISentinelQuorum.NotBonded.selector, watcher);
        vm.expectRevert(reason);
        sentinels.withdraw(payable(watcher));
        vm.expectRevert(reason);
        sentinels.leave();
        vm.stopPrank();
    }

    function test_leaving_twice_does_not_prolong_the_period_but_coming_back_begins_it_anew() external {
        uint48 end = uint48(block.timestamp + UNBONDING);
        leave(watchers[0]);
        vm.warp(end - 1);
        vm.prank(watchers[0]);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.AlreadyLeaving.selector, end));
        sentinels.leave();
        bond(watchers[0], 0);
        vm.assertTrue(sentinels.isActive(watchers[0]));
        leave(watchers[0]);
        vm.assertEq(sentinels.bondOf(watchers[0]).withdrawableAt, end - 1 + UNBONDING);
    }

    function test_the_owner_cannot_keep_the_bond_of_a_watcher_it_removes() external {
        uint48 end = uint48(block.timestamp + UNBONDING);
        sentinels.setWatcher(watchers[0], false);
        vm.warp(end - 1);
        sentinels.setWatcher(watchers[0], true);
        sentinels.setWatcher(watchers[0], false);
        vm.warp(end + 1);
        vm.prank(watchers[0]);
        sentinels.withdraw(payable(ANYONE));
        vm.assertEq(ANYONE.balance, MIN_BOND);
    }

    function test_a_removed_watcher_cannot_come_back_by_itself() external {
        sentinels.setWatcher(watchers[0], false);
        vm.prank(watchers[0]);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.NotAdmitted.selector, watchers[0]));
        sentinels.bond();
    }

    // ---- slashing ----

    function test_slashes_what_was_signed_and_used(uint128 amount) external {
        amount = uint128(bound(amount, 1, 2 * MIN_BOND));
        uint128 lost = amount < MIN_BOND ? amount : MIN_BOND;
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        submit(a, signatures);
        bytes32 digest = sentinels.hashAttestation(a);
        vm.expectEmit();
        emit Slashed(watchers[1], digest, lost, TREASURY);
        sentinels.slash(a, signatures[1], amount, TREASURY);
        vm.assertEq(sentinels.bondOf(watchers[1]).amount, MIN_BOND - lost);
        vm.assertEq(sentinels.collectable(TREASURY), lost);
        vm.assertFalse(sentinels.isActive(watchers[1]));
        vm.assertTrue(sentinels.isActive(watchers[0]));
    }

    function test_a_keys_signature_must_be_shown_again() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        submit(a, signatures);
        signatures[0].signature = "";
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.SignatureInvalid.selector, watchers[0]));
        sentinels.slash(a, signatures[0], 1, TREASURY);
    }

    function test_slashes_each_watcher_once_for_an_attestation() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 3);
        bytes32 digest = sentinels.hashAttestation(a);
        sentinels.slash(a, signatures[0], 1, TREASURY);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.AlreadySlashed.selector, watchers[0], digest));
        sentinels.slash(a, signatures[0], 1, TREASURY);
        sentinels.slash(a, signatures[1], 1, TREASURY);
        a.evidence = keccak256("another lie");
        sentinels.slash(a, signed(a, 1)[0], 1, TREASURY);
        vm.assertEq(sentinels.collectable(TREASURY), 3);
    }

    function test_slashes_nobody_for_what_it_did_not_sign(uint8 field) external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 3);
        field = uint8(bound(field, 0, 3));
        if (field == 0) signatures[0].signature = signatures[1].signature;
        if (field == 1) a.evidence = keccak256("other evidence");
        if (field == 2) a.deadline += 1;
        if (field == 3) signatures[0].signature = signed(newQuorum().hashAttestation(a), 1)[0].signature;
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.SignatureInvalid.selector, watchers[0]));
        sentinels.slash(a, signatures[0], 1, TREASURY);
    }

    function test_a_word_that_was_punished_does_not_count_any_more() external {
        bond(watchers[0], MIN_BOND);
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        sentinels.slash(a, signatures[0], 1, TREASURY);
        vm.assertTrue(sentinels.isActive(watchers[0]));
        refused(a, signatures, belowQuorum(2));
        submit(a, signed(a, 15));
    }

    function test_a_slashed_watcher_becomes_active_again_by_making_up_for_it() external {
        Attestation memory a = attest();
        sentinels.slash(a, signed(a, 1)[0], 3, TREASURY);
        vm.deal(watchers[0], 3);
        vm.startPrank(watchers[0]);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.BondTooSmall.selector, MIN_BOND - 1, MIN_BOND));
        sentinels.bond{value: 2}();
        sentinels.bond{value: 3}();
        vm.stopPrank();
        vm.assertTrue(sentinels.isActive(watchers[0]));
    }

    function test_a_watcher_that_left_is_slashed_until_it_withdraws() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        submit(a, signatures);
        leave(watchers[0]);
        leave(watchers[1]);
        vm.warp(block.timestamp + UNBONDING);
        sentinels.slash(a, signatures[0], MIN_BOND - 1, TREASURY);
        vm.prank(watchers[0]);
        sentinels.withdraw(payable(watchers[0]));
        vm.assertEq(watchers[0].balance, 1);
        vm.prank(watchers[1]);
        sentinels.withdraw(payable(watchers[1]));
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.NothingToSlash.selector, watchers[1]));
        sentinels.slash(a, signatures[1], MIN_BOND, TREASURY);
    }

    /// @dev However late an attestation is used, and however fast its signers leave.
    function test_the_owner_has_the_whole_period_from_the_use_of_an_attestation(uint64 used, uint64 judged) external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        vm.warp(bound(used, block.timestamp, a.deadline));
        submit(a, signatures);
        leave(watchers[0]);
        uint48 end = uint48(block.timestamp + UNBONDING);
        vm.warp(bound(judged, block.timestamp, end - 1));
        vm.prank(watchers[0]);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.BondLocked.selector, end));
        sentinels.withdraw(payable(watchers[0]));
        sentinels.slash(a, signatures[0], MIN_BOND, TREASURY);
        vm.assertEq(sentinels.collectable(TREASURY), MIN_BOND);
    }

    function test_slashing_ends_with_the_window() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 3);
        uint256 end = uint256(a.deadline) + UNBONDING;
        vm.warp(end);
        sentinels.slash(a, signatures[0], 1, TREASURY);
        vm.warp(end + 1);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.SlashingOver.selector, end));
        sentinels.slash(a, signatures[1], 1, TREASURY);
    }

    function test_a_deadline_at_the_end_of_time_does_not_protect_from_slashing() external {
        Attestation memory a = attest();
        a.deadline = type(uint64).max;
        Signature[] memory signatures = signed(a, 7);
        submit(a, signatures);
        vm.warp(block.timestamp + 1000 days);
        sentinels.slash(a, signatures[0], MIN_BOND, TREASURY);
        vm.assertEq(sentinels.collectable(TREASURY), MIN_BOND);
    }

    function test_there_must_be_something_to_slash() external {
        Attestation memory a = attest();
        Signature memory word = signed(a, 1)[0];
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.NothingToSlash.selector, watchers[0]));
        sentinels.slash(a, word, 0, TREASURY);
        word = Signature(vm.addr(99), signature(99, sentinels.hashAttestation(a)));
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.NothingToSlash.selector, word.signer));
        sentinels.slash(a, word, 1, TREASURY);
    }

    // ---- payments ----

    function test_the_recipient_collects_once() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 3);
        sentinels.slash(a, signatures[0], 1 ether, TREASURY);
        sentinels.slash(a, signatures[1], 0.5 ether, TREASURY);
        vm.startPrank(TREASURY);
        sentinels.collect(payable(ANYONE));
        vm.assertEq(ANYONE.balance, 1.5 ether);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.NothingToCollect.selector, TREASURY));
        sentinels.collect(payable(ANYONE));
        vm.stopPrank();
    }

    function test_a_recipient_that_cannot_be_paid_loses_nothing_and_holds_up_nobody() external {
        address unpayable = address(new Unpayable());
        Attestation memory a = attest();
        sentinels.slash(a, signed(a, 1)[0], MIN_BOND, unpayable);
        vm.startPrank(unpayable);
        vm.expectRevert(Errors.FailedCall.selector);
        sentinels.collect(payable(unpayable));
        vm.assertEq(sentinels.collectable(unpayable), MIN_BOND);
        sentinels.collect(payable(ANYONE));
        vm.stopPrank();
        vm.assertEq(ANYONE.balance, MIN_BOND);
    }

    function test_a_reentrant_account_is_paid_once() external {
        Greedy greedy = new Greedy(sentinels);
        address payable to = payable(address(greedy));
        Attestation memory a = attest();
        sentinels.slash(a, signed(a, 1)[0], MIN_BOND, to);
        sentinels.setWatcher(to, true);
        vm.deal(address(this), MIN_BOND);
        greedy.bond{value: MIN_BOND}();

        bytes memory collect = abi.encodeCall(sentinels.collect, (to));
        greedy.ask(collect, collect);
        vm.assertEq(greedy.refusal(), abi.encodeWithSelector(ISentinelQuorum.NothingToCollect.selector, to));
        vm.assertEq(to.balance, MIN_BOND);

        greedy.ask(abi.encodeCall(sentinels.leave, ()), "");
        vm.warp(block.timestamp + UNBONDING);
        bytes memory withdraw = abi.encodeCall(sentinels.withdraw, (to));
        greedy.ask(withdraw, withdraw);
        vm.assertEq(greedy.refusal(), abi.encodeWithSelector(ISentinelQuorum.NotBonded.selector, to));
        vm.assertEq(to.balance, 2 * MIN_BOND);
        vm.assertEq(address(sentinels).balance, (WATCHERS - 1) * MIN_BOND);
    }

    function test_plain_payments_are_refused() external {
        vm.deal(address(this), 1);
        (bool success,) = address(sentinels).call{value: 1}("");
        vm.assertFalse(success);
    }
}

/// @dev Its own functions are called at random, in any order, and it keeps books of what was paid.
contract SentinelBooksTest is SentinelFixture {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private paidIn;
    uint256 private paidOut;
    uint256 private forced;
    uint256 private slashed;
    uint256 private withdrawn;
    uint256 private collected;

    function setUp() public override {
        super.setUp();
        paidIn = WATCHERS * MIN_BOND;
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(this);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0].addr = address(this);
        list[0].selectors = new bytes4[](8);
        list[0].selectors[0] = this.payBond.selector;
        list[0].selectors[1] = this.leaveAny.selector;
        list[0].selectors[2] = this.withdrawAny.selector;
        list[0].selectors[3] = this.setAny.selector;
        list[0].selectors[4] = this.slashAny.selector;
        list[0].selectors[5] = this.collectAny.selector;
        list[0].selectors[6] = this.forceEther.selector;
        list[0].selectors[7] = this.wait.selector;
    }

    function payBond(uint256 who, uint96 amount) external {
        address watcher = watchers[who % WATCHERS];
        vm.deal(watcher, watcher.balance + amount);
        vm.prank(watcher);
        try sentinels.bond{value: amount}() {
            paidIn += amount;
        } catch {}
    }

    function leaveAny(uint256 who) external {
        vm.prank(watchers[who % WATCHERS]);
        try sentinels.leave() {} catch {}
    }

    function withdrawAny(uint256 who) external {
        address watcher = watchers[who % WATCHERS];
        uint256 before = watcher.balance;
        vm.prank(watcher);
        try sentinels.withdraw(payable(watcher)) {
            paidOut += watcher.balance - before;
            ++withdrawn;
        } catch {}
    }

    function setAny(uint256 who, bool admitted) external {
        try sentinels.setWatcher(watchers[who % WATCHERS], admitted) {} catch {}
    }

    function slashAny(uint256 who, uint128 amount, uint256 recipient, bytes32 evidence) external {
        Attestation memory a = attest();
        a.evidence = evidence;
        Signature memory word = signed(a, 1 << (who % WATCHERS))[0];
        try sentinels.slash(a, word, amount, recipientAt(recipient)) {
            ++slashed;
        } catch {}
    }

    function collectAny(uint256 who) external {
        address to = recipientAt(who);
        uint256 before = to.balance;
        vm.prank(to);
        try sentinels.collect(payable(to)) {
            paidOut += to.balance - before;
            ++collected;
        } catch {}
    }

    function forceEther(uint96 amount) external {
        vm.deal(address(sentinels), address(sentinels).balance + amount);
        forced += amount;
    }

    function wait(uint32 time) external {
        vm.warp(block.timestamp + time % UNBONDING);
    }

    /// @dev Whatever state a watcher was removed in.
    /// forge-config: default.invariant.runs = 16
    /// forge-config: default.invariant.depth = 128
    function invariant_only_admitted_watchers_are_active() external view {
        vm.assertEq(countActive(watchers), countActive(sentinels.watchers()));
    }

    /// forge-config: default.invariant.runs = 32
    /// forge-config: default.invariant.depth = 256
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_the_balance_is_what_is_owed_and_what_was_forced_in() external view {
        uint256 owed = 0;
        for (uint256 i = 0; i < WATCHERS; ++i) {
            owed += sentinels.bondOf(watchers[i]).amount;
        }
        for (uint256 i = 0; i <= WATCHERS; ++i) {
            owed += sentinels.collectable(recipientAt(i));
        }
        vm.assertEq(address(sentinels).balance, owed + forced);
        vm.assertEq(owed, paidIn - paidOut);
        vm.assertTrue(sentinels.quorum() <= sentinels.watchers().length);
    }

    /// @dev Otherwise the invariant would show little.
    function test_what_is_called_at_random_pays_out() external {
        this.payBond(0, 1 ether);
        this.slashAny(0, 1 ether, WATCHERS, "lie");
        this.collectAny(WATCHERS);
        this.leaveAny(0);
        this.wait(uint32(UNBONDING) - 1);
        this.wait(1);
        this.withdrawAny(0);
        vm.assertEq(slashed, 1);
        vm.assertEq(collected, 1);
        vm.assertEq(withdrawn, 1);
        vm.assertEq(paidIn - paidOut, (WATCHERS - 1) * MIN_BOND);
    }

    function countActive(address[] memory accounts) private view returns (uint256 count) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (sentinels.isActive(accounts[i])) ++count;
        }
    }

    /// @dev Watchers may be recipients too.
    function recipientAt(uint256 index) private view returns (address) {
        index %= WATCHERS + 1;
        return index == WATCHERS ? TREASURY : watchers[index];
    }
}
