// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IDepositable {
    function deposit() external payable;
}

/// A contract wallet that saves half of every bonus it draws, at the moment it comes in.
contract ThriftyWallet {
    address public immutable owner;
    IDepositable public immutable bank;
    bool public saving;

    constructor(IDepositable bank_) {
        owner = msg.sender;
        bank = bank_;
    }

    receive() external payable {
        if (saving && msg.sender == address(bank)) bank.deposit{value: msg.value / 2}();
    }

    function setSaving(bool on) external {
        require(msg.sender == owner, "owner only");
        saving = on;
    }

    function execute(address target, uint256 value, bytes calldata data) external returns (bytes memory) {
        require(msg.sender == owner, "owner only");
        (bool ok, bytes memory result) = target.call{value: value}(data);
        require(ok, "call failed");
        return result;
    }
}
