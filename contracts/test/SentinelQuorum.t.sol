// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Freezable} from "../src/Freezable.sol";
import {IBreaker} from "../src/interfaces/IBreaker.sol";
import {IPatchGate, Signature} from "../src/interfaces/IPatchGate.sol";
import {Attestation, ISentinelQuorum} from "../src/interfaces/ISentinelQuorum.sol";
import {Vault} from "./mocks/Originals.sol";
import {Lender, SentinelFixture} from "./SentinelFixture.sol";

/// @dev A watcher that is a contract with one key behind it, and may change its mind.
contract ContractWatcher is IERC1271 {
    enum Mood {
        Honest,
        Denies,
        BurnsGas,
        ReturnsTooMuch
    }

    address private immutable _key;
    Mood private _mood;

    constructor(address key) {
        _key = key;
    }

    function become(Mood mood) external {
        _mood = mood;
    }

    function bond(ISentinelQuorum sentinels) external payable {
        sentinels.bond{value: msg.value}();
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (_mood == Mood.Denies) return 0xffffffff;
        while (_mood == Mood.BurnsGas) {}
        if (_mood == Mood.ReturnsTooMuch) {
            assembly {
                return(0, 100000)
            }
        }
        return ECDSA.recover(hash, signature) == _key ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @dev What it takes to freeze.
contract SentinelQuorumTest is SentinelFixture {
    event Attested(bytes32 indexed digest, address indexed watcher);
    event IncidentFrozen(
        address indexed target, bytes32 indexed incident, bytes32 indexed digest, bytes32 evidence, uint64 until
    );

    function test_a_quorum_freezes_through_the_gate() external {
        Attestation memory a = attest();
        bytes32 digest = sentinels.hashAttestation(a);
        Signature[] memory signatures = signed(a, 7);
        uint64 end = uint64(block.timestamp) + a.duration;
        for (uint256 i = 0; i < QUORUM; ++i) {
            vm.expectEmit();
            emit Attested(digest, watchers[i]);
        }
        vm.expectEmit();
        emit IncidentFrozen(target, INCIDENT, digest, a.evidence, end);
        vm.assertEq(submit(a, signatures), end);
        expectFrozen(vault);
        vm.assertTrue(gate.targetOf(target).shimmed);
        vm.assertTrue(sentinels.isActedUpon(target, INCIDENT));
    }

    function test_a_quorum_freezes_at_the_breaker_what_has_no_gate() external {
        Attestation memory a = attest(address(lender), Lender.borrow.selector);
        lender.borrow();
        vm.assertEq(submit(a, signed(a, 7)), block.timestamp + a.duration);
        vm.expectRevert(abi.encodeWithSelector(Freezable.FunctionFrozen.selector, Lender.borrow.selector));
        lender.borrow();
    }

    function test_follows_a_target_to_its_new_gate() external {
        address other = address(0x6A7E);
        bytes memory answer = "the new gate was asked";
        breaker.setGate(target, other);
        vm.mockCallRevert(other, abi.encodeWithSelector(IPatchGate.freeze.selector), answer);
        Attestation memory a = attest();
        refused(a, signed(a, 7), answer);
    }

    function test_the_digest_is_the_one_of_eip_712() external view {
        Attestation memory a = attest();
        a.selectors = new bytes4[](2);
        (a.selectors[0], a.selectors[1]) = (Vault.withdraw.selector, Vault.deposit.selector);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Suture SentinelQuorum"),
                keccak256("1"),
                block.chainid,
                address(sentinels)
            )
        );
        bytes32 typeHash = keccak256(
            "Attestation(address target,bytes4[] selectors,uint64 duration,bytes32 incident,bytes32 evidence,uint64 deadline)"
        );
        bytes32 list = keccak256(bytes.concat(abi.encode(Vault.withdraw.selector), abi.encode(Vault.deposit.selector)));
        bytes32 hash = keccak256(abi.encode(typeHash, target, list, a.duration, a.incident, a.evidence, a.deadline));
        vm.assertEq(sentinels.hashAttestation(a), keccak256(abi.encodePacked(hex"1901", domain, hash)));
    }

    function test_any_quorum_suffices_and_no_fewer(uint256 mask) external {
        mask = bound(mask, 0, ALL);
        uint256 count = ones(mask);
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, mask);
        if (count < QUORUM) return refused(a, signatures, belowQuorum(count));
        submit(a, signatures);
        expectFrozen(vault);
    }

    function test_two_of_five_may_be_gone_altogether(uint256 first, uint256 second) external {
        first = bound(first, 0, WATCHERS - 1);
        second = (first + bound(second, 1, WATCHERS - 1)) % WATCHERS;
        leave(watchers[first]);
        vm.warp(block.timestamp + UNBONDING);
        vm.prank(watchers[first]);
        sentinels.withdraw(payable(ANYONE));
        sentinels.setWatcher(watchers[second], false);
        Attestation memory a = attest();
        submit(a, signed(a, ALL ^ (1 << first) ^ (1 << second)));
        expectFrozen(vault);
    }

    // ---- who does not count ----

    function test_refuses_the_same_watcher_twice_and_descending_signers() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        bytes memory reason = abi.encodeWithSelector(ISentinelQuorum.SignersNotAscending.selector, watchers[0]);
        refused(a, signatures, reason);
        signatures[0] = signatures[1];
        refused(a, signatures, reason);
        signatures[0].signer = address(0);
        refused(a, signatures, abi.encodeWithSelector(ISentinelQuorum.SignersNotAscending.selector, address(0)));
    }

    function test_strangers_do_not_count(uint256 key) external {
        key = bound(key, 100, type(uint128).max);
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        address stranger = vm.addr(key);
        uint256 at = stranger < watchers[1] ? 0 : stranger < watchers[2] ? 1 : 2;
        signatures[at] = Signature(stranger, signature(key, sentinels.hashAttestation(a)));
        refused(a, signatures, belowQuorum(2));
    }

    function test_a_watcher_without_a_bond_does_not_count() external {
        sentinels = newQuorum();
        breaker.setPauser(target, address(sentinels), uint32(MAX_FREEZE));
        Attestation memory a = attest();
        refused(a, signed(a, ALL), belowQuorum(0));
        bond(watchers[0], MIN_BOND);
        bond(watchers[1], MIN_BOND);
        refused(a, signed(a, ALL), belowQuorum(2));
        bond(watchers[2], MIN_BOND);
        submit(a, signed(a, ALL));
    }

    function test_a_watcher_that_leaves_does_not_count_until_it_comes_back() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        leave(watchers[1]);
        refused(a, signatures, belowQuorum(2));
        bond(watchers[1], 0);
        submit(a, signatures);
    }

    function test_a_removed_watcher_does_not_count_until_it_is_admitted_and_comes_back() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        sentinels.setWatcher(watchers[1], false);
        refused(a, signatures, belowQuorum(2));
        sentinels.setWatcher(watchers[1], true);
        refused(a, signatures, belowQuorum(2));
        bond(watchers[1], 0);
        submit(a, signatures);
    }

    function test_a_watcher_that_leaves_at_the_last_moment_does_not_spoil_the_freeze() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 15);
        leave(watchers[1]);
        submit(a, signatures);
        expectFrozen(vault);
    }

    function test_a_bad_signature_does_not_spoil_the_freeze(bytes calldata junk) external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 15);
        signatures[2].signature = junk;
        submit(a, signatures);
        expectFrozen(vault);
    }

    function test_signatures_of_another_key_or_another_text_do_not_count(bytes32 other) external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        vm.assume(other != sentinels.hashAttestation(a));
        signatures[1].signature = signatures[0].signature;
        refused(a, signatures, belowQuorum(2));
        signatures[1].signature = signature(watcherKeys[1], other);
        refused(a, signatures, belowQuorum(2));
        signatures[1].signature = "";
        refused(a, signatures, belowQuorum(2));
    }

    function test_what_was_not_signed_is_not_done(uint8 field) external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        field = uint8(bound(field, 0, 6));
        if (field == 0) a.target = address(lender);
        if (field == 1) a.selectors[0] = Vault.deposit.selector;
        if (field == 2) a.selectors = new bytes4[](2);
        if (field == 3) a.duration += 1;
        if (field == 4) a.incident = keccak256("another incident");
        if (field == 5) a.evidence = keccak256("other evidence");
        if (field == 6) a.deadline += 1;
        refused(a, signatures, belowQuorum(0));
    }

    // ---- replay ----

    function test_an_incident_is_acted_upon_once_per_target() external {
        Attestation memory a = attest();
        submit(a, signed(a, 7));
        bytes memory reason = abi.encodeWithSelector(ISentinelQuorum.AlreadyActedUpon.selector, target, INCIDENT);
        refused(a, signed(a, 7), reason);
        refused(a, signed(a, ALL), reason);
        gate.unfreeze(target);
        refused(a, signed(a, 7), reason);
        a.evidence = keccak256("more evidence");
        refused(a, signed(a, 7), reason);

        a.incident = keccak256("another incident");
        submit(a, signed(a, 7));
        expectFrozen(vault);
        a = attest(address(lender), Lender.borrow.selector);
        submit(a, signed(a, 7));
        vm.assertTrue(breaker.isFrozen(address(lender), Lender.borrow.selector));
    }

    function test_signatures_for_another_chain_do_not_count() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        vm.chainId(block.chainid + 1);
        refused(a, signatures, belowQuorum(0));
    }

    function test_signatures_for_another_quorum_do_not_count() external {
        Attestation memory a = attest();
        refused(a, signed(newQuorum().hashAttestation(a), 7), belowQuorum(0));
    }

    function test_refuses_a_passed_deadline() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        vm.warp(a.deadline + 1);
        refused(a, signatures, abi.encodeWithSelector(ISentinelQuorum.DeadlinePassed.selector, a.deadline));
        vm.warp(a.deadline);
        submit(a, signatures);
    }

    function test_a_freeze_that_fails_uses_nothing_up() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        breaker.setPauser(target, address(sentinels), 0);
        refused(a, signatures, abi.encodeWithSelector(IBreaker.NotPermitted.selector, target, address(sentinels)));
        vm.assertFalse(sentinels.isActedUpon(target, INCIDENT));
        breaker.setPauser(target, address(sentinels), uint32(MAX_FREEZE));
        submit(a, signatures);
    }

    // ---- the worst case ----

    function test_a_stolen_quorum_freezes_for_its_budget_and_no_longer() external {
        uint64 end = uint64(block.timestamp + MAX_FREEZE);
        Attestation memory a = attest();
        a.duration = 1;
        submit(a, signed(a, 7));

        vm.warp(end - 1);
        a = attest();
        a.incident = keccak256("a second one");
        vm.assertEq(submit(a, signed(a, 7)), end);

        vm.warp(end);
        a = attest();
        a.incident = keccak256("a third one");
        bytes memory blown = abi.encodeWithSelector(IBreaker.FuseBlown.selector, target, address(sentinels), end);
        refused(a, signed(a, ALL), blown);
        vault.withdraw(0);
    }

    function test_a_quorum_cannot_freeze_where_it_is_no_pauser_nor_longer_than_the_breaker_allows() external {
        Attestation memory a = attest(address(this), Lender.borrow.selector);
        refused(
            a, signed(a, ALL), abi.encodeWithSelector(IBreaker.NotPermitted.selector, address(this), address(sentinels))
        );
        a = attest();
        a.duration = MAX_FREEZE + 1;
        refused(
            a, signed(a, ALL), abi.encodeWithSelector(IBreaker.DurationOutOfBounds.selector, a.duration, MAX_FREEZE)
        );
    }

    // ---- heartbeat ----

    function test_an_active_watcher_keeps_the_quorum_alive() external {
        address[] memory targets = new address[](2);
        (targets[0], targets[1]) = (target, address(lender));
        vm.warp(block.timestamp + HEARTBEAT);
        vm.prank(watchers[3]);
        sentinels.heartbeat(targets);
        vm.assertEq(breaker.pauserOf(target, address(sentinels)).heardAt, block.timestamp);
        vm.assertEq(breaker.pauserOf(address(lender), address(sentinels)).heardAt, block.timestamp);
    }

    function test_nobody_else_sends_a_heartbeat(address anyone) external {
        leave(watchers[0]);
        vm.assume(!sentinels.isActive(anyone));
        address[2] memory callers = [anyone, watchers[0]];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.NotActive.selector, callers[i]));
            sentinels.heartbeat(new address[](0));
        }
    }

    function test_a_quorum_that_was_silent_too_long_freezes_nothing() external {
        uint64 since = uint64(block.timestamp) + HEARTBEAT;
        vm.warp(since + 1);
        Attestation memory a = attest();
        refused(
            a, signed(a, ALL), abi.encodeWithSelector(IBreaker.PauserSilent.selector, target, address(sentinels), since)
        );
    }
}

