// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Freezable} from "../src/Freezable.sol";
import {IBreaker} from "../src/interfaces/IBreaker.sol";
import {Kind, Signature} from "../src/interfaces/IPatchGate.sol";
import {Attestation, ISentinelQuorum} from "../src/interfaces/ISentinelQuorum.sol";
import {SentinelQuorum} from "../src/SentinelQuorum.sol";
import {GateFixture} from "./GateFixture.sol";
import {Vault} from "./mocks/Originals.sol";

/// @dev A protocol that asks the Breaker itself.
contract Lender is Freezable {
    constructor(IBreaker breaker) Freezable(breaker) {}

    function borrow() external view whenNotFrozen {}
}

/// @dev Five watchers of whom three are needed, all bonded; the quorum is a pauser of a vault behind the gate and of a lender that asks the
/// Breaker itself. The test is the owner.
abstract contract SentinelFixture is GateFixture {
    uint128 internal constant MIN_BOND = 1 ether;
    uint64 internal constant UNBONDING = 14 days;
    uint256 internal constant WATCHERS = 5;
    uint256 internal constant QUORUM = 3;
    uint256 internal constant ALL = (1 << WATCHERS) - 1;
    address internal constant TREASURY = address(0x7EA);

    SentinelQuorum internal sentinels;
    uint256[] internal watcherKeys;
    address[] internal watchers;
    address internal target;
    Vault internal vault;
    Lender internal lender;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 key = 11; key < 11 + WATCHERS; ++key) {
            uint256 at = watcherKeys.length;
            watcherKeys.push(key);
            for (; at > 0 && vm.addr(watcherKeys[at - 1]) > vm.addr(key); --at) {
                watcherKeys[at] = watcherKeys[at - 1];
            }
            watcherKeys[at] = key;
        }
        for (uint256 i = 0; i < WATCHERS; ++i) {
            watchers.push(vm.addr(watcherKeys[i]));
        }
        sentinels = newQuorum();
        for (uint256 i = 0; i < WATCHERS; ++i) {
            bond(watchers[i], MIN_BOND);
        }
        (target, vault) = register(Kind.Uups);
        lender = new Lender(breaker);
        breaker.setPauser(target, address(sentinels), uint32(MAX_FREEZE));
        breaker.setPauser(address(lender), address(sentinels), uint32(MAX_FREEZE));
    }

    function newQuorum() internal returns (SentinelQuorum) {
        return new SentinelQuorum(address(this), breaker, MIN_BOND, UNBONDING, watchers, QUORUM);
    }

    function bond(address watcher, uint256 amount) internal {
        vm.deal(watcher, amount);
        vm.prank(watcher);
        sentinels.bond{value: amount}();
    }

    function leave(address watcher) internal {
        vm.prank(watcher);
        sentinels.leave();
    }

    // ---- attestations ----

    function attest(address at, bytes4 selector) internal view returns (Attestation memory) {
        return Attestation({
            target: at,
            selectors: selectors(selector),
            duration: 6 hours,
            incident: INCIDENT,
            evidence: keccak256("evidence"),
            deadline: uint64(block.timestamp + 1 hours)
        });
    }

    function attest() internal view returns (Attestation memory) {
        return attest(target, Vault.withdraw.selector);
    }

    /// @dev The watchers whose bits are set in `mask` sign.
    function signed(Attestation memory a, uint256 mask) internal view returns (Signature[] memory list) {
        return signed(sentinels.hashAttestation(a), mask);
    }

    function signed(bytes32 digest, uint256 mask) internal view returns (Signature[] memory list) {
        list = new Signature[](ones(mask));
        uint256 count = 0;
        for (uint256 i = 0; i < WATCHERS; ++i) {
            if (mask & (1 << i) == 0) continue;
            list[count++] = Signature(watchers[i], signature(watcherKeys[i], digest));
        }
    }

    function ones(uint256 mask) internal pure returns (uint256 count) {
        for (; mask != 0; mask &= mask - 1) {
            ++count;
        }
    }

    // ---- acting ----

    function submit(Attestation memory a, Signature[] memory signatures) internal returns (uint64) {
        vm.prank(ANYONE);
        return sentinels.freeze(a, signatures);
    }

    function refused(Attestation memory a, Signature[] memory signatures, bytes memory reason) internal {
        vm.prank(ANYONE);
        vm.expectRevert(reason);
        sentinels.freeze(a, signatures);
    }

    function belowQuorum(uint256 counted) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISentinelQuorum.BelowQuorum.selector, counted, QUORUM);
    }
}
