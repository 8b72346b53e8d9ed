// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);

    function approve(address spender, uint256 value) external returns (bool);
}

interface IPool is IToken {
    function deposit() external payable returns (uint256);

    function withdraw(uint256 shares, address to) external returns (uint256);
}

interface IGauge {
    function stake(uint256 shares) external;

    function unstake(uint256 shares) external;

    function claim(address to) external;

    function claimFor(address account) external;
}

/// Has its growth measured while the pool has burned shares but still counts the ether it is paying for them.
contract MeasuredInFlight {
    enum Way {
        None,
        Claim,
        ClaimFor,
        Unstake
    }

    IPool private immutable pool;
    IGauge private immutable gauge;
    IToken private immutable reward;
    Way private way;
    uint256 private staked;

    error NotWorthIt();

    constructor(IPool pool_, IGauge gauge_, IToken reward_) {
        pool = pool_;
        gauge = gauge_;
        reward = reward_;
    }

    function run(Way way_, uint256 staked_) external payable {
        uint256 shares = pool.deposit{value: msg.value}();
        staked = staked_;
        pool.approve(address(gauge), staked_);
        gauge.stake(staked_);
        way = way_;
        pool.withdraw(shares - staked_, address(this));
        bool unstaked = way == Way.Unstake;
        way = Way.None;
        if (unstaked) gauge.claim(address(this));
        else gauge.unstake(staked_);
        pool.withdraw(pool.balanceOf(address(this)), address(this));
        uint256 taken = reward.balanceOf(address(this));
        if (taken < 1_000 ether) revert NotWorthIt();
        reward.transfer(msg.sender, taken);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {
        if (way == Way.Claim) gauge.claim(address(this));
        if (way == Way.ClaimFor) gauge.claimFor(address(this));
        if (way == Way.Unstake) gauge.unstake(staked);
    }
}