/// @dev Watchers that are contracts, and accounts that become contracts.
contract SentinelQuorumContractsTest is SentinelFixture {
    uint256 private constant KEY = 77;
    ContractWatcher private wallet;

    function setUp() public override {
        super.setUp();
        wallet = new ContractWatcher(vm.addr(KEY));
        sentinels.setWatcher(address(wallet), true);
        vm.deal(address(this), MIN_BOND);
        wallet.bond{value: MIN_BOND}(sentinels);
    }

    function test_a_watcher_can_be_a_contract() external {
        Attestation memory a = attest();
        submit(a, withWallet(a, 3));
        expectFrozen(vault);
    }

    function test_a_contract_that_does_not_agree_does_not_count(uint8 mood) external {
        wallet.become(ContractWatcher.Mood(bound(mood, 1, 3)));
        Attestation memory a = attest();
        refused(a, withWallet(a, 3), belowQuorum(2));
        submit(a, withWallet(a, 7));
        expectFrozen(vault);
    }

    function test_a_contract_cannot_burn_the_gas_of_a_freeze() external {
        wallet.become(ContractWatcher.Mood.BurnsGas);
        Attestation memory a = attest();
        Signature[] memory signatures = withWallet(a, 7);
        vm.prank(ANYONE);
        sentinels.freeze{gas: 1_500_000}(a, signatures);
        expectFrozen(vault);
    }

    function test_a_signature_too_long_to_check_does_not_count() external {
        Attestation memory a = attest();
        Signature[] memory signatures = withWallet(a, 7);
        for (uint256 i = 0; i < signatures.length; ++i) {
            if (signatures[i].signer == address(wallet)) signatures[i].signature = new bytes(600_000);
        }
        submit(a, signatures);
        expectFrozen(vault);
    }

    function test_a_signature_is_the_signers_own(bytes32 digest) external view {
        bytes memory byKey = signature(KEY, digest);
        bytes memory byAnother = signature(KEY + 1, digest);
        vm.assertTrue(sentinels.hasSigned(digest, Signature(address(wallet), byKey)));
        vm.assertFalse(sentinels.hasSigned(digest, Signature(address(wallet), byAnother)));
        vm.assertTrue(sentinels.hasSigned(digest, Signature(vm.addr(KEY), byKey)));
        vm.assertFalse(sentinels.hasSigned(digest, Signature(vm.addr(KEY), byAnother)));
        vm.assertFalse(sentinels.hasSigned(digest, Signature(address(0), "")));
    }

    function test_a_contract_cannot_take_back_a_word_that_counted() external {
        Attestation memory a = attest();
        submit(a, withWallet(a, 3));
        wallet.become(ContractWatcher.Mood.Denies);
        Signature memory word = Signature(address(wallet), "");
        sentinels.slash(a, word, 1, TREASURY);
        vm.assertEq(sentinels.bondOf(address(wallet)).amount, MIN_BOND - 1);
        bytes32 digest = sentinels.hashAttestation(a);
        vm.expectRevert(abi.encodeWithSelector(ISentinelQuorum.AlreadySlashed.selector, address(wallet), digest));
        sentinels.slash(a, word, 1, TREASURY);
    }

    function test_a_contract_is_slashed_for_no_word_but_the_one_it_gave() external {
        Attestation memory a = attest();
        submit(a, signed(a, 7));
        bytes memory reason = abi.encodeWithSelector(ISentinelQuorum.SignatureInvalid.selector, address(wallet));
        Signature memory word = Signature(address(wallet), "");
        vm.expectRevert(reason);
        sentinels.slash(a, word, MIN_BOND, TREASURY);
        word.signature = signature(KEY, sentinels.hashAttestation(a));
        sentinels.slash(a, word, MIN_BOND, TREASURY);
        vm.assertEq(sentinels.collectable(TREASURY), MIN_BOND);
    }

    function test_a_contract_that_was_slashed_for_its_word_cannot_give_it_any_more() external {
        Attestation memory a = attest();
        Signature memory word = Signature(address(wallet), signature(KEY, sentinels.hashAttestation(a)));
        vm.deal(address(this), 1);
        wallet.bond{value: 1}(sentinels);
        sentinels.slash(a, word, 1, TREASURY);
        vm.assertTrue(sentinels.isActive(address(wallet)));
        refused(a, withWallet(a, 3), belowQuorum(2));
    }

    /// @dev As after an EIP-7702 delegation.
    function test_a_key_answers_for_its_signature_whatever_code_its_account_has() external {
        Attestation memory a = attest();
        Signature[] memory signatures = signed(a, 7);
        vm.etch(watchers[0], type(Lender).creationCode);
        submit(a, signatures);
        sentinels.slash(a, signatures[0], MIN_BOND, TREASURY);
        vm.assertEq(sentinels.bondOf(watchers[0]).amount, 0);
    }

    /// @dev The watchers of `mask` and the wallet, ascending.
    function withWallet(Attestation memory a, uint256 mask) private view returns (Signature[] memory list) {
        Signature[] memory others = signed(a, mask);
        list = new Signature[](others.length + 1);
        uint256 at = 0;
        for (; at < others.length && others[at].signer < address(wallet); ++at) {
            list[at] = others[at];
        }
        list[at] = Signature(address(wallet), signature(KEY, sentinels.hashAttestation(a)));
        for (; at < others.length; ++at) {
            list[at + 1] = others[at];
        }
    }
}
