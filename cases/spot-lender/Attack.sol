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

interface ILender {
    function addCollateral(uint256 gems) external;

    function removeCollateral(uint256 gems) external;

    function borrow(uint256 dollars) external;

    function open(uint256 gems, uint256 dollars) external;
}

interface IBank {
    function lend(address token, uint256 amount) external;
}

/// Makes gems dear with borrowed dollars for as long as it takes to borrow against them.
contract DearGems {
    ILender immutable lender;
    IPair immutable pair;
    IBank immutable bank;
    IToken immutable gem;
    IToken immutable dollar;
    uint256 flash;
    uint256 gems;
    uint256 loan;
    uint256 freed;
    bool atOnce;

    constructor(ILender lender_, IPair pair_, IBank bank_, IToken gem_, IToken dollar_) {
        (lender, pair, bank, gem, dollar) = (lender_, pair_, bank_, gem_, dollar_);
        gem_.approve(address(lender_), type(uint256).max);
        gem_.approve(address(pair_), type(uint256).max);
        dollar_.approve(address(pair_), type(uint256).max);
    }

    function run(uint256 flash_, uint256 gems_, uint256 loan_, bool atOnce_) external {
        (flash, gems, loan, atOnce) = (flash_, gems_, loan_, atOnce_);
        finish();
    }

    /// An honest loan; then most of its collateral is taken back while the rest is dear.
    function runByCollateral(uint256 flash_, uint256 gems_, uint256 loan_, uint256 freed_) external {
        lender.addCollateral(gems_);
        lender.borrow(loan_);
        (flash, freed) = (flash_, freed_);
        finish();
    }

    function onLoan() external {
        pair.swap(address(dollar), flash, 0);
        if (freed > 0) lender.removeCollateral(freed);
        else if (atOnce) lender.open(gems, loan);
        else {
            lender.addCollateral(gems);
            lender.borrow(loan);
        }
        pair.swap(address(gem), gem.balanceOf(address(this)) - freed, 0);
        dollar.transfer(address(bank), flash);
    }

    function finish() private {
        bank.lend(address(dollar), flash);
        gem.transfer(msg.sender, gem.balanceOf(address(this)));
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }
}
