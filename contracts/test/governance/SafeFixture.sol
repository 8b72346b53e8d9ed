// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {CompatibilityFallbackHandler} from "@safe/handler/CompatibilityFallbackHandler.sol";
import {ISafe as ISafeAccount} from "@safe/interfaces/ISafe.sol";
import {Enum} from "@safe/libraries/Enum.sol";
import {SafeProxyFactory} from "@safe/proxies/SafeProxyFactory.sol";
import {Safe} from "@safe/Safe.sol";
import {GateFixture} from "../GateFixture.sol";

/// @dev Real Safes: a proxy of the factory before the singleton, with the usual fallback handler. Two of three owners decide.
abstract contract SafeFixture is GateFixture {
    Safe private _singleton;
    SafeProxyFactory private _factory;
    CompatibilityFallbackHandler private _handler;

    function setUp() public virtual override {
        super.setUp();
        _singleton = new Safe();
        _factory = new SafeProxyFactory();
        _handler = new CompatibilityFallbackHandler();
    }

    /// @param key of the first owner; the other two have the next ones.
    function newSafe(uint256 key) internal returns (Safe) {
        address[] memory owners = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            owners[i] = vm.addr(key + i);
        }
        bytes memory setup = abi.encodeCall(
            Safe.setup, (owners, 2, address(0), "", address(_handler), address(0), 0, payable(address(0)))
        );
        return Safe(payable(address(_factory.createProxyWithNonce(address(_singleton), setup, key))));
    }

    /// @dev A transaction of the Safe, signed by its first two owners and sent by anyone.
    function transact(Safe safe, uint256 key, address to, bytes memory data) internal {
        bytes memory signatures = signTransaction(safe, key, to, data);
        vm.prank(ANYONE);
        safe.execTransaction(to, 0, data, Enum.Operation.Call, 0, 0, 0, address(0), payable(address(0)), signatures);
    }

    function signTransaction(Safe safe, uint256 key, address to, bytes memory data)
        internal
        view
        returns (bytes memory)
    {
        return twoSignatures(key, _hash(safe, safe.nonce(), to, data));
    }

    /// @dev What a Safe answers `isValidSignature` with: its owners sign the digest wrapped as a message of this Safe.
    function signMessage(Safe safe, uint256 key, bytes32 digest) internal view returns (bytes memory) {
        return twoSignatures(key, _handler.getMessageHashForSafe(ISafeAccount(payable(safe)), abi.encode(digest)));
    }

    /// @dev A Safe wants them in the order of the signers' addresses.
    function twoSignatures(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint256 low, uint256 high) = vm.addr(key) < vm.addr(key + 1) ? (key, key + 1) : (key + 1, key);
        return bytes.concat(signature(low, hash), signature(high, hash));
    }

    function _hash(Safe safe, uint256 nonce, address to, bytes memory data) private view returns (bytes32) {
        return safe.getTransactionHash(to, 0, data, Enum.Operation.Call, 0, 0, 0, address(0), address(0), nonce);
    }
}
