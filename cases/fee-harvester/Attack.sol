// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IToken {
    function approve(address spender, uint256 value) external returns (bool);

    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

interface IPair {
    function swap(address tokenIn, uint256 amountIn, uint256 minOut) external returns (uint256);
}

interface IHarvester {
    function harvest() external returns (uint256);

    function harvestSome(uint256 gems) external returns (uint256);
}

interface IBank {
    function lend(address token, uint256 amount) external;
}

/// Sells borrowed gems, has the protocol sell its own at what is left of the price, and buys back.
contract HarvestSandwich {
    IHarvester immutable harvester;
    IPair immutable pair;
    IBank immutable bank;
    IToken immutable gem;
    IToken immutable dollar;
    uint256 gems;
    uint256 parts;

    constructor(IHarvester harvester_, IPair pair_, IBank bank_, IToken gem_, IToken dollar_) {
        (harvester, pair, bank, gem, dollar) = (harvester_, pair_, bank_, gem_, dollar_);
        gem_.approve(address(pair_), type(uint256).max);
        dollar_.approve(address(pair_), type(uint256).max);
    }

    /// `parts_` is zero for everything at once.
    function run(uint256 gems_, uint256 parts_) external {
        (gems, parts) = (gems_, parts_);
        bank.lend(address(gem), gems_);
        gem.transfer(msg.sender, gem.balanceOf(address(this)));
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }

    function onLoan() external {
        uint256 dollars = pair.swap(address(gem), gems, 0);
        if (parts == 0) harvester.harvest();
        else for (uint256 left = parts; left > 0; left--) harvester.harvestSome(gem.balanceOf(address(harvester)) / left);
        while (gem.balanceOf(address(this)) < gems) pair.swap(address(dollar), dollars / 50, 0);
        gem.transfer(address(bank), gems);
    }
}
