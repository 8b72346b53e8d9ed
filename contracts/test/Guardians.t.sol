// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IPatchGate, Kind, Restriction, Rollback, Signature} from "../src/interfaces/IPatchGate.sol";
import {IRestrictionVerifier} from "../src/interfaces/IRestrictionVerifier.sol";
import {PatchGate} from "../src/PatchGate.sol";
import {GateFixture} from "./GateFixture.sol";

/// @dev A guardian that is a contract, with one key behind it.
contract Wallet is IERC1271 {
    address private immutable _key;

    constructor(address key) {
        _key = key;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(hash, signature) == _key ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @dev Who can make the gate restrict, and what with.
contract GuardiansTest is GateFixture {
    address private target;

    function setUp() public override {
        super.setUp();
        (target,) = register(Kind.Transparent);
    }

    function test_accepts_any_two_and_all_three() external {
        (Proposal memory p, bytes32 digest) = _next();
        uint256 two = keys.length - 1;
        _accepted(p, sign(digest, 1, two));
        (p, digest) = _next();
        _accepted(p, sign(digest, 0, keys.length));
    }

    function test_the_digest_is_the_one_of_eip_712() external {
        (Proposal memory p, bytes32 digest) = _next();
        Restriction memory r = p.restriction;
        bytes32 typeHash = keccak256(
            "Restriction(address target,bytes32 originalCodeHash,bytes32 patchedCodeHash,bytes32 certificateHash,bytes32 bundleHash,bytes32 salt,uint256 nonce,uint256 deadline)"
        );
        bytes32 hash = keccak256(
            abi.encode(
                typeHash,
                r.target,
                r.originalCodeHash,
                r.patchedCodeHash,
                r.certificateHash,
                r.bundleHash,
                r.salt,
                r.nonce,
                r.deadline
            )
        );
        vm.assertEq(digest, keccak256(abi.encodePacked(hex"1901", _domain(), hash)));
    }

    function test_the_digest_of_a_rollback_is_the_one_of_eip_712() external view {
        Rollback memory request = Rollback(target, 7, 8);
        bytes32 typeHash = keccak256("Rollback(address target,uint256 nonce,uint256 deadline)");
        bytes32 hash = keccak256(abi.encode(typeHash, target, 7, 8));
        vm.assertEq(gate.hashRollback(request), keccak256(abi.encodePacked(hex"1901", _domain(), hash)));
    }

    function test_refuses_a_rollback_nobody_approved_or_too_late() external {
        submit(propose(target), _signed());
        Rollback memory request = Rollback(target, 1, block.timestamp + 1 hours);
        Signature[] memory signatures = sign(gate.hashRollback(request), 0, 2);
        request.deadline += 1;
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, signatures[0].signer));
        gate.rollbackApproved(request, signatures);
        request.deadline -= 1;
        vm.warp(request.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.DeadlinePassed.selector, request.deadline));
        gate.rollbackApproved(request, signatures);
        vm.warp(request.deadline);
        gate.rollbackApproved(request, signatures);
        vm.assertEq(gate.targetOf(target).nonce, 2);
    }

    function test_refuses_fewer_than_the_threshold() external {
        (Proposal memory p, bytes32 digest) = _next();
        _refused(p, sign(digest, 0, 1), abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 1, 2));
        _refused(p, new Signature[](0), abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 0, 2));
    }

    function test_refuses_the_same_signer_twice_and_descending_signers() external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 2);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.SignersNotAscending.selector, signatures[1].signer));
        signatures[0] = signatures[1];
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.SignersNotAscending.selector, signatures[1].signer));
    }

    function test_refuses_signers_that_are_no_guardians(uint256 key) external {
        (Proposal memory p, bytes32 digest) = _next();
        key = bound(key, 4, type(uint128).max);
        Signature[] memory signatures = sign(digest, 0, 2);
        address stranger = vm.addr(key);
        uint256 at = stranger > signatures[0].signer ? 1 : 0;
        signatures[at] = Signature(stranger, signature(key, digest));
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NotAGuardian.selector, stranger));
    }

    function test_refuses_signatures_of_another_key_or_another_text(bytes32 other) external {
        (Proposal memory p, bytes32 digest) = _next();
        vm.assume(other != digest);
        Signature[] memory signatures = sign(digest, 0, 2);
        bytes memory invalid = abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, signatures[1].signer);
        signatures[1].signature = signature(keys[0], digest);
        _refused(p, signatures, invalid);
        signatures[1].signature = signature(keys[1], other);
        _refused(p, signatures, invalid);
        signatures[1].signature = "";
        _refused(p, signatures, invalid);
    }

    function test_refuses_what_was_not_signed(uint8 field) external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 2);
        Restriction memory r = p.restriction;
        field = uint8(bound(field, 0, 1));
        if (field == 0) r.bundleHash = keccak256("another bundle");
        else r.deadline += 1;
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, signatures[0].signer));
    }

    function test_refuses_code_or_a_certificate_that_does_not_hash_to_what_was_signed(uint256 at) external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 2);
        bytes memory runtime = p.runtime;
        runtime[bound(at, 0, runtime.length - 1)] ^= 0x01;
        p.runtime = runtime;
        _refused(
            p,
            signatures,
            abi.encodeWithSelector(IPatchGate.HashMismatch.selector, p.restriction.patchedCodeHash, keccak256(runtime))
        );
        p = propose(target);
        p.certificate.sites[0].trampoline += 1;
        _refused(
            p,
            signatures,
            abi.encodeWithSelector(
                IPatchGate.HashMismatch.selector, p.restriction.certificateHash, keccak256(abi.encode(p.certificate))
            )
        );
    }

    function test_refuses_code_that_is_no_restriction_whoever_signed() external {
        (Proposal memory p,) = _next();
        bytes memory runtime = p.runtime;
        runtime[runtime.length - 1] ^= 0x01;
        p.runtime = runtime;
        p.restriction.patchedCodeHash = keccak256(runtime);
        Signature[] memory signatures = sign(gate.hashRestriction(p.restriction), 0, 3);
        _refused(
            p,
            signatures,
            abi.encodeWithSelector(
                IRestrictionVerifier.CodeMismatch.selector, keccak256(propose(target).runtime), keccak256(runtime)
            )
        );
    }

    function test_refuses_a_restriction_of_other_code_than_the_registered() external {
        (Proposal memory p,) = _next();
        bytes32 registered = p.restriction.originalCodeHash;
        p.restriction.originalCodeHash = keccak256("other");
        Signature[] memory signatures = sign(gate.hashRestriction(p.restriction), 0, 2);
        _refused(
            p, signatures, abi.encodeWithSelector(IPatchGate.HashMismatch.selector, registered, keccak256("other"))
        );
    }

    function test_refuses_a_restriction_once_the_code_at_the_original_is_another() external {
        (Proposal memory p, bytes32 digest) = _next();
        bytes32 registered = p.restriction.originalCodeHash;
        vm.etch(gate.targetOf(target).original, hex"fe");
        bytes memory reason = abi.encodeWithSelector(IPatchGate.HashMismatch.selector, registered, keccak256(hex"fe"));
        _refused(p, sign(digest, 0, 2), reason);
    }

    function test_refuses_a_passed_deadline() external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 2);
        uint256 deadline = p.restriction.deadline;
        vm.warp(deadline + 1);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.DeadlinePassed.selector, deadline));
        vm.warp(deadline);
        _accepted(p, signatures);
    }

    function test_refuses_a_used_and_a_future_nonce() external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 2);
        _accepted(p, signatures);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 1, 0));
        p.restriction.nonce = 2;
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NonceMismatch.selector, 1, 2));
    }

    function test_refuses_signatures_for_another_chain() external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 2);
        vm.chainId(block.chainid + 1);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, signatures[0].signer));
    }

    function test_refuses_signatures_for_another_gate() external {
        (Proposal memory p,) = _next();
        bytes32 foreign = newGate().hashRestriction(p.restriction);
        Signature[] memory signatures = sign(foreign, 0, 2);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, signatures[0].signer));
    }

    function test_a_guardian_can_be_a_contract() external {
        (Proposal memory p, bytes32 digest) = _next();
        address wallet = address(new Wallet(vm.addr(77)));
        Signature[] memory signatures = _withWallet(wallet, digest);
        _accepted(p, signatures);
    }

    function test_refuses_a_contract_guardian_that_does_not_agree() external {
        (Proposal memory p, bytes32 digest) = _next();
        address wallet = address(new Wallet(vm.addr(78)));
        Signature[] memory signatures = _withWallet(wallet, digest);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, wallet));
    }

    function test_refuses_guardians_that_were_replaced() external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 2);
        address[] memory others = new address[](2);
        (others[0], others[1]) = (address(1), address(2));
        vm.expectEmit();
        emit IPatchGate.GuardiansSet(others, 2);
        gate.setGuardians(others, 2);
        _refused(p, signatures, abi.encodeWithSelector(IPatchGate.NotAGuardian.selector, signatures[0].signer));
        vm.assertEq(gate.guardians().length, 2);
        vm.assertEq(gate.guardians()[1], address(2));
    }

    function test_refuses_sets_of_guardians_that_cannot_decide() external {
        address[] memory two = new address[](2);
        (two[0], two[1]) = (address(1), address(1));
        _refuseGuardians(two, 2);
        (two[0], two[1]) = (address(2), address(1));
        _refuseGuardians(two, 2);
        (two[0], two[1]) = (address(0), address(1));
        _refuseGuardians(two, 2);
        (two[0], two[1]) = (address(1), address(2));
        _refuseGuardians(two, 0);
        _refuseGuardians(two, 1);
        _refuseGuardians(two, 3);
        gate.setGuardians(two, 2);
        vm.assertEq(gate.threshold(), 2);
    }

    function test_the_address_depends_on_target_and_salt_alone(address other, bytes32 salt) external {
        (Proposal memory p, bytes32 digest) = _next();
        vm.assume(other != target || salt != 0);
        address predicted = gate.predict(target, bytes32(0));
        vm.assertNotEq(gate.predict(other, salt), predicted);
        vm.assertEq(predicted.code.length, 0);
        vm.assertEq(_accepted(p, sign(digest, 0, 2)), predicted);
        vm.assertEq(predicted.codehash, p.restriction.patchedCodeHash);
    }

    // ---- commit, publish ----

    function test_a_commitment_stands_for_signatures_and_hides_what_it_is() external {
        (Proposal memory p, bytes32 digest) = _next();
        vm.assertFalse(gate.isCommitted(digest));
        Signature[] memory signatures = sign(digest, 0, 2);
        vm.expectEmit();
        emit IPatchGate.Committed(digest);
        vm.prank(ANYONE);
        gate.commit(digest, signatures);
        vm.assertTrue(gate.isCommitted(digest));
        _accepted(p, new Signature[](0));
    }

    function test_a_commitment_takes_a_quorum() external {
        (, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 1, 2));
        gate.commit(digest, signatures);
    }

    function test_a_commitment_is_void_once_the_guardians_changed() external {
        (Proposal memory p, bytes32 digest) = _next();
        gate.commit(digest, sign(digest, 0, 2));
        gate.setGuardians(gate.guardians(), 2);
        vm.assertFalse(gate.isCommitted(digest));
        _refused(p, new Signature[](0), abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 0, 2));
    }

    function test_a_commitment_does_not_excuse_bad_signatures() external {
        (Proposal memory p, bytes32 digest) = _next();
        gate.commit(digest, sign(digest, 0, 2));
        _refused(p, sign(digest, 0, 1), abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 1, 2));
    }

    function test_published_code_is_restricted_to_later() external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 2);
        address before = running(target);
        vm.expectEmit();
        emit IPatchGate.Published(target, gate.predict(target, 0), 0);
        address patched = gate.publish(p.restriction, p.runtime, signatures);
        vm.assertEq(running(target), before);
        vm.assertEq(patched.codehash, p.restriction.patchedCodeHash);
        p.runtime = "";
        vm.assertEq(_accepted(p, signatures), patched);
        vm.assertEq(running(target), patched);
    }

    function test_publishing_takes_the_same_approval_and_the_same_code() external {
        (Proposal memory p, bytes32 digest) = _next();
        Signature[] memory signatures = sign(digest, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 1, 2));
        gate.publish(p.restriction, p.runtime, signatures);
        signatures = sign(digest, 0, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatchGate.HashMismatch.selector,
                p.restriction.patchedCodeHash,
                keccak256(p.certificate.sites[0].run.boundaries)
            )
        );
        gate.publish(p.restriction, p.certificate.sites[0].run.boundaries, signatures);
    }

    function test_refuses_code_that_was_never_published() external {
        (Proposal memory p, bytes32 digest) = _next();
        p.runtime = "";
        bytes memory reason =
            abi.encodeWithSelector(IPatchGate.HashMismatch.selector, p.restriction.patchedCodeHash, bytes32(0));
        _refused(p, sign(digest, 0, 2), reason);
    }

    function test_code_published_under_another_salt_is_in_nobodys_way() external {
        (Proposal memory p, bytes32 digest) = _next();
        gate.publish(p.restriction, p.runtime, sign(digest, 0, 2));
        p = propose(target, keccak256("another salt"));
        _accepted(p, sign(gate.hashRestriction(p.restriction), 0, 2));
    }

    // ---- inside ----

    function _domain() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Suture PatchGate"),
                keccak256("1"),
                block.chainid,
                address(gate)
            )
        );
    }

    function _signed() private returns (Signature[] memory) {
        (, bytes32 digest) = _next();
        return sign(digest, 0, 2);
    }

    function _next() private returns (Proposal memory p, bytes32 digest) {
        p = propose(target);
        digest = gate.hashRestriction(p.restriction);
    }

    function _accepted(Proposal memory p, Signature[] memory signatures) private returns (address) {
        return submit(p, signatures);
    }

    function _refused(Proposal memory p, Signature[] memory signatures, bytes memory reason) private {
        vm.prank(ANYONE, ANYONE);
        (bool success, bytes memory data) =
            address(gate).call(abi.encodeCall(gate.restrict, (p.restriction, p.runtime, p.certificate, signatures)));
        vm.assertFalse(success);
        vm.assertEq(data, reason);
    }

    /// @dev The wallet and one key, either of which may be the lower address.
    function _withWallet(address wallet, bytes32 digest) private returns (Signature[] memory signatures) {
        address key = vm.addr(keys[0]);
        address[] memory set = new address[](2);
        uint256 at = wallet < key ? 0 : 1;
        (set[at], set[1 - at]) = (wallet, key);
        gate.setGuardians(set, 2);
        signatures = new Signature[](2);
        signatures[at] = Signature(wallet, signature(77, digest));
        signatures[1 - at] = Signature(key, signature(keys[0], digest));
    }

    function _refuseGuardians(address[] memory set, uint256 threshold) private {
        vm.expectRevert(IPatchGate.GuardiansInvalid.selector);
        gate.setGuardians(set, threshold);
    }
}
