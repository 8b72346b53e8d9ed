// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPurse {
    function payOut(uint256 id) external;

    function payWinner(uint256 id, uint256 index) external;

    function close(uint256 id) external;
}

/// Organiser of a tournament: pays the winners one by one, the last of whom cannot be paid by send, and keeps what came back.
contract Organiser {
    address private immutable boss = msg.sender;

    function run(IPurse purse, uint256 id, uint256 winners) external {
        for (uint256 i = 0; i < winners; i++) purse.payWinner(id, i);
        purse.close(id);
        payable(boss).transfer(address(this).balance);
    }

    function runAll(IPurse purse, uint256 id) external {
        purse.payOut(id);
        purse.close(id);
        payable(boss).transfer(address(this).balance);
    }

    receive() external payable {}
}
