// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {Breaker} from "../src/Breaker.sol";
import {IGuardShim} from "../src/interfaces/IGuardShim.sol";
import {Kind, Registration, Restriction, Signature, Target} from "../src/interfaces/IPatchGate.sol";
import {Certificate, TemplateDefinition} from "../src/interfaces/IRestrictionVerifier.sol";
import {PatchGate} from "../src/PatchGate.sol";
import {RestrictionVerifier} from "../src/RestrictionVerifier.sol";
import {Base} from "./Base.sol";
import {LegacyProxyAdmin, LegacyUupsVault} from "./mocks/Legacy.sol";
import {PlainVault, UupsVault, Vault} from "./mocks/Originals.sol";
import {PatchBuilder} from "./PatchBuilder.sol";

/// @dev A gate with three guardians of whom two are needed, a pauser, and a vault of each kind under it. The test is the owner.
abstract contract GateFixture is Base {
    using PatchBuilder for bytes;

    uint64 internal constant PERIOD = 7 days;
    uint64 internal constant MAX_FREEZE = 1 days;
    uint64 internal constant HEARTBEAT = 90 days;
    bytes32 internal constant INCIDENT = keccak256("incident");
    address internal constant SENTINEL = address(0x5E);
    address internal constant ANYONE = address(0xA1);
    address private constant BENCH = address(0xBE4C);

    error SutureRestricted();

    struct Proposal {
        Restriction restriction;
        bytes runtime;
        Certificate certificate;
    }

    Breaker internal breaker;
    RestrictionVerifier internal verifier;
    PatchGate internal gate;
    uint256[] internal keys;

    function setUp() public virtual {
        vm.warp(1_000_000);
        breaker = new Breaker(address(this), MAX_FREEZE, HEARTBEAT);
        verifier = new RestrictionVerifier(address(this), new TemplateDefinition[](0));
        PatchBuilder.registerTemplates(verifier);
        for (uint256 key = 1; key <= 3; ++key) {
            uint256 at = keys.length;
            keys.push(key);
            for (; at > 0 && vm.addr(keys[at - 1]) > vm.addr(key); --at) {
                keys[at] = keys[at - 1];
            }
            keys[at] = key;
        }
        gate = newGate();
    }

    function newGate() internal returns (PatchGate) {
        address[] memory guardians = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            guardians[i] = vm.addr(keys[i]);
        }
        return new PatchGate(address(this), breaker, verifier, PERIOD, guardians, 2);
    }

    // ---- targets ----

    /// @return target what the gate knows.
    /// @return vault what users call; another address than the target for a beacon.
    function register(Kind kind) internal returns (address target, Vault vault) {
        address implementation = implementationOf(kind);
        address admin;
        bytes memory init = abi.encodeCall(Vault.initialize, (address(gate)));
        if (kind == Kind.Beacon) {
            target = address(new UpgradeableBeacon(implementation, address(gate)));
            vault = Vault(address(new BeaconProxy(target, init)));
        } else if (kind == Kind.Transparent) {
            target = address(new TransparentUpgradeableProxy(implementation, address(gate), init));
            admin = address(uint160(uint256(vm.load(target, ERC1967Utils.ADMIN_SLOT))));
            vault = Vault(target);
        } else if (kind == Kind.TransparentLegacy) {
            // A UUPS proxy that obeys an old admin: what the gate calls is what counts.
            admin = address(new LegacyProxyAdmin(address(gate)));
            target = address(new LegacyTransparentProxy(implementation, admin));
            vault = Vault(target);
        } else {
            target = address(new ERC1967Proxy(implementation, init));
            vault = Vault(target);
        }
        protect(target);
        gate.registerTarget(registration(target, kind, admin, implementation));
    }

    function protect(address target) internal {
        breaker.setPauser(target, SENTINEL, uint32(MAX_FREEZE));
        breaker.setGate(target, address(gate));
    }

    function registration(address target, Kind kind, address admin, address implementation)
        internal
        returns (Registration memory)
    {
        bytes32 root = rootOf(implementation);
        return Registration(target, kind, admin, address(0), implementation, root, new bytes4[](0));
    }

    function implementationOf(Kind kind) internal returns (address) {
        if (kind == Kind.Uups) return address(new UupsVault());
        if (kind == Kind.UupsLegacy) return address(new LegacyUupsVault());
        return address(new PlainVault());
    }

    /// @dev What the target really runs.
    function running(address target) internal view returns (address) {
        if (gate.targetOf(target).kind == Kind.Beacon) return UpgradeableBeacon(target).implementation();
        return address(uint160(uint256(vm.load(target, ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    // ---- patches ----

    /// @dev The site map of a test has one run: that of the subtraction to guard.
    function rootOf(address implementation) internal returns (bytes32) {
        bytes memory code = implementation.code;
        (uint256 pc,) = findSubtraction(code);
        return PatchBuilder.leaf(code.runAt(pc));
    }

    /// @dev The subtraction of `withdraw`, found by trying: guarded, it refuses what wraps and nothing else. The guard stands before the
    /// SUB, or the window begins there.
    function findSubtraction(bytes memory code) internal returns (uint256 from, uint256 pc) {
        for (pc = 0; pc < code.length; pc += PatchBuilder.size(uint8(code[pc]))) {
            if (code[pc] != 0x03) continue;
            uint256 length;
            (from, length) = code.windowAround(pc);
            if (length == 0) continue;
            (bytes memory runtime,) = guardSubtraction(code, from, length, pc);
            vm.etch(BENCH, runtime);
            if (refusesWrapping(Vault(BENCH))) return (from, pc);
        }
        revert("no subtraction");
    }

    function refusesWrapping(Vault vault) internal returns (bool) {
        address user = address(uint160(uint256(keccak256(abi.encode(gasleft())))));
        vm.startPrank(user);
        (bool deposited,) = address(vault).call(abi.encodeCall(Vault.deposit, 5));
        (bool withdrawn,) = address(vault).call(abi.encodeCall(Vault.withdraw, 3));
        (bool wrapped, bytes memory reason) = address(vault).call(abi.encodeCall(Vault.withdraw, 3));
        vm.stopPrank();
        return deposited && withdrawn && !wrapped && bytes4(reason) == SutureRestricted.selector;
    }

    function guardSubtraction(bytes memory code, uint256 from, uint256 length, uint256 pc)
        internal
        pure
        returns (bytes memory, Certificate memory)
    {
        PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](1);
        windows[0] = PatchBuilder.window(from, length, PatchBuilder.SUB_CHECKED, pc, new bytes32[](0));
        return code.assemble(windows);
    }

    /// @dev A good restriction of the target's registered original, for its next nonce.
    function propose(address target) internal returns (Proposal memory) {
        return propose(target, bytes32(gate.targetOf(target).nonce));
    }

    function propose(address target, bytes32 salt) internal returns (Proposal memory p) {
        Target memory t = gate.targetOf(target);
        bytes memory code = t.original.code;
        (, uint256 pc) = findSubtraction(code);
        (uint256 from, uint256 length) = code.windowAround(pc);
        (p.runtime, p.certificate) = guardSubtraction(code, from, length, pc);
        relocate(p, code, t.original, gate.predict(target, salt));
        p.restriction = Restriction({
            target: target,
            originalCodeHash: t.originalCodeHash,
            patchedCodeHash: keccak256(p.runtime),
            certificateHash: keccak256(abi.encode(p.certificate)),
            bundleHash: keccak256("bundle"),
            salt: salt,
            nonce: t.nonce,
            deadline: block.timestamp + 1 hours
        });
    }

    function relocate(Proposal memory p, bytes memory code, address from, address to) internal pure {
        uint16[] memory offsets = new uint16[](code.length);
        uint256 count = 0;
        for (uint256 i = 0; i + 20 <= code.length; ++i) {
            if (code[i] != bytes20(from)[0] || bytes20(PatchBuilder.cut(code, i, i + 20)) != bytes20(from)) continue;
            offsets[count++] = uint16(i);
            PatchBuilder.put(p.runtime, i, to);
        }
        p.certificate.selfOffsets = new uint16[](count);
        for (uint256 i = 0; i < count; ++i) {
            p.certificate.selfOffsets[i] = offsets[i];
        }
    }

    // ---- signing and acting ----

    function sign(bytes32 digest, uint256 first, uint256 count) internal view returns (Signature[] memory list) {
        list = new Signature[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = Signature(vm.addr(keys[first + i]), signature(keys[first + i], digest));
        }
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function submit(Proposal memory p, Signature[] memory signatures) internal returns (address) {
        vm.prank(ANYONE, ANYONE);
        return gate.restrict(p.restriction, p.runtime, p.certificate, signatures);
    }

    function restrict(address target) internal returns (address) {
        Proposal memory p = propose(target);
        return submit(p, sign(gate.hashRestriction(p.restriction), 0, 2));
    }

    function freeze(address target) internal returns (uint64) {
        vm.prank(SENTINEL);
        return gate.freeze(target, selectors(Vault.withdraw.selector), MAX_FREEZE, INCIDENT);
    }

    function expectFrozen(Vault vault) internal {
        (bool success, bytes memory reason) = address(vault).call(abi.encodeCall(Vault.withdraw, 0));
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(IGuardShim.FunctionFrozen.selector, Vault.withdraw.selector));
        vault.deposit(1);
    }

    function wraps(Vault vault) internal returns (bool wrapped) {
        vm.prank(address(uint160(uint256(keccak256(abi.encode(gasleft()))))));
        (wrapped,) = address(vault).call(abi.encodeCall(Vault.withdraw, 1));
    }
}

/// @dev A transparent proxy of old: the admin's calls are its own, all others the implementation's.
contract LegacyTransparentProxy is ERC1967Proxy {
    address private immutable _admin;

    constructor(address implementation, address admin)
        ERC1967Proxy(implementation, abi.encodeCall(Vault.initialize, (admin)))
    {
        _admin = admin;
    }

    function _fallback() internal override {
        if (msg.sender != _admin) super._fallback();
        (address implementation, bytes memory data) = abi.decode(msg.data[4:], (address, bytes));
        ERC1967Utils.upgradeToAndCall(implementation, data);
    }
}
