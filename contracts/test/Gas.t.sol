// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Safe} from "@safe/Safe.sol";
import {
    IPatchGate,
    Kind,
    Registration,
    Restriction,
    Rollback,
    Signature,
    Target
} from "../src/interfaces/IPatchGate.sol";
import {Hole, HoleKind, TemplateDefinition} from "../src/interfaces/IRestrictionVerifier.sol";
import {GateFixture} from "./GateFixture.sol";
import {Diamond} from "./handlers/Banks.sol";
import {UupsVaultV2, Vault} from "./mocks/Originals.sol";
import {PatchBuilder} from "./PatchBuilder.sol";
import {SiteMap} from "./SiteMap.sol";

/// @dev What every path costs as a transaction of its own, intrinsic gas and calldata included, in `snapshots/`. `--gas-snapshot-check=true`
/// fails when that changes.
/// forge-config: default.isolate = true
contract GasTest is GateFixture {
    using PatchBuilder for bytes;

    /// @dev Leaves in the site map of a contract of 24 kilobytes.
    uint256 private constant LEAVES = 512;
    uint256 private constant INTRINSIC = 21_000;

    address private uups;
    address private transparent;
    address private beacon;

    function setUp() public override {
        super.setUp();
        (uups,) = register(Kind.Uups);
        (transparent,) = register(Kind.Transparent);
        (beacon,) = register(Kind.Beacon);
    }

    // ---- budgets ----

    function test_freezing_takes_less_than_80_000_gas() external {
        _freezes(uups, "freeze, uups");
        _freezes(transparent, "freeze, transparent");
        _freezes(beacon, "freeze, beacon");
    }

    function test_freezing_behind_a_standing_shim_takes_less_than_80_000_gas_as_a_whole_transaction() external {
        gate.setStanding(uups, true);
        vm.prank(SENTINEL);
        gate.freeze(uups, selectors(Vault.withdraw.selector), MAX_FREEZE, INCIDENT);
        vm.assertTrue(vm.snapshotGasLastCall("PatchGate", "freeze, standing shim") < 80_000);
    }

    function test_restricting_5_kilobytes_takes_less_than_400_000_gas() external {
        (address target, Proposal memory p) = _grown(5_000, 2);
        vm.assertTrue(_restricts(target, p, "5 KB") < 400_000);
    }

    function test_restricting_24_kilobytes_takes_less_than_1_000_000_gas() external {
        (address target, Proposal memory p) = _grown(24_000, 6);
        vm.assertTrue(_restricts(target, p, "24 KB") < 1_000_000);
    }

    // ---- the gate ----

    function test_gas_of_the_fast_paths() external {
        freeze(uups);
        _again(uups, "freeze, shimmed already");
        vm.warp(block.timestamp + MAX_FREEZE);
        vm.prank(ANYONE);
        gate.settle(uups);
        _snap("PatchGate", "settle");

        Proposal memory p = propose(uups);
        submit(p, sign(gate.hashRestriction(p.restriction), 0, 2));
        _snap("PatchGate", "restrict, with the code");
        Rollback memory request = Rollback(uups, 1, block.timestamp);
        Signature[] memory signatures = sign(gate.hashRollback(request), 0, 2);
        gate.rollbackApproved(request, signatures);
        _snap("PatchGate", "rollbackApproved");

        restrict(uups);
        vm.warp(block.timestamp + PERIOD);
        vm.prank(ANYONE);
        gate.rollback(uups);
        _snap("PatchGate", "rollback");
    }

    function test_gas_of_the_owners_path() external {
        address implementation = implementationOf(Kind.Uups);
        address target = address(new ERC1967Proxy(implementation, abi.encodeCall(Vault.initialize, (address(gate)))));
        protect(target);
        gate.registerTarget(registration(target, Kind.Uups, address(0), implementation));
        _snap("PatchGate", "registerTarget");
        address next = address(new UupsVaultV2());
        gate.upgrade(target, next, "", bytes32(0));
        _snap("PatchGate", "upgrade");
        gate.deregisterTarget(target);
        _snap("PatchGate", "deregisterTarget");

        bytes32 patched = restrict(uups).codehash;
        gate.rearm(uups);
        _snap("PatchGate", "rearm");
        gate.ratify(uups, patched, bytes32(0));
        _snap("PatchGate", "ratify");
        freeze(uups);
        gate.unfreeze(uups);
        _snap("PatchGate", "unfreeze");

        gate.setGuardians(gate.guardians(), 3);
        _snap("PatchGate", "setGuardians, three");
        gate.execute(address(verifier), 0, abi.encodeWithSignature("owner()"));
        _snap("PatchGate", "execute, a view");
    }

    // ---- breaker, verifier, shim ----

    function test_gas_of_the_breaker() external {
        address pauser = address(0xBEEF);
        address[] memory targets = new address[](1);
        targets[0] = uups;
        breaker.setPauser(uups, pauser, 1 hours);
        _snap("Breaker", "setPauser");
        vm.prank(pauser);
        breaker.heartbeat(targets);
        _snap("Breaker", "heartbeat");
        vm.prank(pauser);
        breaker.freeze(uups, selectors(Vault.withdraw.selector), 1 hours, INCIDENT);
        _snap("Breaker", "freeze");
        breaker.unfreeze(uups, selectors(Vault.withdraw.selector));
        _snap("Breaker", "unfreeze");
        breaker.rearm(uups, pauser);
        _snap("Breaker", "rearm");
        breaker.release(uups);
        _snap("Breaker", "release");
        breaker.setGate(uups, address(this));
        _snap("Breaker", "setGate");
    }

    function test_gas_of_the_list_of_templates() external {
        Hole[] memory holes = new Hole[](1);
        holes[0] = Hole(4, HoleKind.Tail, 2, 0);
        bytes32 id = verifier.registerTemplate(TemplateDefinition("gas@1", hex"80821161000057", holes, 0, 0));
        _snap("RestrictionVerifier", "registerTemplate");
        verifier.setTemplateAllowed(id, false);
        _snap("RestrictionVerifier", "setTemplateAllowed");
    }

    function test_gas_the_shim_adds_to_each_call() external {
        Vault(uups).deposit(2);
        Vault(uups).withdraw(1);
        uint256 bare = vm.snapshotGasLastCall("GuardShim", "a call without the shim");
        vm.prank(SENTINEL);
        gate.freeze(uups, selectors(Vault.setOwner.selector), 1 hours, INCIDENT);
        Vault(uups).deposit(2);
        Vault(uups).withdraw(1);
        uint256 shimmed = vm.snapshotGasLastCall("GuardShim", "the same call through the shim");
        vm.snapshotValue("GuardShim", "what the shim adds", shimmed - bare);
        vm.assertTrue(shimmed - bare < 12_000);
    }

    // ---- sizes ----

    function test_sizes_in_bytes() external {
        _size("Breaker", address(breaker));
        _size("PatchGate", address(gate));
        _size("RestrictionVerifier", address(verifier));
        _size("GuardShim", gate.targetOf(uups).originalShim);
    }

    // ---- inside ----

    function _snap(string memory group, string memory name) private {
        vm.snapshotGasLastCall(group, name);
    }

    function _size(string memory name, address account) private {
        vm.assertTrue(account.code.length > 0 && account.code.length <= 24_576);
        vm.snapshotValue("sizes", name, account.code.length);
    }

    /// @dev The budget is for execution: what a transaction costs before it runs is the same whatever it calls.
    function _freezes(address target, string memory name) private {
        bytes4[] memory list = selectors(Vault.withdraw.selector);
        vm.prank(SENTINEL);
        gate.freeze(target, list, MAX_FREEZE, INCIDENT);
        uint256 gas = vm.snapshotGasLastCall("PatchGate", name);
        bytes memory data = abi.encodeCall(IPatchGate.freeze, (target, list, MAX_FREEZE, INCIDENT));
        vm.assertTrue(gas - INTRINSIC - _calldataGas(data) < 80_000);
    }

    function _again(address target, string memory name) private {
        vm.prank(SENTINEL);
        gate.freeze(target, selectors(Vault.deposit.selector), MAX_FREEZE, INCIDENT);
        _snap("PatchGate", name);
    }

    function _calldataGas(bytes memory data) private pure returns (uint256 gas) {
        for (uint256 i = 0; i < data.length; ++i) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    /// @dev In three transactions, as the sentinel does it for a large contract.
    function _restricts(address target, Proposal memory p, string memory name) private returns (uint256 gas) {
        bytes32 digest = gate.hashRestriction(p.restriction);
        gate.commit(digest, sign(digest, 0, 2));
        _snap("PatchGate", "commit, two signatures");
        address patched = gate.publish(p.restriction, p.runtime, new Signature[](0));
        _snap("PatchGate", string.concat("publish, ", name));
        Target memory t = gate.targetOf(target);
        verifier.verify(t.original, patched, p.certificate, t.siteMapRoot);
        _snap("RestrictionVerifier", string.concat("verify, ", name));
        gate.restrict(p.restriction, "", p.certificate, new Signature[](0));
        gas = vm.snapshotGasLastCall("PatchGate", string.concat("restrict after publish, ", name));
        vm.assertEq(gate.targetOf(target).current, patched);
    }

    // ---- large originals ----

    /// @dev A UUPS vault, which holds its own address, followed by code of others up to `size`, with windows all over.
    function _grown(uint256 size, uint256 count) private returns (address target, Proposal memory p) {
        address implementation = implementationOf(Kind.Uups);
        bytes memory code =
            bytes.concat(implementation.code, type(Safe).creationCode, type(Diamond).creationCode).cut(0, size);
        vm.etch(implementation, code);
        target = address(new ERC1967Proxy(implementation, abi.encodeCall(Vault.initialize, (address(gate)))));
        protect(target);

        PatchBuilder.Window[] memory windows = _windows(code, count);
        bytes32[] memory leaves = new bytes32[](LEAVES);
        for (uint256 i = 0; i < LEAVES; ++i) {
            leaves[i] = i < count ? PatchBuilder.leaf(code.runAt(windows[i].pc)) : keccak256(abi.encode(i));
        }
        (bytes32 root, bytes32[][] memory proofs) = SiteMap.tree(leaves, count);
        gate.registerTarget(
            Registration(target, Kind.Uups, address(0), address(0), implementation, root, new bytes4[](0))
        );

        (p.runtime, p.certificate) = code.assemble(windows);
        for (uint256 i = 0; i < count; ++i) {
            p.certificate.sites[i].run.proof = proofs[i];
        }
        relocate(p, code, implementation, gate.predict(target, bytes32(0)));
        vm.assertTrue(p.certificate.selfOffsets.length > 1);
        p.restriction = Restriction({
            target: target,
            originalCodeHash: keccak256(code),
            patchedCodeHash: keccak256(p.runtime),
            certificateHash: keccak256(abi.encode(p.certificate)),
            bundleHash: keccak256("bundle"),
            salt: bytes32(0),
            nonce: 0,
            deadline: block.timestamp
        });
    }

    /// @dev Windows evenly over the code, with one or two guards.
    function _windows(bytes memory code, uint256 count) private view returns (PatchBuilder.Window[] memory windows) {
        windows = new PatchBuilder.Window[](count);
        bytes32[] memory caller = new bytes32[](1);
        caller[0] = bytes32(uint256(uint160(address(this))));
        uint256 pc = 0;
        for (uint256 i = 0; i < count;) {
            uint256 next = pc + PatchBuilder.size(uint8(code[pc]));
            if (pc >= (i * 2 + 1) * code.length / (2 * count) && code[pc] == 0x52) {
                (uint256 from, uint256 length) = code.windowAround(pc);
                if (length > 0) {
                    windows[i] = PatchBuilder.Window(from, length, new PatchBuilder.Guard[](1 + i % 2));
                    windows[i].guards[0] = PatchBuilder.Guard(from, PatchBuilder.CALLER_IS, caller);
                    if (i % 2 == 1) {
                        windows[i].guards[1] = PatchBuilder.Guard(pc, PatchBuilder.CALLDATA_PRESENT, new bytes32[](0));
                    }
                    ++i;
                }
            }
            pc = next;
        }
    }
}
