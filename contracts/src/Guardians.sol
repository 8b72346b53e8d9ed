// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IPatchGate, Restriction, Rollback, Signature} from "./interfaces/IPatchGate.sol";

/// @title The k-of-n half of the gate: who guardians are, what they sign, whether enough of them did
abstract contract Guardians is IPatchGate, EIP712 {
    using EnumerableSet for EnumerableSet.AddressSet;

    bytes32 private constant RESTRICTION_TYPEHASH = keccak256(
        "Restriction(address target,bytes32 originalCodeHash,bytes32 patchedCodeHash,bytes32 certificateHash,bytes32 bundleHash,bytes32 salt,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ROLLBACK_TYPEHASH = keccak256("Rollback(address target,uint256 nonce,uint256 deadline)");

    /// @dev With one it would be enough to steal one key, and who proposes could approve alone.
    uint256 private constant MIN_THRESHOLD = 2;

    EnumerableSet.AddressSet private _guardians;

    /// @inheritdoc IPatchGate
    uint256 public threshold;

    /// @dev Counts changes of the guardians, from 1; what was committed to under another number does not count.
    uint256 private _term;
    mapping(bytes32 digest => uint256 term) private _commitments;

    constructor() EIP712("Suture PatchGate", "1") {}

    /// @inheritdoc IPatchGate
    function commit(bytes32 digest, Signature[] calldata signatures) external {
        requireQuorum(digest, signatures);
        _commitments[digest] = _term;
        emit Committed(digest);
    }

    /// @inheritdoc IPatchGate
    function guardians() external view returns (address[] memory) {
        return _guardians.values();
    }

    /// @inheritdoc IPatchGate
    function isCommitted(bytes32 digest) public view returns (bool) {
        return _commitments[digest] == _term;
    }

    /// @inheritdoc IPatchGate
    function hashRestriction(Restriction calldata restriction) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RESTRICTION_TYPEHASH, restriction)));
    }

    /// @inheritdoc IPatchGate
    function hashRollback(Rollback calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ROLLBACK_TYPEHASH, request)));
    }

    /// @inheritdoc IPatchGate
    /// @dev Ascending order makes signers distinct. Every signature must be good, not only as many as are needed.
    function requireQuorum(bytes32 digest, Signature[] calldata signatures) public view {
        if (signatures.length < threshold) revert BelowThreshold(signatures.length, threshold);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = signatures[i].signer;
            if (signer <= previous) revert SignersNotAscending(signer);
            if (!_guardians.contains(signer)) revert NotAGuardian(signer);
            if (!SignatureChecker.isValidSignatureNow(signer, digest, signatures[i].signature)) {
                revert SignatureInvalid(signer);
            }
            previous = signer;
        }
    }

    function _requireApproved(bytes32 digest, Signature[] calldata signatures) internal view {
        if (signatures.length != 0 || !isCommitted(digest)) requireQuorum(digest, signatures);
    }

    function _setGuardians(address[] memory accounts, uint256 threshold_) internal {
        if (threshold_ < MIN_THRESHOLD || threshold_ > accounts.length) revert GuardiansInvalid();
        _guardians.clear();
        address previous = address(0);
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (accounts[i] <= previous) revert GuardiansInvalid();
            previous = accounts[i];
            _guardians.add(previous);
        }
        threshold = threshold_;
        ++_term;
        emit GuardiansSet(accounts, threshold_);
    }
}
