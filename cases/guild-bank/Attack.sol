// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IGuild {
    function sharePrice() external view returns (uint256);

    function setAside() external view returns (uint256);

    function buyShares(uint256 count) external payable;

    function setTreasurer(address account) external;

    function setGovernor(address account) external;

    function spend(address payee, uint256 amount) external;
}

/// Becomes a member, and with that the treasurer.
contract NewMember {
    function run(IGuild guild) external payable {
        guild.buyShares{value: guild.sharePrice()}(1);
        guild.setTreasurer(address(this));
        guild.spend(msg.sender, address(guild).balance - guild.setAside());
        payable(msg.sender).transfer(address(this).balance);
    }

    /// First the governor, so that nobody puts it right.
    function runAsGovernor(IGuild guild, uint256 amount) external payable {
        guild.buyShares{value: guild.sharePrice()}(1);
        guild.setGovernor(address(this));
        guild.setTreasurer(address(this));
        guild.spend(msg.sender, amount);
        payable(msg.sender).transfer(address(this).balance);
    }
}
