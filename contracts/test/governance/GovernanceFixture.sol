// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Safe} from "@safe/Safe.sol";
import {Breaker} from "../../src/Breaker.sol";
import {VetoGovernor, VetoSettings} from "../../src/governance/VetoGovernor.sol";
import {DaoGovernor, VoteToken} from "./mocks/Dao.sol";
import {SafeFixture} from "./SafeFixture.sol";

/// @dev A timelock owns gate, breaker and verifier. A DAO and a committee propose to it, a vote can veto, anyone executes.
abstract contract GovernanceFixture is SafeFixture {
    uint256 internal constant DELAY = 3 days;
    uint48 internal constant DAO_VOTING_DELAY = 1 hours;
    uint32 internal constant DAO_VOTING_PERIOD = 2 days;
    uint48 internal constant VETO_VOTING_DELAY = 1 hours;
    uint32 internal constant VETO_VOTING_PERIOD = 1 days;
    /// @dev Longer than the DAO's whole path, so that lifting a freeze early can come in time.
    uint64 internal constant LONG_FREEZE = 14 days;
    uint256 internal constant COMMITTEE = 100;
    /// @dev Holds three quarters of the votes; the rest belongs to nobody here.
    address internal constant VOTER = address(0x507E);

    VoteToken internal token;
    TimelockController internal timelock;
    DaoGovernor internal dao;
    VetoGovernor internal veto;
    Safe internal committee;

    uint256 private _proposals;

    function setUp() public virtual override {
        super.setUp();
        token = new VoteToken();
        token.mint(VOTER, 75 ether);
        token.mint(address(0xdead), 25 ether);
        vm.prank(VOTER);
        token.delegate(VOTER);
        committee = newSafe(COMMITTEE);
        _deployGovernance();
        _handOver();
    }

    // ---- deciding ----

    /// @dev A vote of the DAO from the proposal to its execution by anyone.
    function decide(address to, bytes memory data) internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(to, data);
        decide(targets, values, calldatas);
    }

    function decide(address[] memory targets, uint256[] memory values, bytes[] memory calldatas) internal {
        bytes32 description = vote(dao, targets, values, calldatas);
        dao.queue(targets, values, calldatas, description);
        vm.warp(vm.getBlockTimestamp() + DELAY);
        vm.prank(ANYONE);
        dao.execute(targets, values, calldatas, description);
    }

    /// @dev Proposes, votes for it and waits for the end of the vote.
    function vote(IGovernor governor, address[] memory targets, uint256[] memory values, bytes[] memory calldatas)
        internal
        returns (bytes32)
    {
        string memory description = string(abi.encode(++_proposals));
        vm.prank(VOTER);
        uint256 id = governor.propose(targets, values, calldatas, description);
        vm.warp(governor.proposalSnapshot(id) + 1);
        vm.prank(VOTER);
        governor.castVote(id, 1);
        vm.warp(governor.proposalDeadline(id) + 1);
        return keccak256(bytes(description));
    }

    /// @dev A veto from the proposal to its execution by anyone.
    function vetoOperation(bytes32 id) internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) =
            one(address(timelock), abi.encodeCall(TimelockController.cancel, (id)));
        bytes32 description = vote(veto, targets, values, calldatas);
        vm.prank(ANYONE);
        veto.execute(targets, values, calldatas, description);
    }

    /// @dev The committee schedules a call by the timelock.
    function schedule(address to, bytes memory data) internal returns (bytes32) {
        bytes memory call = abi.encodeCall(TimelockController.schedule, (to, 0, data, bytes32(0), bytes32(0), DELAY));
        transact(committee, COMMITTEE, address(timelock), call);
        return timelock.hashOperation(to, 0, data, bytes32(0), bytes32(0));
    }

    function executeScheduled(address to, bytes memory data) internal {
        vm.prank(ANYONE);
        timelock.execute(to, 0, data, bytes32(0), bytes32(0));
    }

    function one(address to, bytes memory data)
        internal
        pure
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calldatas)
    {
        targets = new address[](1);
        values = new uint256[](1);
        calldatas = new bytes[](1);
        (targets[0], calldatas[0]) = (to, data);
    }

    function vetoSettings() internal pure returns (VetoSettings memory) {
        return VetoSettings({
            votingDelay: VETO_VOTING_DELAY,
            votingPeriod: VETO_VOTING_PERIOD,
            secondsPerTick: 1,
            proposalThreshold: 1 ether,
            quorumPercent: 10
        });
    }

    // ---- setting up ----

    /// @dev The timelock's constructor makes every proposer a canceller too; the committee must not be able to stop the DAO.
    function _deployGovernance() private {
        address[] memory proposers = new address[](1);
        proposers[0] = address(committee);
        timelock = new TimelockController(DELAY, proposers, new address[](1), address(this));
        dao = new DaoGovernor(token, timelock, DAO_VOTING_DELAY, DAO_VOTING_PERIOD);
        veto = new VetoGovernor(timelock, token, vetoSettings());
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(dao));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(veto));
        timelock.revokeRole(timelock.CANCELLER_ROLE(), address(committee));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));
    }

    function _handOver() private {
        breaker = new Breaker(address(this), LONG_FREEZE, HEARTBEAT);
        gate = newGate();
        address[] memory targets = new address[](3);
        (targets[0], targets[1], targets[2]) = (address(gate), address(breaker), address(verifier));
        bytes[] memory calldatas = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            Ownable2Step(targets[i]).transferOwnership(address(timelock));
            calldatas[i] = abi.encodeCall(Ownable2Step.acceptOwnership, ());
        }
        decide(targets, new uint256[](3), calldatas);
    }
}
