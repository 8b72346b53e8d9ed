// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ISavings {
    function deposit() external payable;

    function withdraw(uint256 amount) external;
}

interface IPayments {
    function topUp() external payable;

    function payBill(address to, uint256 amount) external;

    function payBills(address[] calldata to, uint256[] calldata amounts) external;
}

interface ILedger {
    function move(address to, uint256 amount) external;
}

/// Takes the same balance at one counter while the other pays it out.
contract TwoCounters {
    ISavings private immutable savings;
    IPayments private immutable payments;
    ILedger private immutable ledger;
    address private immutable boss;
    uint256 private armed;
    bool private moving;

    constructor(ISavings savings_, IPayments payments_, ILedger ledger_) {
        savings = savings_;
        payments = payments_;
        ledger = ledger_;
        boss = msg.sender;
    }

    /// Once in each direction.
    function run() external payable {
        savings.deposit{value: msg.value}();
        armed = msg.value;
        savings.withdraw(msg.value);
        payments.topUp{value: msg.value}();
        armed = msg.value;
        payments.payBill(address(this), msg.value);
        finish();
    }

    function runBills() external payable {
        address[] memory to = new address[](2);
        uint256[] memory amounts = new uint256[](2);
        (to[0], to[1]) = (address(this), address(this));
        (amounts[0], amounts[1]) = (msg.value / 2, msg.value / 2);
        payments.topUp{value: msg.value}();
        armed = msg.value;
        payments.payBills(to, amounts);
        finish();
    }

    /// The balance goes to the boss in the ledger, who takes it in the next transaction.
    function runMoving() external payable {
        moving = true;
        savings.deposit{value: msg.value}();
        armed = msg.value;
        savings.withdraw(msg.value);
        finish();
    }

    receive() external payable {
        uint256 amount = armed;
        if (amount == 0) return;
        armed = 0;
        if (moving) ledger.move(boss, amount);
        else if (msg.sender == address(savings)) payments.payBill(boss, amount);
        else savings.withdraw(amount);
    }

    function finish() private {
        (bool ok, ) = boss.call{value: address(this).balance}("");
        require(ok, "payment failed");
    }
}
