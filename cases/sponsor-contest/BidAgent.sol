// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IContest {
    function minimumBid() external view returns (uint256);

    function bidFor(address bidder) external payable;

    function sponsor() external payable;
}

/// Bids and sponsors on behalf of its owner, up to a limit. A bid that fails is noted and its ether stays here.
contract BidAgent {
    address public immutable owner;
    uint256 public limit;
    uint256 public failures;

    event BidPlaced(uint256 amount);
    event BidFailed(uint256 amount);

    constructor(uint256 limit_) payable {
        owner = msg.sender;
        limit = limit_;
    }

    receive() external payable {}

    function bid(IContest contest, uint256 amount) external {
        require(msg.sender == owner && amount <= limit, "not allowed");
        try contest.bidFor{value: amount}(owner) {
            emit BidPlaced(amount);
        } catch {
            failures += 1;
            emit BidFailed(amount);
        }
    }

    function sponsor(IContest contest, uint256 amount) external {
        require(msg.sender == owner, "not allowed");
        contest.sponsor{value: amount}();
    }
}
