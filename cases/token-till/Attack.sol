// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ITill {
    function sweep(address stray, address to, uint256 amount) external;

    function sweepAll(address[] calldata strays, address to) external;
}

interface IToken {
    function balanceOf(address account) external view returns (uint256);
}

/// Sweeps the merchants' takings.
contract TillSweeper {
    function run(ITill till, IToken token) external {
        till.sweep(address(token), msg.sender, token.balanceOf(address(till)));
    }

    function runForAll(ITill till, address[] calldata tokens) external {
        till.sweepAll(tokens, msg.sender);
    }
}
