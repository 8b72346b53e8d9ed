// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ICounter {
    function buyGold(uint256 dollars, uint256 minGold) external returns (uint256);

    function buyGoldForMany(uint256 dollarsEach, address[] calldata to) external;

    function price() external view returns (uint256);
}

interface IToken {
    function approve(address spender, uint256 value) external returns (bool);

    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Splits a purchase into the smallest pieces; every piece is rounded up. It goes through with it only if that paid.
contract PieceBuyer {
    ICounter immutable counter;
    IToken immutable dollar;
    IToken immutable gold;

    constructor(ICounter counter_, IToken dollar_, IToken gold_) {
        counter = counter_;
        dollar = dollar_;
        gold = gold_;
        dollar_.approve(address(counter_), type(uint256).max);
    }

    function run(uint256 pieces, uint256 dollarsEach) external {
        for (uint256 i = 0; i < pieces; i++) counter.buyGold(dollarsEach, 0);
        finish(pieces * dollarsEach);
    }

    function runMany(uint256 pieces, uint256 dollarsEach) external {
        address[] memory to = new address[](pieces);
        for (uint256 i = 0; i < pieces; i++) to[i] = address(this);
        counter.buyGoldForMany(dollarsEach, to);
        finish(pieces * dollarsEach);
    }

    function finish(uint256 spent) private {
        uint256 got = gold.balanceOf(address(this));
        require(got * counter.price() > spent * 100, "no gain");
        gold.transfer(msg.sender, got);
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }
}
