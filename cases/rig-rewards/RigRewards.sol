// SPDX-License-Identifier: MIT
pragma solidity 0.7.6;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Tokens staked in rigs, each with its own term; a longer term earns more. Rigs can be handed on.
contract RigRewards {
    struct Rig {
        address holder;
        uint96 stake;
        uint64 lastClaim;
        uint64 unlocksAt;
        uint32 multiplierBps;
    }

    IERC20 public immutable token;
    address public owner;
    uint256 public ratePerSecond; // per 1e18 staked
    uint256 public rewardsLeft;
    uint256 public totalStake;
    bool public paused;
    Rig[] public rigs;
    mapping(address => uint256) public earned;

    event RigBuilt(uint256 indexed id, address indexed holder, uint256 stake, uint64 unlocksAt);
    event RewardsClaimed(address indexed holder, uint256 amount);
    event RigScrapped(uint256 indexed id, address indexed holder, uint256 stake);
    event RigHandedOn(uint256 indexed id, address indexed from, address indexed to);
    event RewardsFunded(uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier whenRunning() {
        require(!paused, "paused");
        _;
    }

    constructor(IERC20 token_, uint256 rate) {
        token = token_;
        owner = msg.sender;
        ratePerSecond = rate;
    }

    function build(uint96 stake, uint64 term) external whenRunning returns (uint256 id) {
        require(stake > 0 && term <= 365 days, "bad terms");
        id = rigs.length;
        uint32 multiplier = uint32(10000 + (uint256(term) * 10000) / 365 days);
        rigs.push(Rig(msg.sender, stake, uint64(block.timestamp), uint64(block.timestamp) + term, multiplier));
        totalStake += stake;
        require(token.transferFrom(msg.sender, address(this), stake), "transfer failed");
        emit RigBuilt(id, msg.sender, stake, uint64(block.timestamp) + term);
    }

    function claim(uint256 id) external whenRunning {
        uint256 amount = pending(id);
        require(rigs[id].holder == msg.sender, "not the holder");
        rigs[id].lastClaim = uint64(block.timestamp);
        _payReward(msg.sender, amount);
    }

    /// Rewards of several rigs in one transfer.
    function claimMany(uint256[] calldata ids) external whenRunning {
        uint256 amount;
        for (uint256 i = 0; i < ids.length; i++) {
            require(rigs[ids[i]].holder == msg.sender, "not the holder");
            amount += pending(ids[i]);
        }
        for (uint256 i = 0; i < ids.length; i++) rigs[ids[i]].lastClaim = uint64(block.timestamp);
        _payReward(msg.sender, amount);
    }

    function scrapMany(uint256[] calldata ids) external whenRunning {
        uint256 reward;
        uint256 stake;
        for (uint256 i = 0; i < ids.length; i++) {
            Rig storage rig = rigs[ids[i]];
            require(rig.holder == msg.sender, "not the holder");
            require(block.timestamp >= rig.unlocksAt, "locked");
            reward += pending(ids[i]);
            stake += rig.stake;
        }
        for (uint256 i = 0; i < ids.length; i++) {
            emit RigScrapped(ids[i], msg.sender, rigs[ids[i]].stake);
            delete rigs[ids[i]];
        }
        totalStake -= stake;
        _payReward(msg.sender, reward);
        require(token.transfer(msg.sender, stake), "transfer failed");
    }

    function handOn(uint256 id, address to) external {
        require(rigs[id].holder == msg.sender && to != address(0), "not the holder");
        rigs[id].holder = to;
        emit RigHandedOn(id, msg.sender, to);
    }

    function fund(uint256 amount) external {
        rewardsLeft += amount;
        require(token.transferFrom(msg.sender, address(this), amount), "transfer failed");
        emit RewardsFunded(amount);
    }

    function setRate(uint256 rate) external onlyOwner {
        require(rate <= 1e12, "rate too high");
        ratePerSecond = rate;
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function pending(uint256 id) public view returns (uint256) {
        Rig storage rig = rigs[id];
        uint256 base = (uint256(rig.stake) * ratePerSecond * (block.timestamp - rig.lastClaim)) / 1e18;
        return (base * rig.multiplierBps) / 10000;
    }

    function _payReward(address to, uint256 amount) private {
        require(amount <= rewardsLeft, "no rewards left");
        rewardsLeft -= amount;
        earned[to] += amount;
        require(token.transfer(to, amount), "transfer failed");
        emit RewardsClaimed(to, amount);
    }
}
