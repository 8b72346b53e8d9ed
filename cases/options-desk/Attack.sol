// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IDesk {
    function buy(uint256 listing, uint256 amount) external payable;

    function unwind(uint256 id, uint256 amount) external;
}

/// Buys options for their premium and unwinds them as if it had written them.
contract UnwoundPurchase {
    IDesk immutable desk;

    constructor(IDesk desk_) {
        desk = desk_;
    }

    function run(uint256 listing, uint256 premium, uint256 series, uint256 amount, uint256 parts) external payable {
        desk.buy{value: (amount * premium) / 1e18}(listing, amount);
        for (uint256 i = 0; i < parts; i++) desk.unwind(series, amount / parts);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
