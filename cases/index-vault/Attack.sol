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

interface IVault {
    function buy(uint256 dollars, uint256 minShares) external returns (uint256);

    function redeem(uint256 shares, uint256 minDollars) external returns (uint256);

    function buyFor(address holder, uint256 dollars, uint256 minShares) external returns (uint256);

    function redeemTo(uint256 shares, uint256 minDollars, address to) external returns (uint256);

    function sharesOf(address account) external view returns (uint256);
}

interface IBank {
    function lend(address token, uint256 amount) external;
}

/// Buys shares of the fund while gems are cheap, or gives them back while gems are dear.
contract FundSwing {
    enum Way {
        BuyCheap,
        BuyCheapApart,
        RedeemDear
    }

    IVault immutable vault;
    IPair immutable pair;
    IBank immutable bank;
    IToken immutable gem;
    IToken immutable dollar;
    Way way;
    uint256 gems;
    uint256 dollars;
    uint256 stake;
    bool inner;

    constructor(IVault vault_, IPair pair_, IBank bank_, IToken gem_, IToken dollar_) {
        (vault, pair, bank, gem, dollar) = (vault_, pair_, bank_, gem_, dollar_);
        gem_.approve(address(pair_), type(uint256).max);
        dollar_.approve(address(pair_), type(uint256).max);
        dollar_.approve(address(vault_), type(uint256).max);
    }

    /// `gems` and `dollars` are what is borrowed of each, `stake` what is put into the fund.
    function run(Way way_, uint256 gems_, uint256 dollars_, uint256 stake_) external {
        (way, gems, dollars, stake) = (way_, gems_, dollars_, stake_);
        bank.lend(address(gem), gems_);
        gem.transfer(msg.sender, gem.balanceOf(address(this)));
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }

    /// First with the gems, then, inside, with the dollars too.
    function onLoan() external {
        if (!inner) {
            inner = true;
            bank.lend(address(dollar), dollars);
            gem.transfer(address(bank), gems);
            return;
        }
        if (way == Way.RedeemDear) redeemDear();
        else buyCheap();
        uint256 had = dollar.balanceOf(address(this));
        require(had > dollars, "no gain");
        dollar.transfer(address(bank), dollars);
    }

    function buyCheap() private {
        uint256 got = pair.swap(address(gem), gems, 0);
        if (way == Way.BuyCheap) vault.buy(stake, 0);
        else vault.buyFor(address(this), stake, 0);
        buyBack(got);
        uint256 shares = vault.sharesOf(address(this));
        if (way == Way.BuyCheap) vault.redeem(shares, 0);
        else vault.redeemTo(shares, 0, address(this));
    }

    /// Dollars for as many gems as are owed.
    function buyBack(uint256 got) private {
        pair.swap(address(dollar), got, 0);
        while (gem.balanceOf(address(this)) < gems) pair.swap(address(dollar), got / 100, 0);
    }

    function redeemDear() private {
        vault.buy(stake, 0);
        uint256 owed = gem.balanceOf(address(this));
        pair.swap(address(dollar), dollars - stake, 0);
        vault.redeem(vault.sharesOf(address(this)), 0);
        pair.swap(address(gem), gem.balanceOf(address(this)) - owed, 0);
    }
}
