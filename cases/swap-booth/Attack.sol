// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IBooth {
    function sell(address sold, uint256 amountIn, uint256 minOut, address to) external returns (uint256);

    function buy(address bought, uint256 amountOut, uint256 maxIn, address to) external returns (uint256);
}

/// Sells a token it does not have, which the token answers with false.
contract EmptyHanded {
    function run(IBooth booth, address quiet, uint256 amount, uint256 times) external {
        for (uint256 i = 0; i < times; i++) booth.sell(quiet, amount, 0, msg.sender);
    }

    function runBuying(IBooth booth, address wanted, uint256 amount) external {
        booth.buy(wanted, amount, type(uint256).max, msg.sender);
    }
}
