// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IGuardShim} from "../src/interfaces/IGuardShim.sol";
import {Target} from "../src/interfaces/IPatchGate.sol";
import {Bank} from "./handlers/Banks.sol";
import {People} from "./handlers/People.sol";
import {Stage} from "./handlers/Stage.sol";
import {Thieves} from "./handlers/Thieves.sol";

/// @dev Every key but the DAO's is in the wrong hands, and time passes. What must hold all the same.
contract InvariantsTest is Stage {
    Thieves private thieves;
    People private people;

    function setUp() public override {
        super.setUp();
        thieves = new Thieves(this);
        people = new People(this);
    }

    /// @dev forge asks for this: whom it may call.
    function targetContracts() external view returns (address[] memory list) {
        list = new address[](2);
        list[0] = address(thieves);
        list[1] = address(people);
    }

    function invariant_stolen_keys_refuse_service_for_a_while_and_nothing_else() external {
        for (uint256 i = 0; i < count(); ++i) {
            World memory w = world(i);
            Target memory t = gate.targetOf(w.target);
            _runsWhatTheRecordSays(w, t);
            _runsTheOriginalOrARestriction(w, t);
            _refusesWhatIsFrozenUntilItsEnd(i, w, t);
            _refusesForNoLongerThanBudgetsAndPeriod(i);
            _keepsEverybodysMoney(w);
        }
        uint256 one = uint256(keccak256(abi.encode(block.timestamp, counted("used"), counted("pretended"))));
        _doesWhatTheTwinDoesOrReverts(world(one), user(one >> 8));
    }

    function afterInvariant() external {
        for (uint256 i = 0; i < count(); ++i) {
            for (uint256 who = 0; who < 3; ++who) {
                _doesWhatTheTwinDoesOrReverts(world(i), user(who));
            }
        }
    }

    /// @dev That the run above sees more than refusals: a walk through the same handlers comes by everything that can happen.
    function test_the_walk_comes_by_everything() external {
        for (uint256 i = 0; i < 1_000; ++i) {
            _step(uint256(keccak256(abi.encode(i))));
        }
        bytes32[18] memory everything = [
            bytes32("frozen"),
            "frozen at the breaker",
            "freeze refused",
            "heard",
            "restricted",
            "published",
            "spent",
            "corrupted",
            "anything",
            "rolled back by guardians",
            "rolled back by anyone",
            "pretended",
            "assaulted",
            "used",
            "refused",
            "settled",
            "re-armed guardians",
            "re-armed a pauser"
        ];
        for (uint256 i = 0; i < everything.length; ++i) {
            vm.assertTrue(counted(everything[i]) > 0);
        }
    }

    function _step(uint256 seed) private {
        (uint256 world_, uint256 a, uint256 b) = (seed >> 16 & 0xffff, seed >> 32 & 0xffffffff, seed >> 64 & 0xffffffff);
        uint256 which = seed % 16;
        if (which < 2) return thieves.freeze(world_, a, b, uint64(a * 8 + 1), seed >> 255 == 1);
        if (which == 2) return thieves.beat(world_, a);
        if (which < 5) return thieves.restrict(world_, a, b);
        if (which == 5) return thieves.restrictCorrupted(world_, a, b);
        if (which == 6) return thieves.restrictAnything(world_, a, b, abi.encode(seed));
        if (which == 7) return thieves.rollBack(world_, a);
        if (which == 8) return thieves.replay(world_);
        if (which == 9) return thieves.pretendToBeTheOwner(world_, a, b, "");
        if (which == 10) return thieves.assault(world_, a, b);
        if (which == 11) return people.reArm(world_, a);
        if (which == 12) return people.reArmPauser(world_, a, b);
        if (which == 13) return people.meddle(world_, seed >> 255 == 1);
        if (which == 14) return people.wait_(seed >> 16);
        people.use(world_, a, b, seed >> 200);
    }

    // ---- what holds ----

    function _runsWhatTheRecordSays(World memory w, Target memory t) private {
        vm.assertEq(runs(w), t.shimmed ? t.currentShim : t.current);
        vm.assertEq(t.original, w.original);
        vm.assertEq(t.originalCodeHash, w.original.codehash);
        _standsBefore(w, t.originalShim, t.original);
        _standsBefore(w, t.currentShim, t.current);
    }

    function _standsBefore(World memory w, address shim, address implementation) private {
        vm.assertEq(IGuardShim(shim).shimOriginal(), implementation);
        vm.assertEq(IGuardShim(shim).shimTarget(), w.target);
        vm.assertEq(IGuardShim(shim).shimUpgrader(), address(gate));
        vm.assertEq(IGuardShim(shim).shimBreaker(), address(breaker));
    }

    function _runsTheOriginalOrARestriction(World memory w, Target memory t) private view {
        vm.assertTrue(t.current == w.original || verified[t.current]);
        vm.assertTrue(t.current == w.original || t.restrictableUntil != 0);
    }

    /// @dev By the books: what was frozen and neither released by a restriction nor by the DAO.
    function _refusesWhatIsFrozenUntilItsEnd(uint256 i, World memory w, Target memory t) private {
        for (uint256 f = 0; f < FUNCTIONS; ++f) {
            bytes4 selector = selectorOf(f);
            bool frozen = block.timestamp < frozenUntil[i][f];
            vm.assertEq(breaker.isFrozen(w.target, selector), frozen);
            if (!frozen || !t.shimmed) continue;
            (bool success, bytes memory reason,) = see(w, false, user(f), callOf(f, user(0), 0));
            vm.assertFalse(success);
            vm.assertEq(reason, abi.encodeWithSelector(IGuardShim.FunctionFrozen.selector, selector));
        }
    }

    function _refusesForNoLongerThanBudgetsAndPeriod(uint256 i) private view {
        vm.assertTrue(restrictedFor[i] <= mayBeRestrictedFor[i]);
        for (uint256 f = 0; f < FUNCTIONS; ++f) {
            vm.assertTrue(refusedFor[i][f] <= mayBeRefusedFor[i]);
        }
    }

    /// @dev Coins went only where users sent them, and there are as many as there were.
    function _keepsEverybodysMoney(World memory w) private view {
        vm.assertEq(stateOf(w.bank, w.coin), stateOf(w.twin, w.twinCoin));
        vm.assertEq(w.coin.balanceOf(address(gate)), COINS);
        vm.assertEq(address(gate).balance, 10 ether);
        vm.assertEq(address(w.bank).balance, 5 ether);
    }

    /// @dev The twin never was under a gate.
    function _doesWhatTheTwinDoesOrReverts(World memory w, address who) private {
        for (uint256 f = 0; f < FUNCTIONS; ++f) {
            _compare(w, who, callOf(f, user(2), 7));
        }
        _compare(w, who, abi.encodeCall(w.bank.balanceOf, (who)));
        _compare(w, who, abi.encodeCall(w.bank.total, ()));
        _compare(w, who, abi.encodeCall(Bank.empty, (who)));
    }

    function _compare(World memory w, address who, bytes memory data) private {
        (bool success, bytes memory returned, bytes32 state) = see(w, false, who, data);
        bool bare = runs(w) == w.original;
        if (!success && !bare) return;
        (bool expected, bytes memory wanted, bytes32 stateOfTwin) = see(w, true, who, data);
        vm.assertEq(success, expected);
        vm.assertEq(returned, wanted);
        vm.assertEq(state, stateOfTwin);
    }
}
