// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ProxyAdmin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";
import {ITransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {IBreaker} from "../../src/interfaces/IBreaker.sol";
import {IPatchGate, Kind, Restriction, Rollback, Signature, Target} from "../../src/interfaces/IPatchGate.sol";
import {Certificate, Hole, TemplateDefinition} from "../../src/interfaces/IRestrictionVerifier.sol";
import {IDiamond, IUpgradeableBeacon, IUUPSProxy} from "../../src/interfaces/IUpgradeable.sol";
import {Actor} from "./Actor.sol";
import {Bank, Loot} from "./Banks.sol";
import {Stage} from "./Stage.sol";

/// @dev They have the keys of all guardians and all pausers.
contract Thieves is Actor {
    /// @dev Submits restrictions with their code, which only a plain account may.
    address private constant RUNNER = address(0x7417EF);

    struct Proposal {
        Restriction restriction;
        bytes runtime;
        Certificate certificate;
    }

    address private immutable _loot = address(new Loot());
    bytes32 private _salt;
    mapping(uint256 world => bytes) private _used;

    constructor(Stage stage_) Actor(stage_) {}

    // ---- pausers ----

    /// @dev Gate and Breaker have the same function.
    function freeze(uint256 world, uint256 pauser, uint256 function_, uint64 duration, bool atTheBreaker) external {
        world %= stage.count();
        function_ %= stage.FUNCTIONS();
        address target = stage.world(world).target;
        duration = duration % 8 == 0 ? duration : uint64(bound(duration, 1, stage.maxFreeze()));
        (bool success, bytes memory returned) = attempt(
            atTheBreaker ? bytes32("frozen at the breaker") : bytes32("frozen"),
            stage.pauser(pauser),
            atTheBreaker ? address(breaker) : address(gate),
            abi.encodeCall(gate.freeze, (target, selectors(stage.selectorOf(function_)), duration, 0))
        );
        if (!success) return stage.note("freeze refused");
        stage.noteFrozen(world, function_, stage.pauser(pauser), abi.decode(returned, (uint256)));
    }

    function beat(uint256 world, uint256 pauser) external {
        address[] memory list = new address[](1);
        list[0] = stage.world(world).target;
        attempt("heard", stage.pauser(pauser), address(breaker), abi.encodeCall(breaker.heartbeat, (list)));
    }

    // ---- guardians ----

    /// @dev In one transaction, behind a commitment, or published first.
    function restrict(uint256 world, uint256 variant, uint256 way) external {
        world %= stage.count();
        Proposal memory p = _propose(world, variant);
        bytes32 digest = gate.hashRestriction(p.restriction);
        Signature[] memory signatures = stage.signed(digest, variant >> 8);
        if (way % 3 > 0) {
            gate.commit(digest, signatures);
            signatures = new Signature[](0);
        }
        if (way % 3 > 1) {
            gate.publish(p.restriction, p.runtime, signatures);
            stage.note("published");
            p.runtime = "";
        }
        bytes memory data = abi.encodeCall(gate.restrict, (p.restriction, p.runtime, p.certificate, signatures));
        (bool success, bytes memory returned) = attempt("restricted", RUNNER, address(gate), data);
        if (!success) {
            return
                stage.note(
                    bytes4(returned) == IPatchGate.RestrictionsSpent.selector ? bytes32("spent") : bytes32("unfit")
                );
        }
        stage.noteRestricted(world, abi.decode(returned, (address)));
        _used[world] = data;
    }

    /// @dev A good restriction of which one thing was changed, signed as it then is.
    function restrictCorrupted(uint256 world, uint256 variant, uint256 seed) external {
        Proposal memory p = _propose(world, variant);
        _corrupt(p, seed);
        _mustFail("corrupted", p);
    }

    function restrictAnything(uint256 world, uint256 variant, uint256 seed, bytes calldata anything) external {
        Proposal memory p = _propose(world, variant);
        p.runtime = anything;
        if (seed % 3 == 0) p.runtime = _loot.code;
        if (seed % 3 == 1) p.runtime = stage.world(world).original.code;
        _mustFail("anything", p);
    }

    /// @dev What went through once: a restriction, or a rollback.
    function replay(uint256 world) external {
        world %= stage.count();
        if (_used[world].length == 0) return;
        (bool success,) = attempt("replayed", RUNNER, address(gate), _used[world]);
        vm.assertFalse(success);
    }

    function rollBack(uint256 world, uint256 seed) external {
        world %= stage.count();
        address target = stage.world(world).target;
        Rollback memory request = Rollback(target, gate.targetOf(target).nonce, block.timestamp);
        bytes memory data =
            abi.encodeCall(gate.rollbackApproved, (request, stage.signed(gate.hashRollback(request), seed)));
        (bool success,) = attempt("rolled back by guardians", address(this), address(gate), data);
        if (success) _used[world] = data;
    }

    // ---- what is the DAO's alone ----

    function pretendToBeTheOwner(uint256 world, uint256 which, uint256 who, bytes calldata data) external {
        Stage.World memory w = stage.world(world);
        address sender = _thief(who);
        (address to, bytes memory call) = _ownersCall(w, which, sender, data);
        vm.prank(sender);
        (bool success, bytes memory reason) = to.call(call);
        vm.assertFalse(success);
        bytes4 refusal = bytes4(reason);
        vm.assertTrue(
            refusal == Ownable.OwnableUnauthorizedAccount.selector || refusal == IBreaker.NotPermitted.selector
        );
        stage.note("pretended");
    }

    /// @dev Any function with any arguments, often about a target.
    function poke(uint256 which, uint256 who, uint256 world, bytes calldata data) external {
        address target = stage.world(world).target;
        address to = which % 3 == 0 ? address(gate) : which % 3 == 1 ? address(breaker) : address(verifier);
        bytes memory about = which % 2 == 0 ? abi.encode(target) : bytes("");
        attempt("poked", _thief(who), to, abi.encodePacked(_selector(which >> 8, bytes4(data)), about, data));
    }

    /// @dev Straight at the target, its admin, its shims and its patched code.
    function assault(uint256 world, uint256 which, uint256 who) external {
        Stage.World memory w = stage.world(world);
        Target memory t = gate.targetOf(w.target);
        address sender = _thief(who);
        _assaultAdmin(w, t, which % 4, sender);
        address[5] memory places = [address(w.bank), t.original, t.originalShim, t.current, t.currentShim];
        address place = places[which / 4 % 5];
        bytes memory call =
            abi.encodeCall(IUUPSProxy.upgradeToAndCall, (_loot, abi.encodeCall(Loot.empty, (w.coin, sender))));
        if (which % 3 == 1) call = abi.encodeCall(Bank.empty, (sender));
        if (which % 3 == 2) call = abi.encodeCall(Bank.initialize, (sender, w.coin));
        vm.prank(sender);
        (bool success,) = place.call(call);
        // Whoever initialises an implementation is the keeper of nothing.
        vm.assertTrue(!success || place != address(w.bank));
        stage.note("assaulted");
    }

    // ---- inside ----

    /// @dev A good restriction for the world's next nonce.
    function _propose(uint256 world, uint256 variant) private returns (Proposal memory p) {
        address target = stage.world(world).target;
        Target memory t = gate.targetOf(target);
        _salt = keccak256(abi.encode(_salt));
        bytes memory certificate;
        (p.runtime, certificate) = stage.patch(world, variant, gate.predict(target, _salt));
        p.certificate = abi.decode(certificate, (Certificate));
        p.restriction.target = target;
        p.restriction.originalCodeHash = t.originalCodeHash;
        p.restriction.salt = _salt;
        p.restriction.nonce = t.nonce;
        p.restriction.deadline = block.timestamp;
        _seal(p);
    }

    function _seal(Proposal memory p) private pure {
        p.restriction.patchedCodeHash = keccak256(p.runtime);
        p.restriction.certificateHash = keccak256(abi.encode(p.certificate));
    }

    function _thief(uint256 seed) private view returns (address) {
        if (seed % 4 == 0) return address(this);
        if (seed % 4 == 1) return stage.pauser(seed >> 2);
        address[] memory guardians = gate.guardians();
        return guardians[(seed >> 2) % guardians.length];
    }

    function _selector(uint256 which, bytes4 other) private view returns (bytes4) {
        bytes4[19] memory list = [
            gate.commit.selector,
            gate.publish.selector,
            gate.restrict.selector,
            gate.rollback.selector,
            gate.rollbackApproved.selector,
            gate.settle.selector,
            gate.deregisterTarget.selector,
            gate.ratify.selector,
            gate.upgrade.selector,
            gate.unfreeze.selector,
            gate.rearm.selector,
            gate.execute.selector,
            gate.acceptOwnership.selector,
            breaker.freezeFor.selector,
            breaker.release.selector,
            breaker.setPauser.selector,
            breaker.setGate.selector,
            verifier.setTemplateAllowed.selector,
            other
        ];
        return list[which % 19];
    }

    function _mustFail(bytes32 what, Proposal memory p) private {
        _seal(p);
        bytes32 digest = gate.hashRestriction(p.restriction);
        Signature[] memory signatures = stage.signed(digest, 0);
        vm.prank(RUNNER, RUNNER);
        try gate.restrict(p.restriction, p.runtime, p.certificate, signatures) {
            vm.assertTrue(false);
        } catch {
            stage.note(what);
        }
    }

    function _corrupt(Proposal memory p, uint256 seed) private pure {
        uint256 what = seed % 10;
        seed >>= 8;
        uint16 by = uint16(1 + (seed >> 8) % 8);
        Certificate memory c = p.certificate;
        if (what == 0) c.sites[0].pc += by;
        else if (what == 1) c.sites[0].length += by;
        else if (what == 2) c.sites[0].trampoline += by;
        else if (what == 3) c.sites[0].run.start += by;
        else if (what == 4) c.sites[0].run.end += by;
        else if (what == 5) c.sites[0].guards[0].template = bytes32(seed);
        else if (what == 6) c.sites[0].guards[0].pc += 64 + by;
        else if (what == 7) c.sites[0].run.proof[0] = bytes32(seed);
        else if (what == 8) c.selfOffsets = new uint16[](c.selfOffsets.length + 1);
        else p.runtime[seed % p.runtime.length] ^= bytes1(uint8(by));
    }

    function _ownersCall(Stage.World memory w, uint256 which, address me, bytes memory data)
        private
        view
        returns (address, bytes memory)
    {
        bytes4[] memory list = selectors(Bank.withdraw.selector);
        which %= 15;
        if (which == 0) return (address(gate), abi.encodeCall(gate.upgrade, (w.target, _loot, data, 0)));
        if (which == 1) {
            return (address(gate), abi.encodeCall(gate.execute, (address(w.bank), 0, abi.encodeCall(Bank.empty, (me)))));
        }
        if (which == 2) {
            return (
                address(gate),
                abi.encodeCall(gate.execute, (address(w.coin), 0, abi.encodeCall(w.coin.transfer, (me, 1))))
            );
        }
        if (which == 3) return (address(gate), abi.encodeCall(gate.execute, (me, 1 ether, data)));
        if (which == 4) return (address(gate), abi.encodeCall(gate.unfreeze, (w.target)));
        if (which == 5) return (address(gate), abi.encodeCall(gate.rearm, (w.target)));
        if (which == 6) return (address(gate), abi.encodeCall(gate.setGuardians, (gate.guardians(), 2)));
        if (which == 7) return (address(gate), abi.encodeCall(gate.deregisterTarget, (w.target)));
        if (which == 8) {
            return (address(gate), abi.encodeCall(gate.ratify, (w.target, gate.targetOf(w.target).current.codehash, 0)));
        }
        if (which == 9) return (address(gate), abi.encodeCall(gate.transferOwnership, (me)));
        if (which == 10) return (address(breaker), abi.encodeCall(breaker.release, (w.target)));
        if (which == 11) return (address(breaker), abi.encodeCall(breaker.unfreeze, (w.target, list)));
        if (which == 12) return (address(breaker), abi.encodeCall(breaker.setGate, (w.target, me)));
        if (which == 13) return (address(breaker), abi.encodeCall(breaker.setPauser, (w.target, me, 1)));
        TemplateDefinition memory evil = TemplateDefinition("evil@1", hex"ff", new Hole[](0), 0, 0);
        return (address(verifier), abi.encodeCall(verifier.registerTemplate, (evil)));
    }

    function _assaultAdmin(Stage.World memory w, Target memory t, uint256 which, address sender) private {
        bytes memory call;
        if (w.kind == Kind.Transparent) {
            call = abi.encodeCall(
                ProxyAdmin.upgradeAndCall, (ITransparentUpgradeableProxy(payable(w.target)), _loot, bytes(""))
            );
            if (which == 1) call = abi.encodeWithSignature("transferOwnership(address)", sender);
        } else if (w.kind == Kind.Beacon) {
            call = abi.encodeCall(IUpgradeableBeacon.upgradeTo, (_loot));
            if (which == 1) call = abi.encodeWithSignature("transferOwnership(address)", sender);
        } else if (w.kind == Kind.Facet) {
            call = abi.encodeWithSignature("setFallbackAddress(address)", _loot);
            if (which == 1) call = abi.encodeWithSignature("transferOwnership(address)", sender);
            if (which == 2) call = abi.encodeCall(IDiamond.diamondCut, (new IDiamond.FacetCut[](0), _loot, ""));
        } else {
            call = abi.encodeCall(IUUPSProxy.upgradeToAndCall, (_loot, ""));
        }
        vm.prank(sender);
        (bool success,) = t.admin.call(call);
        vm.assertFalse(success);
    }
}
