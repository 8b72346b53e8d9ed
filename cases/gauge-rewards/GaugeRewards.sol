// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

interface IStakePool is IERC20 {
    function virtualPrice() external view returns (uint256);
}

/// Who leaves shares of the pool here gets reward tokens for what they earn: so many tokens per ether of growth.
contract GaugeRewards {
    uint256 private constant UNIT = 1e18;

    struct Gauge {
        uint256 staked;
        uint256 paidPrice;
        uint256 owed;
    }

    address public immutable owner;
    IStakePool public immutable pool;
    IERC20 public immutable reward;
    uint256 public tokensPerEther;
    uint256 public totalStaked;
    bool public halted;
    mapping(address => Gauge) public gauges;

    event Staked(address indexed account, uint256 shares);
    event Unstaked(address indexed account, uint256 shares);
    event Claimed(address indexed account, address indexed to, uint256 tokens);

    modifier settles(address account) {
        Gauge storage gauge = gauges[account];
        uint256 price = pool.virtualPrice();
        if (price > gauge.paidPrice) {
            uint256 growth = (gauge.staked * (price - gauge.paidPrice)) / UNIT;
            gauge.owed += (growth * tokensPerEther) / UNIT;
            gauge.paidPrice = price;
        }
        _;
    }

    constructor(IStakePool pool_, IERC20 reward_, uint256 tokensPerEther_) {
        owner = msg.sender;
        pool = pool_;
        reward = reward_;
        tokensPerEther = tokensPerEther_;
    }

    function stake(uint256 shares) external settles(msg.sender) {
        require(!halted, "halted");
        gauges[msg.sender].staked += shares;
        totalStaked += shares;
        require(pool.transferFrom(msg.sender, address(this), shares), "transfer failed");
        emit Staked(msg.sender, shares);
    }

    function unstake(uint256 shares) external settles(msg.sender) {
        gauges[msg.sender].staked -= shares;
        totalStaked -= shares;
        require(pool.transfer(msg.sender, shares), "transfer failed");
        emit Unstaked(msg.sender, shares);
    }

    function claim(address to) external settles(msg.sender) {
        _pay(msg.sender, to);
    }

    /// Anybody may have the rewards of an account sent to it.
    function claimFor(address account) external settles(account) {
        _pay(account, account);
    }

    function setTokensPerEther(uint256 tokens) external {
        require(msg.sender == owner, "owner only");
        tokensPerEther = tokens;
    }

    function setHalted(bool on) external {
        require(msg.sender == owner, "owner only");
        halted = on;
    }

    function _pay(address account, address to) private {
        uint256 tokens = gauges[account].owed;
        gauges[account].owed = 0;
        require(reward.transfer(to, tokens), "transfer failed");
        emit Claimed(account, to, tokens);
    }
}
