// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IBreaker} from "./interfaces/IBreaker.sol";
import {IPatchGate, Signature} from "./interfaces/IPatchGate.sol";
import {Attestation, Bond, ISentinelQuorum} from "./interfaces/ISentinelQuorum.sol";

/// @title SentinelQuorum
/// @dev The balance is at least the sum of all bonds and of all that can be collected; ether that was forced in stays. Every payment is
/// the last step of its function, so there is nothing left to reenter for.
contract SentinelQuorum is ISentinelQuorum, EIP712, Ownable2Step {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @dev What is known of a watcher's word for one attestation. `Given` is kept of contracts only: a key's signature can be shown again
    /// at any time, but a contract may deny tomorrow what it signed today.
    enum Word {
        None,
        Given,
        Punished
    }

    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(address target,bytes4[] selectors,uint64 duration,bytes32 incident,bytes32 evidence,uint64 deadline)"
    );

    /// @dev With one, a single key would be enough.
    uint256 private constant MIN_QUORUM = 2;

    /// @dev What a contract may use to agree: enough for a Safe of many owners or a P-256 key. Without a bound, one watcher could burn the
    /// gas of all.
    uint256 private constant SIGNATURE_GAS = 500_000;

    /// @inheritdoc ISentinelQuorum
    IBreaker public immutable breaker;
    /// @inheritdoc ISentinelQuorum
    uint128 public immutable minBond;
    /// @inheritdoc ISentinelQuorum
    uint64 public immutable unbondingPeriod;

    /// @inheritdoc ISentinelQuorum
    uint256 public quorum;

    EnumerableSet.AddressSet private _watchers;
    mapping(address watcher => Bond) private _bonds;
    mapping(bytes32 digest => mapping(address watcher => Word)) private _words;

    /// @inheritdoc ISentinelQuorum
    mapping(address target => mapping(bytes32 incident => bool)) public isActedUpon;
    /// @inheritdoc ISentinelQuorum
    mapping(address account => uint256) public collectable;

    /// @param owner_ the DAO or its timelock.
    /// @param breaker_ at which this contract is to be a pauser.
    /// @param minBond_ in wei.
    /// @param unbondingPeriod_ in seconds: longer than it takes the owner to judge and slash.
    /// @param watchers_ admitted from the beginning.
    constructor(
        address owner_,
        IBreaker breaker_,
        uint128 minBond_,
        uint64 unbondingPeriod_,
        address[] memory watchers_,
        uint256 quorum_
    ) Ownable(owner_) EIP712("Suture SentinelQuorum", "1") {
        if (minBond_ == 0) revert BondTooSmall(minBond_, 1);
        if (unbondingPeriod_ == 0 || unbondingPeriod_ > type(uint32).max) {
            revert UnbondingPeriodInvalid(unbondingPeriod_, type(uint32).max);
        }
        breaker = breaker_;
        minBond = minBond_;
        unbondingPeriod = unbondingPeriod_;
        for (uint256 i = 0; i < watchers_.length; ++i) {
            _admit(watchers_[i]);
        }
        _setQuorum(quorum_);
    }

    // ---- acting ----

    /// @inheritdoc ISentinelQuorum
    function freeze(Attestation calldata attestation, Signature[] calldata signatures) external returns (uint64 until) {
        address target = attestation.target;
        bytes32 incident = attestation.incident;
        if (block.timestamp > attestation.deadline) revert DeadlinePassed(attestation.deadline);
        if (isActedUpon[target][incident]) revert AlreadyActedUpon(target, incident);
        isActedUpon[target][incident] = true;

        bytes32 digest = hashAttestation(attestation);
        uint256 counted = _count(digest, signatures);
        if (counted < quorum) revert BelowQuorum(counted, quorum);

        until = _freeze(attestation);
        emit IncidentFrozen(target, incident, digest, attestation.evidence, until);
    }

    /// @inheritdoc ISentinelQuorum
    function heartbeat(address[] calldata targets) external {
        if (!isActive(msg.sender)) revert NotActive(msg.sender);
        breaker.heartbeat(targets);
    }

    // ---- the watcher's path ----

    /// @inheritdoc ISentinelQuorum
    function bond() external payable {
        if (!_watchers.contains(msg.sender)) revert NotAdmitted(msg.sender);
        uint256 amount = _bonds[msg.sender].amount + msg.value;
        if (amount < minBond) revert BondTooSmall(amount, minBond);
        // There is less ether than 2^128 wei.
        _bonds[msg.sender] = Bond(uint128(amount), 0);
        emit Bonded(msg.sender, amount);
    }

    /// @inheritdoc ISentinelQuorum
    function leave() external {
        Bond storage held = _bonded(msg.sender);
        if (held.withdrawableAt != 0) revert AlreadyLeaving(held.withdrawableAt);
        _unbond(held, msg.sender);
    }

    /// @inheritdoc ISentinelQuorum
    function withdraw(address payable to) external {
        Bond memory held = _bonded(msg.sender);
        if (held.withdrawableAt == 0 || block.timestamp < held.withdrawableAt) revert BondLocked(held.withdrawableAt);
        delete _bonds[msg.sender];
        emit Withdrawn(msg.sender, to, held.amount);
        Address.sendValue(to, held.amount);
    }

    /// @inheritdoc ISentinelQuorum
    function collect(address payable to) external {
        uint256 amount = collectable[msg.sender];
        if (amount == 0) revert NothingToCollect(msg.sender);
        collectable[msg.sender] = 0;
        emit Collected(msg.sender, to, amount);
        Address.sendValue(to, amount);
    }

    // ---- the owner's path ----

    /// @inheritdoc ISentinelQuorum
    function setWatcher(address watcher, bool admitted) external onlyOwner {
        if (admitted) _admit(watcher);
        else _remove(watcher);
    }

    /// @inheritdoc ISentinelQuorum
    function setQuorum(uint256 quorum_) external onlyOwner {
        _setQuorum(quorum_);
    }

    /// @inheritdoc ISentinelQuorum
    function slash(Attestation calldata attestation, Signature calldata signature, uint256 amount, address recipient)
        external
        onlyOwner
    {
        address watcher = signature.signer;
        bytes32 digest = hashAttestation(attestation);
        uint256 end = uint256(attestation.deadline) + unbondingPeriod;
        if (block.timestamp > end) revert SlashingOver(end);
        Word word = _words[digest][watcher];
        if (word == Word.Punished) revert AlreadySlashed(watcher, digest);
        if (word == Word.None && !hasSigned(digest, signature)) revert SignatureInvalid(watcher);
        _words[digest][watcher] = Word.Punished;

        Bond storage held = _bonds[watcher];
        amount = Math.min(amount, held.amount);
        if (amount == 0) revert NothingToSlash(watcher);
        held.amount -= uint128(amount);
        collectable[recipient] += amount;
        emit Slashed(watcher, digest, amount, recipient);
    }

    // ---- views ----

    /// @inheritdoc ISentinelQuorum
    /// @dev `encodePacked` pads the elements of an array to words, as EIP-712 asks.
    function hashAttestation(Attestation calldata attestation) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ATTESTATION_TYPEHASH,
                    attestation.target,
                    keccak256(abi.encodePacked(attestation.selectors)),
                    attestation.duration,
                    attestation.incident,
                    attestation.evidence,
                    attestation.deadline
                )
            )
        );
    }

    /// @inheritdoc ISentinelQuorum
    function hasSigned(bytes32 digest, Signature calldata signature) public view returns (bool) {
        return _signedByKey(digest, signature)
            || SignatureChecker.isValidERC1271SignatureNowCalldata(signature.signer, digest, signature.signature);
    }

    /// @inheritdoc ISentinelQuorum
    /// @dev Only admitted watchers bond, and a removed one with a bond is leaving.
    function isActive(address watcher) public view returns (bool) {
        Bond memory held = _bonds[watcher];
        return held.amount >= minBond && held.withdrawableAt == 0;
    }

    /// @inheritdoc ISentinelQuorum
    function watchers() external view returns (address[] memory) {
        return _watchers.values();
    }

    /// @inheritdoc ISentinelQuorum
    function bondOf(address watcher) external view returns (Bond memory) {
        return _bonds[watcher];
    }

    // ---- inside: acting ----

    /// @dev The Breaker says which gate the target has now. A target without one asks the Breaker itself.
    function _freeze(Attestation calldata a) private returns (uint64) {
        address gate = breaker.gateOf(a.target);
        return gate == address(0)
            ? breaker.freeze(a.target, a.selectors, a.duration, a.incident)
            : IPatchGate(gate).freeze(a.target, a.selectors, a.duration, a.incident);
    }

    /// @dev Ascending order makes signers distinct.
    function _count(bytes32 digest, Signature[] calldata signatures) private returns (uint256 counted) {
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = signatures[i].signer;
            if (signer <= previous) revert SignersNotAscending(signer);
            previous = signer;
            if (!isActive(signer) || !_takeWord(digest, signatures[i])) continue;
            ++counted;
            emit Attested(digest, signer);
        }
    }

    /// @dev A word that was punished does not count. An incident is acted upon once, so a word is taken once.
    function _takeWord(bytes32 digest, Signature calldata signature) private returns (bool) {
        if (_words[digest][signature.signer] == Word.Punished) return false;
        if (_signedByKey(digest, signature)) return true;
        if (!_agrees(digest, signature)) return false;
        _words[digest][signature.signer] = Word.Given;
        return true;
    }

    /// @dev Asked for accounts with code too: with EIP-7702 a key can give itself code that denies its signatures.
    function _signedByKey(bytes32 digest, Signature calldata signature) private pure returns (bool) {
        (address signer, ECDSA.RecoverError error,) = ECDSA.tryRecoverCalldata(digest, signature.signature);
        return error == ECDSA.RecoverError.NoError && signer == signature.signer;
    }

    /// @dev Through a call to itself, which bounds the gas.
    function _agrees(bytes32 digest, Signature calldata signature) private view returns (bool) {
        try this.hasSigned{gas: SIGNATURE_GAS}(digest, signature) returns (bool signed) {
            return signed;
        } catch {
            return false;
        }
    }

    // ---- inside: who counts ----

    function _admit(address watcher) private {
        if (watcher == address(0) || !_watchers.add(watcher)) revert AdmissionInvalid(watcher);
        emit WatcherSet(watcher, true);
    }

    function _remove(address watcher) private {
        if (!_watchers.remove(watcher)) revert AdmissionInvalid(watcher);
        if (quorum > _watchers.length()) revert QuorumInvalid(quorum, _watchers.length());
        emit WatcherSet(watcher, false);
        Bond storage held = _bonds[watcher];
        if (held.amount != 0 && held.withdrawableAt == 0) _unbond(held, watcher);
    }

    function _setQuorum(uint256 quorum_) private {
        uint256 admitted = _watchers.length();
        if (quorum_ < MIN_QUORUM || quorum_ > admitted) revert QuorumInvalid(quorum_, admitted);
        quorum = quorum_;
        emit QuorumSet(quorum_);
    }

    function _bonded(address watcher) private view returns (Bond storage held) {
        held = _bonds[watcher];
        if (held.amount == 0) revert NotBonded(watcher);
    }

    function _unbond(Bond storage held, address watcher) private {
        held.withdrawableAt = uint48(block.timestamp + unbondingPeriod);
        emit Leaving(watcher, held.withdrawableAt);
    }
}
