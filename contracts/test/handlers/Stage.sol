// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {Breaker} from "../../src/Breaker.sol";
import {Kind, Registration, Signature} from "../../src/interfaces/IPatchGate.sol";
import {Certificate} from "../../src/interfaces/IRestrictionVerifier.sol";
import {IDiamond} from "../../src/interfaces/IUpgradeable.sol";
import {PatchGate} from "../../src/PatchGate.sol";
import {RestrictionVerifier} from "../../src/RestrictionVerifier.sol";
import {GateFixture} from "../GateFixture.sol";
import {PatchBuilder} from "../PatchBuilder.sol";
import {SiteMap} from "../SiteMap.sol";
import {Bank, Coin, Diamond, PlainBank, UupsBank} from "./Banks.sol";

/// @dev A bank of each kind under a gate, and beside each a twin: the same original with the same users and no gate, which tells what the
/// bank would have done. This contract is the DAO. It also keeps the books of what happened.
contract Stage is GateFixture {
    using PatchBuilder for bytes;

    struct World {
        Kind kind;
        address target;
        Bank bank;
        Bank twin;
        Coin coin;
        Coin twinCoin;
        address original;
        bool holdsItself;
    }

    /// @dev The runtime is not relocated yet, the certificate encoded.
    struct Patch {
        bytes runtime;
        bytes certificate;
        uint16[] selfOffsets;
    }

    uint256 public constant VARIANTS = 12;
    uint256 public constant FUNCTIONS = 3;
    uint256 internal constant COINS = 1_000_000;

    address public constant PAUSER_B = address(0x5F);
    uint32 public constant BUDGET_B = 6 hours;

    World[] private _worlds;
    /// @dev For code that does not hold its own address, and code that does.
    mapping(bool holdsItself => Patch[]) private _patches;
    mapping(bool holdsItself => bytes32) private _roots;

    // ---- the books ----

    mapping(address implementation => bool) public verified;
    mapping(uint256 world => mapping(uint256 function_ => uint256)) public frozenUntil;
    /// @dev When a pauser's freezes must be over, by its first one since it was armed.
    mapping(uint256 world => mapping(address pauser => uint256)) public burntOut;
    mapping(uint256 world => mapping(uint256 function_ => uint256)) public refusedFor;
    mapping(uint256 world => uint256) public restrictedFor;
    mapping(uint256 world => uint256) public mayBeRefusedFor;
    mapping(uint256 world => uint256) public mayBeRestrictedFor;
    mapping(bytes32 what => uint256) private _count;

    function setUp() public virtual override {
        super.setUp();
        _add(Kind.Uups);
        _add(Kind.Transparent);
        _add(Kind.Beacon);
        _add(Kind.Facet);
        vm.deal(address(gate), 10 ether);
    }

    // ---- what is there ----

    function theGate() external view returns (PatchGate) {
        return gate;
    }

    function theBreaker() external view returns (Breaker) {
        return breaker;
    }

    function theVerifier() external view returns (RestrictionVerifier) {
        return verifier;
    }

    function count() public view returns (uint256) {
        return _worlds.length;
    }

    function world(uint256 i) public view returns (World memory) {
        return _worlds[i % _worlds.length];
    }

    function user(uint256 seed) public pure returns (address) {
        return address(uint160(0xAA00 + seed % 3));
    }

    function selectorOf(uint256 function_) public pure returns (bytes4) {
        if (function_ == 0) return Bank.deposit.selector;
        return function_ == 1 ? Bank.withdraw.selector : Bank.transfer.selector;
    }

    function callOf(uint256 function_, address other, uint256 amount) public pure returns (bytes memory) {
        if (function_ < 2) return abi.encodeWithSelector(selectorOf(function_), amount);
        return abi.encodeCall(Bank.transfer, (other, amount));
    }

    function runs(World memory w) public view returns (address) {
        if (w.kind == Kind.Facet) return IDiamond(address(w.bank)).facetAddress(Bank.deposit.selector);
        return running(w.target);
    }

    function signed(bytes32 digest, uint256 seed) external view returns (Signature[] memory) {
        return seed % 4 == 0 ? sign(digest, 0, 3) : sign(digest, seed % 2, 2);
    }

    /// @dev One of the world's restrictions, as it is when deployed at `to`, and its certificate, encoded.
    function patch(uint256 i, uint256 variant, address to)
        external
        view
        returns (bytes memory runtime, bytes memory certificate)
    {
        Patch storage one = _patches[world(i).holdsItself][variant % VARIANTS];
        (runtime, certificate) = (one.runtime, one.certificate);
        for (uint256 k = 0; k < one.selfOffsets.length; ++k) {
            PatchBuilder.put(runtime, one.selfOffsets[k], to);
        }
    }

    /// @dev What a call of `sender` would do, seen without doing it; `state` is what everybody has then.
    function see(World memory w, bool twin, address sender, bytes memory data)
        public
        returns (bool success, bytes memory returned, bytes32 state)
    {
        (, bytes memory seen) = address(this).call(abi.encodeCall(this.seeAndRevert, (w, twin, sender, data)));
        return abi.decode(seen, (bool, bytes, bytes32));
    }

    function seeAndRevert(World calldata w, bool twin, address sender, bytes calldata data) external {
        Bank bank = twin ? w.twin : w.bank;
        vm.prank(sender);
        (bool success, bytes memory returned) = address(bank).call{gas: 1_000_000}(data);
        bytes memory seen = abi.encode(success, returned, stateOf(bank, twin ? w.twinCoin : w.coin));
        assembly {
            revert(add(seen, 32), mload(seen))
        }
    }

    /// @dev What everybody has, read past the bank's code.
    function stateOf(Bank bank, Coin coin) public view returns (bytes32 hash) {
        hash = keccak256(abi.encode(vm.load(address(bank), 0), vm.load(address(bank), bytes32(uint256(2)))));
        for (uint256 i = 0; i < 4; ++i) {
            address account = i < 3 ? user(i) : address(bank);
            bytes32 slot = keccak256(abi.encode(account, 3));
            hash = keccak256(abi.encode(hash, vm.load(address(bank), slot), coin.balanceOf(account)));
        }
    }

    // ---- keeping the books ----

    function note(bytes32 what) external {
        ++_count[what];
    }

    function counted(bytes32 what) public view returns (uint256) {
        return _count[what];
    }

    function noteRestricted(uint256 i, address patched) external {
        verified[patched] = true;
        noteReleased(i);
    }

    function noteFrozen(uint256 i, uint256 function_, address by, uint256 until) external {
        if (burntOut[i][by] == 0) burntOut[i][by] = block.timestamp + (by == SENTINEL ? MAX_FREEZE : BUDGET_B);
        vm.assertTrue(until <= burntOut[i][by]);
        if (until > frozenUntil[i][function_]) frozenUntil[i][function_] = until;
    }

    function noteReleased(uint256 i) public {
        for (uint256 f = 0; f < FUNCTIONS; ++f) {
            frozenUntil[i][f] = 0;
        }
        noteArmed(i, SENTINEL);
        noteArmed(i, PAUSER_B);
    }

    function noteArmed(uint256 i, address pauser_) public {
        burntOut[i][pauser_] = 0;
    }

    function noteTime(uint256 i, uint256 function_, uint256 time) external {
        refusedFor[i][function_] += time;
    }

    function noteRestrictedTime(uint256 i, uint256 time) external {
        restrictedFor[i] += time;
    }

    /// @dev The DAO gave guardians a new window, or a pauser a new fuse.
    function grant(uint256 i, uint256 restricted, uint256 frozen) external {
        mayBeRestrictedFor[i] += restricted;
        mayBeRefusedFor[i] += restricted + frozen;
    }

    function sumOfBudgets() public pure returns (uint256) {
        return uint256(MAX_FREEZE) + BUDGET_B;
    }

    function period() external pure returns (uint64) {
        return PERIOD;
    }

    function maxFreeze() external pure returns (uint64) {
        return MAX_FREEZE;
    }

    function pauser(uint256 seed) external pure returns (address) {
        return seed % 2 == 0 ? SENTINEL : PAUSER_B;
    }

    // ---- building it ----

    function _add(Kind kind) private {
        World memory w;
        w.kind = kind;
        w.holdsItself = kind == Kind.Uups;
        w.original = w.holdsItself ? address(new UupsBank()) : address(new PlainBank());
        if (_patches[w.holdsItself].length == 0) _preparePatches(w.original, w.holdsItself);
        w.coin = new Coin();
        w.twinCoin = new Coin();
        address admin;
        (w.bank, w.target, admin) = _deploy(kind, w.original, w.coin);
        w.twin = Bank(address(new ERC1967Proxy(w.original, _init(w.twinCoin))));
        _fund(w.bank, w.coin);
        _fund(w.twin, w.twinCoin);
        _register(w, admin);
        uint256 i = _worlds.length;
        _worlds.push(w);
        mayBeRestrictedFor[i] = PERIOD;
        mayBeRefusedFor[i] = 2 * sumOfBudgets() + PERIOD;
    }

    function _deploy(Kind kind, address original, Coin coin) private returns (Bank, address target, address admin) {
        bytes memory init = _init(coin);
        if (kind == Kind.Beacon) {
            target = address(new UpgradeableBeacon(original, address(gate)));
            return (Bank(address(new BeaconProxy(target, init))), target, address(0));
        }
        if (kind == Kind.Transparent) {
            target = address(new TransparentUpgradeableProxy(original, address(gate), init));
            admin = address(uint160(uint256(vm.load(target, ERC1967Utils.ADMIN_SLOT))));
        } else if (kind == Kind.Uups) {
            target = address(new ERC1967Proxy(original, init));
        } else {
            return (_deployDiamond(original, init), gate.facetKey(address(0), original), address(0));
        }
        return (Bank(target), target, admin);
    }

    function _deployDiamond(address facet, bytes memory init) private returns (Bank) {
        Diamond diamond = new Diamond();
        IDiamond.FacetCut[] memory cuts = new IDiamond.FacetCut[](1);
        cuts[0] = IDiamond.FacetCut(facet, IDiamond.FacetCutAction.Add, _selectorsOfBank());
        IDiamond(address(diamond)).diamondCut(cuts, facet, init);
        diamond.transferOwnership(address(gate));
        gate.execute(address(diamond), 0, abi.encodeCall(diamond.acceptOwnership, ()));
        return Bank(address(diamond));
    }

    function _register(World memory w, address admin) private {
        bool facet = w.kind == Kind.Facet;
        if (facet) w.target = gate.facetKey(address(w.bank), w.original);
        protect(w.target);
        breaker.setPauser(w.target, PAUSER_B, BUDGET_B);
        gate.registerTarget(
            Registration({
                target: facet ? address(w.bank) : w.target,
                kind: w.kind,
                admin: admin,
                via: address(0),
                implementation: w.original,
                siteMapRoot: _roots[w.holdsItself],
                selectors: facet ? _selectorsOfBank() : new bytes4[](0)
            })
        );
    }

    function _fund(Bank bank, Coin coin) private {
        coin.mint(address(gate), COINS);
        for (uint256 i = 0; i < 3; ++i) {
            coin.mint(user(i), 2 * COINS);
            vm.startPrank(user(i));
            coin.approve(address(bank), type(uint256).max);
            bank.deposit(COINS);
            vm.stopPrank();
        }
        vm.deal(address(bank), 5 ether);
    }

    function _init(Coin coin) private view returns (bytes memory) {
        return abi.encodeCall(Bank.initialize, (address(gate), coin));
    }

    function _selectorsOfBank() private view returns (bytes4[] memory list) {
        list = new bytes4[](9);
        Bank bank = Bank(address(0));
        list[0] = Bank.deposit.selector;
        list[1] = Bank.withdraw.selector;
        list[2] = Bank.transfer.selector;
        list[3] = Bank.empty.selector;
        list[4] = Bank.initialize.selector;
        list[5] = bank.keeper.selector;
        list[6] = bank.coin.selector;
        list[7] = bank.total.selector;
        list[8] = bank.balanceOf.selector;
    }

    // ---- patches of every sort ----

    function _preparePatches(address original, bool holdsItself) private {
        bytes memory code = original.code;
        PatchBuilder.Window[] memory all = _allWindows(code);
        bytes32[] memory leaves = new bytes32[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            leaves[i] = PatchBuilder.leaf(code.runAt(all[i].pc));
        }
        (bytes32 root, bytes32[][] memory proofs) = SiteMap.tree(leaves, leaves.length);
        _roots[holdsItself] = root;
        for (uint256 variant = 0; variant < VARIANTS; ++variant) {
            uint256 first = variant * all.length / VARIANTS;
            uint256 second = first + 1 + variant % 3;
            uint256 size = variant % 2 == 0 && second < all.length ? 2 : 1;
            PatchBuilder.Window[] memory windows = new PatchBuilder.Window[](size);
            for (uint256 k = 0; k < size; ++k) {
                windows[k] = all[k == 0 ? first : second];
            }
            Proposal memory p = _patch(code, windows, original);
            for (uint256 k = 0; k < size; ++k) {
                p.certificate.sites[k].run.proof = proofs[k == 0 ? first : second];
            }
            _patches[holdsItself].push(Patch(p.runtime, abi.encode(p.certificate), p.certificate.selfOffsets));
        }
    }

    function _patch(bytes memory code, PatchBuilder.Window[] memory windows, address original)
        private
        pure
        returns (Proposal memory p)
    {
        (p.runtime, p.certificate) = code.assemble(windows);
        relocate(p, code, original, original);
    }

    /// @dev A window at every instruction worth guarding that has one and does not touch the window before, with guards in turn.
    function _allWindows(bytes memory code) private pure returns (PatchBuilder.Window[] memory windows) {
        windows = new PatchBuilder.Window[](64);
        uint256 found = 0;
        uint256 free = 0;
        for (uint256 pc = 0; pc < code.length && found < 64; pc += PatchBuilder.size(uint8(code[pc]))) {
            uint8 opcode = uint8(code[pc]);
            if (opcode != 0x01 && opcode != 0x03 && opcode != 0x35 && opcode != 0x54 && opcode != 0x55) continue;
            (uint256 from, uint256 length) = code.windowAround(pc);
            if (length == 0 || from < free) continue;
            windows[found] = _guarded(from, length, pc, found);
            free = from + length;
            ++found;
        }
        assembly {
            mstore(windows, found)
        }
    }

    function _guarded(uint256 from, uint256 length, uint256 pc, uint256 turn)
        private
        pure
        returns (PatchBuilder.Window memory)
    {
        bytes32[] memory args = new bytes32[](0);
        bytes32 template = PatchBuilder.REFUSE;
        if (turn % 4 == 1) template = PatchBuilder.SUB_CHECKED;
        if (turn % 4 == 2) template = PatchBuilder.CALLDATA_PRESENT;
        if (turn % 4 == 3) {
            template = PatchBuilder.CALLER_IS;
            args = new bytes32[](1);
            args[0] = bytes32(uint256(uint160(user(turn / 4))));
        }
        return PatchBuilder.window(from, length, template, pc, args);
    }
}
