// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IJackpot {
    function playFor(address player) external payable;

    function strike() external;
}

/// A block producer's helper: it puts a ticket right before the bell, in a block whose time the producer chose.
contract BellRinger {
    function run(IJackpot jackpot, uint256 tickets) external payable {
        uint256 price = msg.value / tickets;
        for (uint256 i = 0; i < tickets; i++) jackpot.playFor{value: price}(msg.sender);
        jackpot.strike();
    }
}
