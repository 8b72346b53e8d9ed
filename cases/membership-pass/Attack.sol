// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPass {
    function claim() external returns (uint256);

    function claimTo(address to) external returns (uint256);

    function giveBack(uint256 id) external;
}

/// Claims again whenever it is handed a pass, and returns them all.
contract GreedyMember {
    IPass immutable pass;
    uint256 left;
    bool immutable atOnce;
    uint256[] private held;

    constructor(IPass pass_, bool atOnce_) {
        pass = pass_;
        atOnce = atOnce_;
    }

    function run(uint256 count) external {
        left = count - 1;
        if (atOnce) pass.claimTo(address(this));
        else pass.claim();
        for (uint256 i = 0; i < held.length; i++) pass.giveBack(held[i]);
        payable(msg.sender).transfer(address(this).balance);
    }

    function onERC721Received(address, address, uint256 id, bytes calldata) external returns (bytes4) {
        if (atOnce) pass.giveBack(id);
        else held.push(id);
        if (left > 0) {
            left--;
            if (atOnce) pass.claimTo(address(this));
            else pass.claim();
        }
        return this.onERC721Received.selector;
    }

    receive() external payable {}
}
