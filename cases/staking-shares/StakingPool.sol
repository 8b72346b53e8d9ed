// SPDX-License-Identifier: MIT
pragma solidity ^0.5.17;

library SafeMath {
    function add(uint256 a, uint256 b) internal pure returns (uint256 c) {
        c = a + b;
        require(c >= a, "overflow");
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        require(b <= a, "underflow");
        return a - b;
    }

    function mul(uint256 a, uint256 b) internal pure returns (uint256 c) {
        c = a * b;
        require(a == 0 || c / a == b, "overflow");
    }
}

/// Pooled staking of ether: shares grow in value with the rewards the operator reports, and can be traded.
contract StakingPool {
    using SafeMath for uint256;

    string public constant name = "Staked Ether Share";
    string public constant symbol = "stkETH";
    uint8 public constant decimals = 18;

    address public owner;
    address public operator;
    bool private entered;
    uint256 public totalPooled;
    uint256 public totalSupply;
    uint256 public unstakeDelay;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => uint256) public requested;
    mapping(address => uint256) public requestedAt;

    event Staked(address indexed staker, uint256 amount, uint256 shares);
    event UnstakeRequested(address indexed staker, uint256 shares);
    event Unstaked(address indexed staker, uint256 amount, uint256 shares);
    event RewardsReported(uint256 amount);
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier nonReentrant() {
        require(!entered, "reentered");
        entered = true;
        _;
        entered = false;
    }

    function initialize(address owner_, address operator_, uint256 unstakeDelay_) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        operator = operator_;
        unstakeDelay = unstakeDelay_;
    }

    function stake() external payable nonReentrant {
        require(msg.value > 0, "nothing staked");
        uint256 shares = totalSupply == 0 ? msg.value : msg.value.mul(totalSupply) / totalPooled;
        totalPooled = totalPooled.add(msg.value);
        totalSupply = totalSupply.add(shares);
        balanceOf[msg.sender] = balanceOf[msg.sender].add(shares);
        emit Staked(msg.sender, msg.value, shares);
        emit Transfer(address(0), msg.sender, shares);
    }

    function requestUnstake(uint256 shares) external {
        require(shares > 0 && shares <= balanceOf[msg.sender], "too many shares");
        requested[msg.sender] = shares;
        requestedAt[msg.sender] = now;
        emit UnstakeRequested(msg.sender, shares);
    }

    function unstake() external nonReentrant {
        uint256 shares = requested[msg.sender];
        require(shares > 0 && now >= requestedAt[msg.sender].add(unstakeDelay), "not yet");
        requested[msg.sender] = 0;
        uint256 amount = valueOf(shares);
        balanceOf[msg.sender] = balanceOf[msg.sender].sub(shares);
        totalSupply = totalSupply.sub(shares);
        totalPooled = totalPooled.sub(amount);
        send(msg.sender, amount);
        emit Unstaked(msg.sender, amount, shares);
        emit Transfer(msg.sender, address(0), shares);
    }

    /// All at once, at a fee of one percent that stays with the others.
    function exit() external nonReentrant {
        uint256 shares = balanceOf[msg.sender];
        require(shares > 0, "no shares");
        uint256 amount = valueOf(shares).mul(99) / 100;
        send(msg.sender, amount);
        totalPooled = totalPooled.sub(amount);
        totalSupply = totalSupply.sub(shares);
        balanceOf[msg.sender] = 0;
        emit Unstaked(msg.sender, amount, shares);
        emit Transfer(msg.sender, address(0), shares);
    }

    function reportRewards() external payable {
        require(msg.sender == operator, "operator only");
        totalPooled = totalPooled.add(msg.value);
        emit RewardsReported(msg.value);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] = allowance[from][msg.sender].sub(value);
        move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function setOperator(address to) external onlyOwner {
        operator = to;
    }

    function setUnstakeDelay(uint256 delay) external onlyOwner {
        require(delay <= 7 days, "too long");
        unstakeDelay = delay;
    }

    function valueOf(uint256 shares) public view returns (uint256) {
        return totalSupply == 0 ? 0 : shares.mul(totalPooled) / totalSupply;
    }

    function move(address from, address to, uint256 value) private {
        require(to != address(0), "no receiver");
        balanceOf[from] = balanceOf[from].sub(value);
        balanceOf[to] = balanceOf[to].add(value);
        emit Transfer(from, to, value);
    }

    function send(address payable to, uint256 amount) private {
        (bool ok, ) = to.call.value(amount)("");
        require(ok, "payment failed");
    }
}
