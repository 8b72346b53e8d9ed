// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

/// @notice How a veto is voted on.
/// @param votingDelay from the proposal to the snapshot of votes, in ticks of the token's clock (ERC-6372).
/// @param votingPeriod from the snapshot to the end of the vote, in the same ticks.
/// @param secondsPerTick the longest a tick takes: 1 if the clock counts seconds, the block time if it counts blocks.
/// @param proposalThreshold votes needed to propose a veto.
/// @param quorumPercent how much of the supply must vote for a veto, or abstain, in percent.
struct VetoSettings {
    uint48 votingDelay;
    uint32 votingPeriod;
    uint256 secondsPerTick;
    uint256 proposalThreshold;
    uint256 quorumPercent;
}

/// @title A vote that can stop what waits in a timelock, and do nothing else.
/// @notice It needs CANCELLER_ROLE of the timelock that owns the gate. It has no timelock of its own, so that a veto is in time.
///
/// Who may do what:
/// - whoever has {proposalThreshold} votes proposes a veto: one or several calls of `TimelockController.cancel`;
/// - token holders vote; anyone executes a veto that succeeded;
/// - nobody changes the settings: a proposal cannot name this contract. The timelock's owner replaces the whole by moving the role.
///
/// At worst, with a bought or borrowed majority, operations of the timelock are cancelled, and whoever proposed them must schedule them
/// again: upgrades, ratifications and early unfreezing wait for as long as the majority is held, and so does taking this contract's role
/// away. It cannot schedule, change or execute an operation, and it cannot touch the fast paths: freezes and restrictions still end by
/// themselves, and anyone still rolls back.
contract VetoGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction
{
    /// @dev Selector and one word.
    uint256 private constant CANCEL_LENGTH = 36;

    /// @notice The timelock whose operations it can cancel.
    TimelockController public immutable timelock;

    /// @notice A vote lasts `duration` seconds at most, and an operation may be executed after `delay`.
    error VetoTooLate(uint256 duration, uint256 delay);
    /// @notice A tick of the token's clock takes at least a second.
    error ClockInvalid();
    /// @notice Call number `index` of the proposal is something else than cancelling an operation of the timelock.
    error NotAVeto(uint256 index);

    /// @dev What is left between the end of a vote and the timelock's delay is the time for noticing and proposing. A shorter delay later
    /// takes an operation of the timelock itself, which can still be vetoed.
    constructor(TimelockController timelock_, IVotes token_, VetoSettings memory settings)
        Governor("Suture VetoGovernor")
        GovernorSettings(settings.votingDelay, settings.votingPeriod, settings.proposalThreshold)
        GovernorVotes(token_)
        GovernorVotesQuorumFraction(settings.quorumPercent)
    {
        uint256 ticks = uint256(settings.votingDelay) + settings.votingPeriod;
        uint256 duration = ticks * settings.secondsPerTick;
        uint256 delay = timelock_.getMinDelay();
        if (settings.secondsPerTick == 0) revert ClockInvalid();
        if (duration >= delay) revert VetoTooLate(duration, delay);
        timelock = timelock_;
    }

    /// @notice Refuses coins: nothing could bring them out again.
    receive() external payable override {
        revert GovernorDisabledDeposit();
    }

    /// @inheritdoc GovernorSettings
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @dev All that is ever executed was proposed here, so this is the one place to check.
    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override returns (uint256) {
        uint256 proposalId = super._propose(targets, values, calldatas, description, proposer);
        for (uint256 i = 0; i < targets.length; ++i) {
            if (targets[i] != address(timelock) || values[i] != 0 || !_isCancel(calldatas[i])) revert NotAVeto(i);
        }
        return proposalId;
    }

    /// @dev What is no longer pending is passed over: else a veto of one operation, executed first, would spoil a veto of several.
    function _executeOperations(uint256, address[] memory, uint256[] memory, bytes[] memory calldatas, bytes32)
        internal
        override
    {
        if (msg.value != 0) revert GovernorDisabledDeposit();
        for (uint256 i = 0; i < calldatas.length; ++i) {
            bytes32 id = _operationOf(calldatas[i]);
            if (timelock.isOperationPending(id)) timelock.cancel(id);
        }
    }

    /// @dev The word behind the selector.
    function _operationOf(bytes memory data) private pure returns (bytes32 id) {
        assembly ("memory-safe") {
            id := mload(add(data, 36))
        }
    }

    function _isCancel(bytes memory data) private pure returns (bool) {
        return data.length == CANCEL_LENGTH && bytes4(data) == TimelockController.cancel.selector;
    }
}
