// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IGuardShim} from "../src/interfaces/IGuardShim.sol";
import {IPatchGate, Kind, Registration, Rollback, Signature, Target} from "../src/interfaces/IPatchGate.sol";
import {IRestrictionVerifier, Run} from "../src/interfaces/IRestrictionVerifier.sol";
import {IDiamond} from "../src/interfaces/IUpgradeable.sol";
import {PatchGate} from "../src/PatchGate.sol";
import {GateFixture} from "./GateFixture.sol";
import {Diamond} from "./handlers/Banks.sol";
import {Busybody, FickleGuardian, FickleSafe} from "./mocks/Malicious.sol";
import {Mirror, PlainVault, UupsVault, UupsVaultV2, Vault} from "./mocks/Originals.sol";
import {PatchBuilder} from "./PatchBuilder.sol";
import {SiteMap} from "./SiteMap.sol";

/// @dev What somebody tries who has signatures, keys or contracts he should not have, and what he gets for it.
contract AttacksTest is GateFixture {
    using PatchBuilder for bytes;

    address private constant THIEF = address(0x7417F);

    address private target;
    Vault private vault;
    bytes32 private nextSalt = "salt";

    function setUp() public override {
        super.setUp();
        (target, vault) = register(Kind.Uups);
    }

    // ---- replay ----

    function test_a_restriction_is_not_used_twice_not_even_after_a_rollback() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        submit(p, signatures);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 1, 0));
        gate.rollback(target);
        bytes memory used = abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 2, 0);
        _refused(p, signatures, used);
        p.runtime = "";
        _refused(p, signatures, used);
    }

    function test_a_restriction_signed_before_a_target_left_is_void_when_it_comes_back() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        submit(p, signatures);
        gate.rollback(target);
        address implementation = gate.targetOf(target).original;
        gate.deregisterTarget(target);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.TargetUnknown.selector, target));
        gate.registerTarget(registration(target, Kind.Uups, address(0), implementation));
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 3, 0));
    }

    /// @dev The owner took the first back and so gave a new window; what was signed in the old one must not be used in it.
    function test_a_restriction_that_was_signed_and_not_used_does_not_survive_a_rollback() external {
        restrict(target);
        (Proposal memory p, Signature[] memory signatures) = _signed();
        gate.rollback(target);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 2, 1));
    }

    function test_a_rollback_is_not_used_twice_nor_taken_for_another_target() external {
        restrict(target);
        Rollback memory request = Rollback(target, 1, block.timestamp);
        Signature[] memory signatures = sign(gate.hashRollback(request), 0, 2);
        gate.rollbackApproved(request, signatures);
        restrict(target);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 3, 1));
        gate.rollbackApproved(request, signatures);

        (address other,) = register(Kind.Uups);
        restrict(other);
        request.target = other;
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, signatures[0].signer));
        gate.rollbackApproved(request, signatures);
    }

    function test_signatures_count_on_one_chain_at_one_gate_for_one_target() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        bytes memory invalid = abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, signatures[0].signer);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        _refused(p, signatures, invalid);
        vm.chainId(chain);

        PatchGate other = newGate();
        signatures = sign(other.hashRestriction(p.restriction), 0, 2);
        _refused(p, signatures, invalid);

        (address twin,) = register(Kind.Uups);
        (p, signatures) = _signed();
        p.restriction.target = twin;
        p.restriction.originalCodeHash = gate.targetOf(twin).originalCodeHash;
        _refused(p, signatures, invalid);
    }

    function test_a_commitment_counts_for_one_restriction_only() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        gate.commit(gate.hashRestriction(p.restriction), signatures);
        p.restriction.salt = "mine";
        _refused(p, new Signature[](0), abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 0, 2));
    }

    function test_an_expired_restriction_stays_expired_behind_a_commitment() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        gate.commit(gate.hashRestriction(p.restriction), signatures);
        vm.warp(p.restriction.deadline + 1);
        bytes memory late = abi.encodeWithSelector(IPatchGate.DeadlinePassed.selector, p.restriction.deadline);
        _refused(p, new Signature[](0), late);
        vm.expectRevert(late);
        gate.publish(p.restriction, p.runtime, new Signature[](0));
    }

    // ---- the original is not what it was ----

    function test_code_that_changed_under_the_gate_is_not_restricted() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        address original = gate.targetOf(target).original;
        vm.etch(original, address(new UupsVaultV2()).code);
        bytes memory changed =
            abi.encodeWithSelector(IPatchGate.HashMismatch.selector, p.restriction.originalCodeHash, original.codehash);
        _refused(p, signatures, changed);
        vm.expectRevert(changed);
        gate.publish(p.restriction, p.runtime, signatures);
        // Nor when the guardians sign what is there now: the owner registered other code.
        p.restriction.originalCodeHash = original.codehash;
        bytes32 registered = gate.targetOf(target).originalCodeHash;
        signatures = sign(gate.hashRestriction(p.restriction), 0, 2);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.HashMismatch.selector, registered, original.codehash));
    }

    function test_a_restriction_of_an_earlier_original_is_void() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        address next = address(new UupsVaultV2());
        gate.upgrade(target, next, "", bytes32(0));
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 1, 0));
        p.restriction.nonce = 1;
        signatures = sign(gate.hashRestriction(p.restriction), 0, 2);
        _refused(
            p,
            signatures,
            abi.encodeWithSelector(IPatchGate.HashMismatch.selector, next.codehash, p.restriction.originalCodeHash)
        );
    }

    /// @dev The owner may register the same code again, with another site map: what was signed before is void all the same.
    function test_a_restriction_does_not_survive_an_upgrade_to_the_same_code() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        gate.upgrade(target, gate.targetOf(target).original, "", rootOf(gate.targetOf(target).original));
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 1, 0));
    }

    /// @dev Code that was made in this transaction could still be destroyed in it.
    function test_a_contract_does_not_submit_code_it_could_destroy_behind_the_call() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        bytes memory call = abi.encodeCall(gate.restrict, (p.restriction, p.runtime, p.certificate, signatures));
        (bool success, bytes memory reason) = address(gate).call(call);
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(IPatchGate.PublishFirst.selector));
        // A contract under construction has no code, and is not where the transaction comes from.
        vm.prank(THIEF);
        (success, reason) = address(gate).call(call);
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(IPatchGate.PublishFirst.selector));
        gate.publish(p.restriction, p.runtime, signatures);
        gate.restrict(p.restriction, "", p.certificate, signatures);
    }

    function test_a_restriction_whose_code_is_gone_refuses_and_is_rolled_back_by_anyone_at_once() external {
        restrict(target);
        vm.etch(gate.targetOf(target).current, "");
        vm.expectRevert(abi.encodeWithSelector(IGuardShim.OriginalGone.selector, gate.targetOf(target).current));
        Vault(target).deposit(1);
        vm.prank(THIEF);
        gate.rollback(target);
        Vault(target).deposit(1);
    }

    // ---- the site map ----

    function test_the_site_map_of_another_contract_does_not_count() external {
        Proposal memory p = propose(target);
        bytes memory other = address(new UupsVaultV2()).code;
        (, uint256 pc) = findSubtraction(other);
        Run memory foreign = other.runAt(pc);
        p.certificate.sites[0].run.boundaries = foreign.boundaries;
        p.certificate.sites[0].run.start = foreign.start;
        p.certificate.sites[0].run.end = foreign.end;
        p.certificate.sites[0].pc = foreign.start;
        p.certificate.sites[0].length = 5;
        _refusedSigned(
            p, abi.encodeWithSelector(IRestrictionVerifier.NotInSiteMap.selector, foreign.start, foreign.end)
        );
    }

    function test_an_inner_node_of_the_site_map_is_no_run() external {
        Proposal memory p = _inBiggerSiteMap();
        Run memory run = p.certificate.sites[0].run;
        bytes memory refusal = abi.encodeWithSelector(IRestrictionVerifier.NotInSiteMap.selector, run.start, run.end);
        bytes32[] memory proof = run.proof;
        // The proof of the parent, as if the run were it.
        run.proof = new bytes32[](proof.length - 1);
        for (uint256 i = 1; i < proof.length; ++i) {
            run.proof[i - 1] = proof[i];
        }
        _refusedSigned(p, refusal);
        // The two children of an inner node in place of a run: what is hashed twice cannot be what was hashed once.
        run.proof = proof;
        bytes memory boundaries = run.boundaries;
        run.boundaries = abi.encodePacked(PatchBuilder.leaf(run), proof[0]);
        _refusedSigned(p, refusal);
        run.boundaries = boundaries;
        _acceptedSigned(p);
    }

    function test_boundaries_of_ones_own_making_are_not_in_the_site_map() external {
        Proposal memory p = propose(target);
        Run memory run = p.certificate.sites[0].run;
        for (uint256 i = 0; i < run.boundaries.length; ++i) {
            run.boundaries[i] = 0xff;
        }
        _refusedSigned(p, abi.encodeWithSelector(IRestrictionVerifier.NotInSiteMap.selector, run.start, run.end));
    }

    // ---- templates ----

    function test_no_template_comes_in_by_the_side_door() external {
        Proposal memory p = propose(target);
        p.certificate.sites[0].guards[0].template = keccak256("mint@1");
        bytes memory refusal =
            abi.encodeWithSelector(IRestrictionVerifier.TemplateNotAllowed.selector, keccak256("mint@1"));
        _refusedSigned(p, refusal);

        verifier.setTemplateAllowed(PatchBuilder.SUB_CHECKED, false);
        p = propose(target);
        _refusedSigned(
            p, abi.encodeWithSelector(IRestrictionVerifier.TemplateNotAllowed.selector, PatchBuilder.SUB_CHECKED)
        );
    }

    function test_an_argument_cannot_write_past_its_hole() external {
        Proposal memory p = _with(PatchBuilder.CALLER_IS, bytes32(uint256(uint160(THIEF))));
        p.certificate.sites[0].guards[0].args[0] |= bytes32(uint256(1) << 160);
        bytes memory refusal =
            abi.encodeWithSelector(IRestrictionVerifier.ArgumentsMismatch.selector, PatchBuilder.CALLER_IS);
        _refusedSigned(p, refusal);
        p.certificate.sites[0].guards[0].args = new bytes32[](2);
        _refusedSigned(p, refusal);
    }

    function test_an_argument_of_opcodes_stays_a_number() external {
        // JUMPDEST ... SELFDESTRUCT, if anything could jump there.
        address code = address(0x5B5B5B5b5B5B5B5b5B5B5b5B5b5b5B5b5B5B33Ff);
        Proposal memory p = _with(PatchBuilder.CALLER_IS, bytes32(uint256(uint160(code))));
        address patched = _acceptedSigned(p);
        (bool success,) = target.call(abi.encodeCall(Vault.withdraw, (0)));
        vm.assertFalse(success);
        vm.assertTrue(patched.code.length > 0);
    }

    function test_code_that_only_looks_like_a_template_is_refused() external {
        // LT instead of GT: the guard would refuse the honest. JUMP to the way back instead of the tail: it would refuse nobody.
        Proposal memory p = propose(target);
        uint256 guard = _guardAt(p);
        vm.assertEq(bytes32(p.runtime[guard + 2]), bytes32(bytes1(0x11)));
        p.runtime[guard + 2] = 0x10;
        _refusedSigned(p, _mismatch(propose(target), p));
        p = propose(target);
        p.runtime[guard + 5] ^= 0x01;
        _refusedSigned(p, _mismatch(propose(target), p));
    }

    // ---- jumps ----

    function test_the_way_into_a_guard_is_its_first_instruction() external {
        Proposal memory p = propose(target);
        uint16 trampoline = p.certificate.sites[0].trampoline;
        p.certificate.sites[0].trampoline = trampoline + 8;
        _refusedSigned(
            p,
            abi.encodeWithSelector(
                IRestrictionVerifier.TrampolineMisplaced.selector, p.certificate.sites[0].pc, trampoline
            )
        );
        // The same in the code alone.
        p = propose(target);
        p.runtime[uint256(p.certificate.sites[0].pc) + 2] = bytes1(uint8(trampoline + 8));
        _refusedSigned(p, _mismatch(propose(target), p));
        // Between the entry and the end of the trampoline nothing else can be jumped to.
        for (uint256 at = uint256(trampoline) + 1; at < propose(target).runtime.length;) {
            uint8 opcode = uint8(propose(target).runtime[at]);
            vm.assertTrue(opcode != 0x5b);
            at += PatchBuilder.size(opcode);
        }
    }

    function test_a_trampoline_cannot_stand_in_the_data_of_the_original() external {
        Proposal memory p = propose(target);
        uint16 expected = p.certificate.sites[0].trampoline;
        p.certificate.sites[0].trampoline = 1;
        _refusedSigned(
            p,
            abi.encodeWithSelector(
                IRestrictionVerifier.TrampolineMisplaced.selector, p.certificate.sites[0].pc, expected
            )
        );
    }

    function test_data_that_ends_in_an_open_push_does_not_swallow_the_trampoline() external {
        address original = address(new PlainVault());
        bytes memory code = bytes.concat(original.code, hex"fe7f");
        vm.etch(original, code);
        target = address(new UpgradeableBeacon(original, address(gate)));
        protect(target);
        gate.registerTarget(registration(target, Kind.Beacon, address(0), original));
        Proposal memory p = propose(target);
        // With a byte less of the padding the open PUSH would still swallow nothing; the derivation knows one number all the same.
        Proposal memory shorter = propose(target);
        shorter.runtime = bytes.concat(p.runtime.cut(0, code.length), p.runtime.cut(code.length + 1, p.runtime.length));
        bytes memory derived = p.runtime.cut(0, p.runtime.length - 1);
        _refusedSigned(
            shorter,
            abi.encodeWithSelector(
                IRestrictionVerifier.CodeMismatch.selector, keccak256(derived), keccak256(shorter.runtime)
            )
        );
        _acceptedSigned(p);
        vm.etch(address(0xBE), p.runtime);
        vm.assertTrue(refusesWrapping(Vault(address(0xBE))));
    }

    // ---- initialisers and addresses ----

    function test_whoever_initialises_an_implementation_owns_nothing_of_the_targets() external {
        address patched = restrict(target);
        address original = gate.targetOf(target).original;
        address[2] memory implementations = [patched, original];
        for (uint256 i = 0; i < 2; ++i) {
            Vault bare = Vault(implementations[i]);
            vm.startPrank(THIEF);
            bare.initialize(THIEF);
            vm.assertEq(bare.owner(), THIEF);
            vm.expectRevert(UUPSUpgradeable.UUPSUnauthorizedCallContext.selector);
            UupsVault(address(bare)).upgradeToAndCall(address(this), "");
            vm.expectRevert(Vault.NotOwner.selector);
            vault.initialize(THIEF);
            vm.stopPrank();
        }
        vm.assertEq(vault.owner(), address(gate));
    }

    /// @dev A restriction may leave its own address as it was; then nobody can upgrade through it, and that is all.
    function test_patched_code_that_takes_itself_for_the_original_cannot_be_upgraded_by_a_thief() external {
        Proposal memory p = propose(target);
        bytes memory code = gate.targetOf(target).original.code;
        (uint256 from, uint256 pc) = findSubtraction(code);
        (, uint256 length) = code.windowAround(pc);
        (p.runtime, p.certificate) = guardSubtraction(code, from, length, pc);
        address patched = _acceptedSigned(p);
        vm.startPrank(THIEF);
        Vault(patched).initialize(THIEF);
        vm.expectRevert(UUPSUpgradeable.UUPSUnauthorizedCallContext.selector);
        UupsVault(patched).upgradeToAndCall(address(this), "");
        vm.stopPrank();
        gate.rollback(target);
        vm.assertEq(running(target), gate.targetOf(target).original);
    }

    function test_the_address_of_a_patch_cannot_be_taken_first() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        address predicted = gate.predict(target, p.restriction.salt);
        // The same salt from elsewhere is elsewhere; a balance is in nobody's way.
        bytes32 salt = keccak256(abi.encode(target, p.restriction.salt));
        vm.assertNotEq(Create3.deploy(0, salt, hex"6001600081600b8239f300"), predicted);
        vm.deal(predicted, 1 ether);
        vm.assertEq(submit(p, signatures), predicted);
    }

    function test_a_thief_who_submits_first_does_the_guardians_work() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        bytes32 digest = gate.hashRestriction(p.restriction);
        vm.startPrank(THIEF);
        gate.commit(digest, signatures);
        gate.commit(digest, signatures);
        gate.publish(p.restriction, p.runtime, signatures);
        address patched = gate.restrict(p.restriction, "", p.certificate, signatures);
        vm.stopPrank();
        vm.assertEq(gate.targetOf(target).current, patched);
    }

    /// @dev He copies the signatures out of the mempool and publishes the code ahead of the restriction that carries it.
    function test_publishing_ahead_of_a_restriction_does_not_stop_it() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        vm.prank(THIEF);
        gate.publish(p.restriction, p.runtime, signatures);
        vm.assertEq(submit(p, signatures), gate.predict(target, p.restriction.salt));
    }

    function test_published_code_does_not_become_another_restriction() external {
        (Proposal memory p, Signature[] memory signatures) = _signed();
        gate.publish(p.restriction, p.runtime, signatures);
        Proposal memory q = _with(PatchBuilder.CALLER_IS, bytes32(uint256(uint160(THIEF))));
        q.restriction.salt = p.restriction.salt;
        q.runtime = "";
        _refused(
            q,
            sign(gate.hashRestriction(q.restriction), 0, 2),
            abi.encodeWithSelector(
                IPatchGate.HashMismatch.selector, q.restriction.patchedCodeHash, p.restriction.patchedCodeHash
            )
        );
    }

    // ---- diamonds ----

    function test_a_facet_cannot_claim_functions_of_another() external {
        (address diamond, address facet, address other) = _diamond();
        bytes4[] memory list = new bytes4[](2);
        (list[0], list[1]) = (Vault.deposit.selector, Mirror.store.selector);
        Registration memory r = _facet(diamond, facet, list);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SelectorInvalid.selector, Mirror.store.selector));
        gate.registerTarget(r);

        gate.registerTarget(_facet(diamond, facet, selectors(Vault.deposit.selector)));
        breaker.setGate(gate.facetKey(diamond, other), address(gate));
        r = _facet(diamond, other, selectors(Vault.deposit.selector));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SelectorInvalid.selector, Vault.deposit.selector));
        gate.registerTarget(r);
        r = _facet(diamond, facet, selectors(Vault.deposit.selector));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.TargetKnown.selector, gate.facetKey(diamond, facet)));
        gate.registerTarget(r);
    }

    function test_a_function_named_twice_is_refused() external {
        (address diamond, address facet,) = _diamond();
        bytes4[] memory list = new bytes4[](2);
        (list[0], list[1]) = (Vault.deposit.selector, Vault.deposit.selector);
        Registration memory r = _facet(diamond, facet, list);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SelectorInvalid.selector, Vault.deposit.selector));
        gate.registerTarget(r);
    }

    function test_a_frozen_facet_answers_with_its_own_functions_not_the_shims() external {
        (address diamond,, address mirror) = _diamond();
        bytes4[] memory list = new bytes4[](2);
        (list[0], list[1]) = (Mirror.store.selector, Mirror.shimOriginal.selector);
        address key = gate.registerTarget(_facet(diamond, mirror, list));
        vm.prank(SENTINEL);
        gate.freeze(key, selectors(Mirror.store.selector), 1 hours, INCIDENT);
        vm.assertEq(Mirror(payable(diamond)).shimOriginal{value: 7}(), 7);
    }

    // ---- guardians that are contracts ----

    function test_a_guardian_that_changed_its_mind_does_not_count() external {
        FickleGuardian guardian = _withFickleGuardian();
        (Proposal memory p, Signature[] memory signatures) = _signedBy(guardian);
        guardian.become(FickleGuardian.Mood.Contrary, "");
        _refused(p, signatures, _invalid(guardian));
        guardian.become(FickleGuardian.Mood.Agreeable, "");
        bytes32 digest = gate.hashRestriction(p.restriction);
        gate.commit(digest, signatures);
        // What it committed to it cannot take back alone.
        guardian.become(FickleGuardian.Mood.Contrary, "");
        submit(p, new Signature[](0));
    }

    function test_a_guardian_that_burns_gas_is_a_guardian_that_did_not_sign() external {
        FickleGuardian guardian = _withFickleGuardian();
        (Proposal memory p, Signature[] memory signatures) = _signedBy(guardian);
        guardian.become(FickleGuardian.Mood.Hungry, "");
        vm.prank(THIEF, THIEF);
        (bool success, bytes memory reason) = address(gate).call{gas: 20_000_000}(
            abi.encodeCall(gate.restrict, (p.restriction, p.runtime, p.certificate, signatures))
        );
        vm.assertFalse(success);
        vm.assertEq(reason, _invalid(guardian));
    }

    function test_a_guardian_that_answers_a_megabyte_costs_the_gate_nothing() external {
        FickleGuardian guardian = _withFickleGuardian();
        (Proposal memory p, Signature[] memory signatures) = _signedBy(guardian);
        guardian.become(FickleGuardian.Mood.Verbose, "");
        bytes32 digest = gate.hashRestriction(p.restriction);
        uint256 before = gasleft();
        gate.requireQuorum(digest, signatures);
        // A megabyte of memory is paid for once, by the guardian.
        vm.assertTrue(before - gasleft() < 2_200_000);
        guardian.become(FickleGuardian.Mood.Garbled, "");
        _refused(p, signatures, _invalid(guardian));
    }

    function test_a_guardian_whose_code_is_gone_did_not_sign() external {
        FickleGuardian guardian = _withFickleGuardian();
        (Proposal memory p, Signature[] memory signatures) = _signedBy(guardian);
        vm.etch(address(guardian), "");
        _refused(p, signatures, _invalid(guardian));
    }

    function test_a_guardian_cannot_act_while_it_is_asked() external {
        FickleGuardian guardian = _withFickleGuardian();
        (Proposal memory p, Signature[] memory signatures) = _signedBy(guardian);
        bytes32 digest = gate.hashRestriction(p.restriction);
        guardian.become(FickleGuardian.Mood.Agreeable, "");
        bytes[3] memory calls = [
            abi.encodeCall(gate.commit, (digest, signatures)),
            abi.encodeCall(gate.settle, (target)),
            abi.encodeCall(gate.publish, (p.restriction, p.runtime, signatures))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            guardian.become(FickleGuardian.Mood.Meddling, calls[i]);
            _refused(p, signatures, _invalid(guardian));
        }
        vm.assertFalse(gate.isCommitted(digest));
        vm.assertEq(gate.predict(target, p.restriction.salt).code.length, 0);
    }

    // ---- targets and Safes that strike back ----

    function test_a_target_cannot_call_back_while_it_is_changed() external {
        (address busy, Busybody body) = _busybody();
        bytes[5] memory calls = [
            abi.encodeCall(gate.settle, (busy)),
            abi.encodeCall(gate.rollback, (busy)),
            abi.encodeCall(gate.freeze, (busy, selectors(Vault.withdraw.selector), 1, INCIDENT)),
            abi.encodeCall(gate.settle, (target)),
            abi.encodeCall(gate.rollbackApproved, (Rollback(busy, 0, block.timestamp), new Signature[](0)))
        ];
        for (uint256 i = 0; i < 5; ++i) {
            body.whenUpgraded(address(gate), calls[i]);
            freeze(busy);
            _reentrancyRefused(body);
            restrict(busy);
            _reentrancyRefused(body);
            gate.rollback(busy);
            _reentrancyRefused(body);
            vm.assertEq(gate.targetOf(busy).current, gate.targetOf(busy).original);
            vm.warp(block.timestamp + MAX_FREEZE);
        }
    }

    function test_a_target_that_changes_freezes_while_it_is_changed_leaves_the_gate_right_after_settling() external {
        (address busy, Busybody body) = _busybody();
        breaker.setPauser(busy, address(body), 1 hours);
        restrict(busy);
        body.whenUpgraded(
            address(breaker),
            abi.encodeCall(breaker.freeze, (busy, selectors(Vault.withdraw.selector), 1 hours, INCIDENT))
        );
        gate.rollback(busy);
        vm.assertTrue(body.succeeded());
        body.whenUpgraded(address(0), "");
        gate.settle(busy);
        vm.assertTrue(gate.targetOf(busy).shimmed);
        vm.assertEq(body.implementation(), gate.targetOf(busy).originalShim);
    }

    function test_a_safe_that_refuses_leaves_everything_as_it_was() external {
        FickleSafe safe = new FickleSafe();
        address implementation = implementationOf(Kind.Uups);
        target = address(new ERC1967Proxy(implementation, abi.encodeCall(Vault.initialize, (address(safe)))));
        protect(target);
        Registration memory r = registration(target, Kind.Uups, address(0), implementation);
        r.via = address(safe);
        bytes memory refusal = abi.encodeWithSelector(IPatchGate.SafeRefused.selector, address(safe));
        safe.refuse(true);
        vm.expectRevert(refusal);
        gate.registerTarget(r);
        safe.refuse(false);
        gate.registerTarget(r);

        (Proposal memory p, Signature[] memory signatures) = _signed();
        safe.refuse(true);
        vm.prank(SENTINEL);
        vm.expectRevert(refusal);
        gate.freeze(target, selectors(Vault.withdraw.selector), 1 hours, INCIDENT);
        vm.assertFalse(breaker.isFrozen(target, Vault.withdraw.selector));
        _refused(p, signatures, refusal);
        Target memory t = gate.targetOf(target);
        vm.assertFalse(t.shimmed);
        vm.assertEq(t.current, implementation);
        vm.assertEq(t.nonce, 0);
    }

    // ---- inside ----

    function _signed() private returns (Proposal memory p, Signature[] memory signatures) {
        p = propose(target);
        signatures = sign(gate.hashRestriction(p.restriction), 0, 2);
    }

    function _refused(Proposal memory p, Signature[] memory signatures, bytes memory reason) private {
        vm.prank(THIEF, THIEF);
        (bool success, bytes memory data) =
            address(gate).call(abi.encodeCall(gate.restrict, (p.restriction, p.runtime, p.certificate, signatures)));
        vm.assertFalse(success);
        vm.assertEq(data, reason);
    }

    /// @dev What guardians would have to sign for it to be looked at: the hashes fit.
    function _seal(Proposal memory p) private pure {
        p.restriction.patchedCodeHash = keccak256(p.runtime);
        p.restriction.certificateHash = keccak256(abi.encode(p.certificate));
    }

    /// @dev All guardians sign; the code is refused for what it is.
    function _refusedSigned(Proposal memory p, bytes memory reason) private {
        _seal(p);
        _refused(p, sign(gate.hashRestriction(p.restriction), 0, 3), reason);
    }

    function _acceptedSigned(Proposal memory p) private returns (address) {
        _seal(p);
        return submit(p, sign(gate.hashRestriction(p.restriction), 0, 2));
    }

    function _mismatch(Proposal memory wanted, Proposal memory got) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IRestrictionVerifier.CodeMismatch.selector, keccak256(wanted.runtime), keccak256(got.runtime)
        );
    }

    /// @dev The restriction of {propose} with another guard in its window.
    function _with(bytes32 template, bytes32 argument) private returns (Proposal memory p) {
        p = propose(target);
        bytes memory code = gate.targetOf(target).original.code;
        (uint256 from, uint256 pc) = findSubtraction(code);
        (, uint256 length) = code.windowAround(pc);
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        bytes32[] memory args = new bytes32[](1);
        args[0] = argument;
        windows[0] = PatchBuilder.window(from, length, template, pc, args);
        (p.runtime, p.certificate) = code.assemble(windows);
        relocate(p, code, gate.targetOf(target).original, gate.predict(target, p.restriction.salt));
        _seal(p);
    }

    /// @dev Offset of the guard in the trampoline: behind its JUMPDEST and what stands before the guard in the window.
    function _guardAt(Proposal memory p) private pure returns (uint256) {
        uint256 before = p.certificate.sites[0].guards[0].pc - p.certificate.sites[0].pc;
        return uint256(p.certificate.sites[0].trampoline) + 1 + before;
    }

    /// @dev The same restriction where the site map has eight runs.
    function _inBiggerSiteMap() private returns (Proposal memory p) {
        bytes memory code = gate.targetOf(target).original.code;
        (, uint256 pc) = findSubtraction(code);
        bytes32[] memory leaves = new bytes32[](8);
        leaves[0] = PatchBuilder.leaf(code.runAt(pc));
        for (uint256 i = 1; i < 8; ++i) {
            leaves[i] = keccak256(abi.encode(i));
        }
        (bytes32 root, bytes32[][] memory proofs) = SiteMap.tree(leaves, 1);
        gate.upgrade(target, gate.targetOf(target).original, "", root);
        p = propose(target);
        p.certificate.sites[0].run.proof = proofs[0];
        _seal(p);
    }

    function _diamond() private returns (address diamond, address facet, address other) {
        Diamond made = new Diamond();
        diamond = address(made);
        facet = address(new PlainVault());
        other = address(new Mirror());
        IDiamond.FacetCut[] memory cuts = new IDiamond.FacetCut[](2);
        cuts[0] = IDiamond.FacetCut(facet, IDiamond.FacetCutAction.Add, selectors(Vault.deposit.selector));
        bytes4[] memory list = new bytes4[](2);
        (list[0], list[1]) = (Mirror.store.selector, Mirror.shimOriginal.selector);
        cuts[1] = IDiamond.FacetCut(other, IDiamond.FacetCutAction.Add, list);
        IDiamond(diamond).diamondCut(cuts, address(0), "");
        made.transferOwnership(address(gate));
        gate.execute(diamond, 0, abi.encodeCall(made.acceptOwnership, ()));
    }

    function _facet(address diamond, address facet, bytes4[] memory list) private returns (Registration memory) {
        protect(gate.facetKey(diamond, facet));
        return Registration(diamond, Kind.Facet, address(0), address(0), facet, bytes32(0), list);
    }

    /// @dev The guardians are now a contract and the first key, both of whom it takes.
    function _withFickleGuardian() private returns (FickleGuardian guardian) {
        guardian = new FickleGuardian(address(gate));
        address key = vm.addr(keys[0]);
        address[] memory set = new address[](2);
        uint256 at = address(guardian) < key ? 0 : 1;
        (set[at], set[1 - at]) = (address(guardian), key);
        gate.setGuardians(set, 2);
    }

    function _signedBy(FickleGuardian guardian) private returns (Proposal memory p, Signature[] memory signatures) {
        p = propose(target);
        signatures = new Signature[](2);
        uint256 at = address(guardian) < vm.addr(keys[0]) ? 0 : 1;
        signatures[at] = Signature(address(guardian), "");
        signatures[1 - at] = sign(gate.hashRestriction(p.restriction), 0, 1)[0];
    }

    function _invalid(FickleGuardian guardian) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, address(guardian));
    }

    function _busybody() private returns (address busy, Busybody body) {
        address implementation = address(new PlainVault());
        body = new Busybody(implementation);
        busy = address(body);
        protect(busy);
        gate.registerTarget(registration(busy, Kind.Beacon, address(0), implementation));
    }

    function _reentrancyRefused(Busybody body) private view {
        vm.assertFalse(body.succeeded());
        vm.assertEq(
            body.reason(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }
}
