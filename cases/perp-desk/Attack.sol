// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IDesk {
    function open(bool long, uint256 margin, uint256 leverage) external;

    function close() external;

    function liquidate(address trader) external;
}

interface IFeed {
    function submitPrice(uint256 price) external;

    function latestPrice() external view returns (uint256);
}

interface IToken {
    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function approve(address spender, uint256 value) external returns (bool);

    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Opens at the true price and closes at one of its own.
contract OwnPrice {
    IDesk immutable desk;
    IFeed immutable feed;
    IToken immutable token;

    constructor(IDesk desk_, IFeed feed_, IToken token_) {
        desk = desk_;
        feed = feed_;
        token = token_;
    }

    function run(bool long, uint256 percent) external {
        token.approve(address(desk), type(uint256).max);
        uint256 price = feed.latestPrice();
        desk.open(long, (token.balanceOf(address(this)) * 9) / 10, 5);
        feed.submitPrice((price * percent) / 100);
        desk.close();
        feed.submitPrice(price);
        token.transfer(msg.sender, token.balanceOf(address(this)));
    }

    /// Rewards for the liquidation of healthy traders.
    function runLiquidations(uint256 percent, address[] calldata traders) external {
        uint256 price = feed.latestPrice();
        feed.submitPrice((price * percent) / 100);
        for (uint256 i = 0; i < traders.length; i++) desk.liquidate(traders[i]);
        feed.submitPrice(price);
        token.transfer(msg.sender, token.balanceOf(address(this)));
    }
}

/// Opens at a price of its own and closes at the true one, by the constructor.
contract OwnPriceAtOnce {
    constructor(IDesk desk, IFeed feed, IToken token, uint256 low, uint256 high, uint256 stake) {
        feed.submitPrice(low);
        token.transferFrom(msg.sender, address(this), stake);
        token.approve(address(desk), type(uint256).max);
        desk.open(true, (stake * 9) / 10, 5);
        feed.submitPrice(high);
        desk.close();
        token.transfer(msg.sender, token.balanceOf(address(this)));
    }
}
