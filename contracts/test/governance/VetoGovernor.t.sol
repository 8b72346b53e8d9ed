// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {VetoGovernor, VetoSettings} from "../../src/governance/VetoGovernor.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

/// @dev What a veto can be, and that it can be nothing else.
contract VetoGovernorTest is GovernanceFixture {
    bytes private constant HARMLESS = abi.encodeCall(IVotes.delegate, (address(1)));

    // ---- what it cancels ----

    function test_a_veto_cancels_what_waits_and_nothing_else() external {
        bytes32 first = schedule(address(token), HARMLESS);
        bytes32 second = schedule(address(token), abi.encodeCall(IVotes.delegate, (address(2))));
        vetoOperation(first);
        vm.assertFalse(timelock.isOperation(first));
        vm.assertTrue(timelock.isOperationPending(second));
    }

    function test_a_veto_can_cancel_several_operations_at_once() external {
        bytes32 first = schedule(address(token), HARMLESS);
        bytes32 second = schedule(address(token), abi.encodeCall(IVotes.delegate, (address(2))));
        address[] memory targets = new address[](2);
        (targets[0], targets[1]) = (address(timelock), address(timelock));
        bytes[] memory calldatas = new bytes[](2);
        calldatas[0] = abi.encodeCall(TimelockController.cancel, (first));
        calldatas[1] = abi.encodeCall(TimelockController.cancel, (second));
        bytes32 description = vote(veto, targets, new uint256[](2), calldatas);
        veto.execute(targets, new uint256[](2), calldatas, description);
        vm.assertFalse(timelock.isOperation(first));
        vm.assertFalse(timelock.isOperation(second));
    }

    /// @dev Else whoever carries a veto of the one through would save the other.
    function test_a_veto_of_several_passes_over_what_no_longer_waits() external {
        bytes32 first = schedule(address(token), HARMLESS);
        bytes32 second = schedule(address(token), abi.encodeCall(IVotes.delegate, (address(2))));
        address[] memory targets = new address[](2);
        (targets[0], targets[1]) = (address(timelock), address(timelock));
        bytes[] memory calldatas = new bytes[](2);
        calldatas[0] = abi.encodeCall(TimelockController.cancel, (first));
        calldatas[1] = abi.encodeCall(TimelockController.cancel, (second));
        bytes32 description = vote(veto, targets, new uint256[](2), calldatas);
        vm.prank(address(veto));
        timelock.cancel(first);
        veto.execute(targets, new uint256[](2), calldatas, description);
        vm.assertFalse(timelock.isOperation(second));
    }

    function test_a_veto_proposed_with_the_operation_ends_before_the_delay() external {
        uint256 start = vm.getBlockTimestamp();
        bytes32 id = schedule(address(token), HARMLESS);
        vetoOperation(id);
        vm.assertTrue(vm.getBlockTimestamp() < start + DELAY);
    }

    function test_a_veto_that_lost_or_missed_the_quorum_cancels_nothing() external {
        bytes32 id = schedule(address(token), HARMLESS);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) =
            one(address(timelock), abi.encodeCall(TimelockController.cancel, (id)));
        vm.prank(VOTER);
        uint256 proposal = veto.propose(targets, values, calldatas, "nobody votes");
        vm.warp(veto.proposalDeadline(proposal) + 1);
        vm.expectRevert(_unexpected(proposal, IGovernor.ProposalState.Defeated));
        veto.execute(targets, values, calldatas, keccak256("nobody votes"));
        vm.assertTrue(timelock.isOperationPending(id));
    }

    function test_a_veto_cannot_be_executed_before_the_vote_is_over() external {
        bytes32 id = schedule(address(token), HARMLESS);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) =
            one(address(timelock), abi.encodeCall(TimelockController.cancel, (id)));
        vm.prank(VOTER);
        uint256 proposal = veto.propose(targets, values, calldatas, "soon");
        vm.warp(veto.proposalSnapshot(proposal) + 1);
        vm.prank(VOTER);
        veto.castVote(proposal, 1);
        vm.warp(veto.proposalDeadline(proposal));
        vm.expectRevert(_unexpected(proposal, IGovernor.ProposalState.Active));
        veto.execute(targets, values, calldatas, keccak256("soon"));
    }

    // ---- what it refuses ----

    function test_a_proposal_can_name_the_timelock_alone(address target) external {
        vm.assume(target != address(timelock));
        _refuseProposal(target, 0, abi.encodeCall(TimelockController.cancel, (bytes32(0))));
    }

    function test_a_proposal_can_cancel_alone(bytes4 selector, bytes32 word) external {
        vm.assume(selector != TimelockController.cancel.selector);
        _refuseProposal(address(timelock), 0, abi.encodePacked(selector, word));
    }

    function test_a_proposal_carries_no_coins_and_nothing_behind_the_id(uint96 value, bytes calldata more) external {
        vm.assume(more.length != 0);
        bytes memory call = abi.encodeCall(TimelockController.cancel, (bytes32(0)));
        _refuseProposal(address(timelock), uint256(value) + 1, call);
        _refuseProposal(address(timelock), 0, bytes.concat(call, more));
        _refuseProposal(address(timelock), 0, abi.encodePacked(TimelockController.cancel.selector));
        _refuseProposal(address(timelock), 0, "");
    }

    function test_every_call_of_a_proposal_is_looked_at() external {
        address[] memory targets = new address[](3);
        (targets[0], targets[1], targets[2]) = (address(timelock), address(timelock), address(veto));
        bytes[] memory calldatas = new bytes[](3);
        calldatas[0] = abi.encodeCall(TimelockController.cancel, (bytes32(0)));
        calldatas[1] = abi.encodeCall(TimelockController.cancel, (bytes32(uint256(1))));
        calldatas[2] = abi.encodeCall(TimelockController.cancel, (bytes32(uint256(2))));
        vm.prank(VOTER);
        vm.expectRevert(abi.encodeWithSelector(VetoGovernor.NotAVeto.selector, 2));
        veto.propose(targets, new uint256[](3), calldatas, "");
    }

    function test_nobody_changes_the_settings() external {
        bytes[] memory calls = new bytes[](5);
        calls[0] = abi.encodeCall(GovernorSettings.setVotingDelay, (0));
        calls[1] = abi.encodeCall(GovernorSettings.setVotingPeriod, (1));
        calls[2] = abi.encodeCall(GovernorSettings.setProposalThreshold, (0));
        calls[3] = abi.encodeCall(veto.updateQuorumNumerator, (0));
        calls[4] = abi.encodeCall(Governor.relay, (address(timelock), 0, ""));
        for (uint256 i = 0; i < calls.length; ++i) {
            _refuseProposal(address(veto), 0, calls[i]);
            vm.prank(address(timelock));
            (bool success, bytes memory reason) = address(veto).call(calls[i]);
            vm.assertFalse(success);
            vm.assertEq(reason, abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, timelock));
        }
    }

    function test_who_has_too_few_votes_proposes_nothing() external {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) =
            one(address(timelock), abi.encodeCall(TimelockController.cancel, (bytes32(0))));
        vm.prank(ANYONE);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, ANYONE, 0, 1 ether)
        );
        veto.propose(targets, values, calldatas, "");
    }

    function test_refuses_coins() external {
        vm.deal(address(this), 1);
        (bool success, bytes memory reason) = address(veto).call{value: 1}("");
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(IGovernor.GovernorDisabledDeposit.selector));
    }

    // ---- deploying ----

    function test_refuses_a_vote_that_ends_after_the_delay() external {
        VetoSettings memory settings = vetoSettings();
        settings.votingPeriod = uint32(DELAY - settings.votingDelay);
        vm.expectRevert(abi.encodeWithSelector(VetoGovernor.VetoTooLate.selector, DELAY, DELAY));
        new VetoGovernor(timelock, token, settings);
        settings.votingPeriod -= 1;
        vm.assertEq(address(new VetoGovernor(timelock, token, settings).timelock()), address(timelock));
    }

    function test_counts_blocks_by_the_time_they_take() external {
        VetoSettings memory settings = vetoSettings();
        (settings.votingDelay, settings.votingPeriod, settings.secondsPerTick) = (300, 21_300, 12);
        vm.expectRevert(abi.encodeWithSelector(VetoGovernor.VetoTooLate.selector, DELAY, DELAY));
        new VetoGovernor(timelock, token, settings);
        settings.secondsPerTick = 0;
        vm.expectRevert(VetoGovernor.ClockInvalid.selector);
        new VetoGovernor(timelock, token, settings);
    }

    // ---- inside ----

    function _refuseProposal(address target, uint256 value, bytes memory data) private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(target, data);
        values[0] = value;
        vm.prank(VOTER);
        vm.expectRevert(abi.encodeWithSelector(VetoGovernor.NotAVeto.selector, 0));
        veto.propose(targets, values, calldatas, "");
    }

    function _unexpected(uint256 proposal, IGovernor.ProposalState state) private pure returns (bytes memory) {
        bytes32 expected = bytes32(uint256(1 << uint8(IGovernor.ProposalState.Succeeded)));
        return abi.encodeWithSelector(IGovernor.GovernorUnexpectedProposalState.selector, proposal, state, expected);
    }
}
