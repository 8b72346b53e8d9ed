// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Safe} from "@safe/Safe.sol";
import {IBreaker} from "../../src/interfaces/IBreaker.sol";
import {IPatchGate, Kind, Rollback, Signature} from "../../src/interfaces/IPatchGate.sol";
import {UupsVault, UupsVaultV2, Vault} from "../mocks/Originals.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

/// @dev An implementation that hands everything to whoever comes.
contract BadVault is UupsVaultV2 {
    function drain(address account) external {
        balanceOf[msg.sender] += balanceOf[account];
        balanceOf[account] = 0;
    }
}

/// @dev The slow path with what DAOs really have: a Governor, a timelock, a Safe, and a vote that can veto.
contract GovernanceTest is GovernanceFixture {
    uint256 private constant GUARDIAN_SAFE = 300;

    address private _target;
    Vault private _vault;

    function setUp() public override {
        super.setUp();
        address implementation = address(new UupsVault());
        _target = address(new ERC1967Proxy(implementation, abi.encodeCall(Vault.initialize, (address(gate)))));
        _vault = Vault(_target);
        address[] memory targets = new address[](3);
        (targets[0], targets[1], targets[2]) = (address(breaker), address(breaker), address(gate));
        bytes[] memory calldatas = new bytes[](3);
        calldatas[0] = abi.encodeCall(breaker.setPauser, (_target, SENTINEL, uint32(LONG_FREEZE)));
        calldatas[1] = abi.encodeCall(breaker.setGate, (_target, address(gate)));
        calldatas[2] =
            abi.encodeCall(gate.registerTarget, (registration(_target, Kind.Uups, address(0), implementation)));
        decide(targets, new uint256[](3), calldatas);
    }

    // ---- what the dao decides ----

    function test_a_vote_registers_a_target() external view {
        vm.assertEq(gate.owner(), address(timelock));
        vm.assertEq(breaker.owner(), address(timelock));
        vm.assertEq(verifier.owner(), address(timelock));
        vm.assertEq(gate.targetOf(_target).original, running(_target));
    }

    function test_a_vote_ratifies_a_restriction_before_anyone_may_roll_it_back() external {
        _freezeLong();
        address patched = restrict(_target);
        decide(address(gate), abi.encodeCall(gate.ratify, (_target, patched.codehash, bytes32(0))));
        vm.assertEq(running(_target), patched);
        vm.assertTrue(refusesWrapping(_vault));
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.NothingProvisional.selector, _target));
        gate.rollback(_target);
    }

    function test_a_vote_lifts_a_freeze_early() external {
        uint64 until = _freezeLong();
        expectFrozen(_vault);
        decide(address(gate), abi.encodeCall(gate.unfreeze, (_target)));
        vm.assertTrue(vm.getBlockTimestamp() < until);
        vm.assertTrue(wraps(_vault));
    }

    function test_a_vote_upgrades() external {
        address next = address(new UupsVaultV2());
        bytes memory data = abi.encodeCall(UupsVaultV2.setVersion, (2));
        decide(address(gate), abi.encodeCall(gate.upgrade, (_target, next, data, bytes32(0))));
        vm.assertEq(UupsVaultV2(_target).version(), 2);
    }

    // ---- what the committee schedules, and the veto ----

    function test_a_bad_upgrade_of_the_committee_is_vetoed_in_time() external {
        _vault.deposit(5);
        bytes memory upgrade = _badUpgrade();
        bytes32 id = schedule(address(gate), upgrade);
        uint256 ready = timelock.getTimestamp(id);
        _refuseExecution(id, upgrade);

        vetoOperation(id);
        vm.warp(ready);
        _refuseExecution(id, upgrade);
        vm.assertEq(running(_target), gate.targetOf(_target).original);
        vm.assertEq(_vault.balanceOf(address(this)), 5);
    }

    function test_what_nobody_vetoes_goes_through_after_the_delay_good_or_bad() external {
        _vault.deposit(5);
        bytes memory upgrade = _badUpgrade();
        bytes32 id = schedule(address(gate), upgrade);
        vm.warp(timelock.getTimestamp(id) - 1);
        _refuseExecution(id, upgrade);
        vm.warp(timelock.getTimestamp(id));
        executeScheduled(address(gate), upgrade);
        vm.prank(ANYONE);
        BadVault(_target).drain(address(this));
        vm.assertEq(_vault.balanceOf(ANYONE), 5);
    }

    function test_a_veto_reaches_the_daos_own_operations() external {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) =
            one(address(gate), _badUpgrade());
        bytes32 description = vote(dao, targets, values, calldatas);
        uint256 proposal = dao.queue(targets, values, calldatas, description);
        bytes32 salt = bytes20(address(dao)) ^ description;
        vetoOperation(timelock.hashOperationBatch(targets, values, calldatas, 0, salt));
        vm.assertTrue(dao.state(proposal) == IGovernor.ProposalState.Canceled);
    }

    // ---- the worst of a bought vote ----

    function test_a_bought_vote_delays_even_its_own_end_and_stops_no_fast_path() external {
        bytes memory removal = abi.encodeCall(timelock.revokeRole, (timelock.CANCELLER_ROLE(), address(veto)));
        bytes32 id = schedule(address(timelock), removal);
        vetoOperation(id);
        vm.assertFalse(timelock.isOperation(id));

        _freezeLong();
        expectFrozen(_vault);
        restrict(_target);
        vm.assertTrue(refusesWrapping(_vault));
        vm.warp(gate.targetOf(_target).restrictableUntil);
        gate.rollback(_target);
        vm.assertTrue(wraps(_vault));

        schedule(address(timelock), removal);
        vm.warp(timelock.getTimestamp(id));
        executeScheduled(address(timelock), removal);
        vm.assertFalse(timelock.hasRole(timelock.CANCELLER_ROLE(), address(veto)));
    }

    function test_without_the_role_a_veto_cancels_nothing() external {
        bytes memory removal = abi.encodeCall(timelock.revokeRole, (timelock.CANCELLER_ROLE(), address(veto)));
        bytes32 id = schedule(address(timelock), removal);
        vm.warp(timelock.getTimestamp(id));
        executeScheduled(address(timelock), removal);

        bytes memory upgrade = _badUpgrade();
        id = schedule(address(gate), upgrade);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) =
            one(address(timelock), abi.encodeCall(TimelockController.cancel, (id)));
        bytes32 description = vote(veto, targets, values, calldatas);
        vm.expectRevert(_lacks(address(veto), timelock.CANCELLER_ROLE()));
        veto.execute(targets, values, calldatas, description);
    }

    // ---- who can do one thing cannot do the other ----

    function test_who_freezes_cannot_unfreeze() external {
        _freezeLong();
        bytes4[] memory frozen = selectors(Vault.withdraw.selector);
        bytes memory stranger = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, SENTINEL);
        _refuse(SENTINEL, address(gate), abi.encodeCall(gate.unfreeze, (_target)), stranger);
        _refuse(SENTINEL, address(breaker), abi.encodeCall(breaker.unfreeze, (_target, frozen)), stranger);
        bytes memory notPermitted = abi.encodeWithSelector(IBreaker.NotPermitted.selector, _target, SENTINEL);
        _refuse(SENTINEL, address(breaker), abi.encodeCall(breaker.release, (_target)), notPermitted);
        expectFrozen(_vault);
    }

    function test_who_unfreezes_cannot_freeze() external {
        bytes4[] memory frozen = selectors(Vault.withdraw.selector);
        bytes memory freezing = abi.encodeCall(gate.freeze, (_target, frozen, LONG_FREEZE, INCIDENT));
        bytes memory refusal = abi.encodeWithSelector(IBreaker.NotPermitted.selector, _target, address(timelock));
        _refuse(address(timelock), address(gate), freezing, refusal);
    }

    function test_who_proposes_cannot_hasten_cancel_or_go_around_the_timelock() external {
        bytes memory upgrade = _badUpgrade();
        bytes memory hasty =
            abi.encodeCall(TimelockController.schedule, (address(gate), 0, upgrade, bytes32(0), bytes32(0), DELAY - 1));
        _refuseCommittee(
            address(timelock),
            hasty,
            abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, DELAY - 1, DELAY)
        );
        bytes memory stranger = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, committee);
        _refuseCommittee(address(gate), upgrade, stranger);

        bytes32 id = schedule(address(gate), upgrade);
        bytes memory cancel = abi.encodeCall(TimelockController.cancel, (id));
        _refuseCommittee(address(timelock), cancel, _lacks(address(committee), timelock.CANCELLER_ROLE()));
        bytes memory grant = abi.encodeCall(timelock.grantRole, (timelock.CANCELLER_ROLE(), address(committee)));
        _refuseCommittee(address(timelock), grant, _lacks(address(committee), timelock.DEFAULT_ADMIN_ROLE()));
    }

    function test_who_vetoes_cannot_propose_or_execute_through_the_veto() external view {
        vm.assertFalse(timelock.hasRole(timelock.PROPOSER_ROLE(), address(veto)));
        vm.assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(veto)));
        vm.assertFalse(timelock.hasRole(timelock.CANCELLER_ROLE(), address(dao)));
    }

    function test_whoever_set_it_up_has_nothing_left() external {
        bytes memory stranger = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this));
        address[] memory set = gate.guardians();
        _refuse(address(this), address(gate), abi.encodeCall(gate.setGuardians, (set, 2)), stranger);
        _refuse(address(this), address(breaker), abi.encodeCall(breaker.setGate, (_target, ANYONE)), stranger);
        _refuse(address(this), address(verifier), abi.encodeCall(verifier.setTemplateAllowed, (0, true)), stranger);
        bytes memory grant = abi.encodeCall(timelock.grantRole, (timelock.PROPOSER_ROLE(), address(this)));
        _refuse(address(this), address(timelock), grant, _lacks(address(this), timelock.DEFAULT_ADMIN_ROLE()));
    }

    // ---- a safe among the guardians ----

    function test_a_safe_approves_a_restriction_and_a_rollback_as_a_guardian() external {
        Safe guardian = _appointSafe(GUARDIAN_SAFE);
        Proposal memory p = propose(_target);
        bytes32 digest = gate.hashRestriction(p.restriction);
        submit(p, _withSafe(guardian, digest));
        vm.assertTrue(refusesWrapping(_vault));

        Rollback memory request = Rollback(_target, 1, vm.getBlockTimestamp());
        gate.rollbackApproved(request, _withSafe(guardian, gate.hashRollback(request)));
        vm.assertTrue(wraps(_vault));
    }

    function test_a_safe_whose_owners_signed_something_else_approves_nothing() external {
        Safe guardian = _appointSafe(GUARDIAN_SAFE);
        Proposal memory p = propose(_target);
        Signature[] memory signatures = _withSafe(guardian, gate.hashRestriction(p.restriction));
        p.restriction.bundleHash = keccak256("another bundle");
        uint256 at = signatures[0].signer == address(guardian) ? 0 : 1;
        uint256 key = keys[0];
        bytes32 digest = gate.hashRestriction(p.restriction);
        signatures[1 - at].signature = signature(key, digest);
        vm.prank(ANYONE, ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.SignatureInvalid.selector, guardian));
        gate.restrict(p.restriction, p.runtime, p.certificate, signatures);
    }

    /// @dev Even if the committee is made a guardian: its threshold counts inside it, the gate's counts it once.
    function test_who_proposes_cannot_approve_alone() external {
        _appoint(address(committee));
        Proposal memory p = propose(_target);
        bytes32 digest = gate.hashRestriction(p.restriction);
        Signature[] memory alone = new Signature[](1);
        alone[0] = Signature(address(committee), signMessage(committee, COMMITTEE, digest));
        vm.prank(ANYONE, ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IPatchGate.BelowThreshold.selector, 1, 2));
        gate.restrict(p.restriction, p.runtime, p.certificate, alone);
    }

    // ---- inside ----

    function _freezeLong() private returns (uint64) {
        vm.prank(SENTINEL);
        return gate.freeze(_target, selectors(Vault.withdraw.selector), LONG_FREEZE, INCIDENT);
    }

    function _badUpgrade() private returns (bytes memory) {
        return abi.encodeCall(gate.upgrade, (_target, address(new BadVault()), "", bytes32(0)));
    }

    function _refuse(address caller, address to, bytes memory data, bytes memory expected) private {
        vm.prank(caller);
        (bool success, bytes memory reason) = to.call(data);
        vm.assertFalse(success);
        vm.assertEq(reason, expected);
    }

    function _refuseCommittee(address to, bytes memory data, bytes memory expected) private {
        try this.transactAsCommittee(to, data) {
            revert("the committee could");
        } catch (bytes memory reason) {
            vm.assertEq(reason, expected);
        }
    }

    function transactAsCommittee(address to, bytes calldata data) external {
        transact(committee, COMMITTEE, to, data);
    }

    function _refuseExecution(bytes32 id, bytes memory data) private {
        bytes32 ready = bytes32(uint256(1 << uint8(TimelockController.OperationState.Ready)));
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnexpectedOperationState.selector, id, ready));
        executeScheduled(address(gate), data);
    }

    function _lacks(address account, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }

    function _appointSafe(uint256 key) private returns (Safe safe) {
        safe = newSafe(key);
        _appoint(address(safe));
    }

    /// @dev A vote makes a contract and one key the guardians, both needed.
    function _appoint(address guardian) private {
        decide(address(gate), abi.encodeCall(gate.setGuardians, (_ascending(guardian, vm.addr(keys[0])), 2)));
    }

    function _withSafe(Safe safe, bytes32 digest) private view returns (Signature[] memory list) {
        address[] memory order = _ascending(address(safe), vm.addr(keys[0]));
        list = new Signature[](2);
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory signed =
                order[i] == address(safe) ? signMessage(safe, GUARDIAN_SAFE, digest) : signature(keys[0], digest);
            list[i] = Signature(order[i], signed);
        }
    }

    function _ascending(address a, address b) private pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = a < b ? (a, b) : (b, a);
    }
}
