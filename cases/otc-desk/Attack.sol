// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IDesk {
    function fill(uint256 id, uint256 amount) external;

    function fillFor(uint256 id, uint256 amount, address recipient) external;

    function fillMany(uint256[] calldata ids, uint256[] calldata amounts) external;
}

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Takes offers without having what is asked for them.
contract UnpaidTaker {
    function run(IDesk desk, IToken sold, uint256 id, uint256 amount) external {
        desk.fill(id, amount);
        sold.transfer(msg.sender, sold.balanceOf(address(this)));
    }

    function runMany(IDesk desk, IToken sold, uint256[] calldata ids, uint256[] calldata amounts) external {
        desk.fillMany(ids, amounts);
        sold.transfer(msg.sender, sold.balanceOf(address(this)));
    }
}
