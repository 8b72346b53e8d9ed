// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IContest {
    function bid() external payable;

    function bidFor(address bidder) external payable;

    function withdraw() external;
}

/// Takes ether only when it asks for it itself, so that nobody can give it its bid back.
contract StubbornLeader {
    bool private asking;

    function bid(IContest contest) external payable {
        contest.bid{value: msg.value}();
    }

    function collect(IContest contest) external {
        asking = true;
        contest.withdraw();
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {
        require(asking, "no thanks");
    }
}

/// The same by using up all gas it is given, and with the bid placed for it by its maker.
contract GreedyLeader {
    uint256 private used;
    bool private asking;

    function collect(IContest contest) external {
        asking = true;
        contest.withdraw();
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {
        while (!asking) used += 1;
    }
}
