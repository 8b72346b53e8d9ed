// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Pods stake a token for their members. A pod is set up in two steps: first by the factory, then by its host.
contract StakingPods {
    struct Pod {
        address host;
        address operator;
        uint256 stake;
        uint256 shares;
        uint16 hostBps;
        bool frozen;
    }

    IERC20 public immutable token;
    address public owner;
    uint256 public podCount;
    mapping(uint256 => Pod) public pods;
    mapping(uint256 => mapping(address => uint256)) public sharesOf;
    mapping(address => uint256) public hostCredit;

    event PodCreated(uint256 indexed id, address indexed by);
    event PodConfigured(uint256 indexed id, address indexed host, address operator, uint16 hostBps);
    event Joined(uint256 indexed id, address indexed member, uint256 amount, uint256 shares);
    event Left(uint256 indexed id, address indexed member, uint256 amount, uint256 shares);
    event Rewarded(uint256 indexed id, uint256 amount, uint256 toHost);
    event Moved(uint256 indexed from, uint256 indexed to, uint256 amount);

    modifier onlyHost(uint256 id) {
        require(msg.sender == pods[id].host, "host only");
        _;
    }

    constructor(IERC20 token_) {
        token = token_;
        owner = msg.sender;
    }

    function createPod() external returns (uint256 id) {
        id = podCount++;
        emit PodCreated(id, msg.sender);
    }

    /// The second step of the set-up: who hosts the pod, who operates it and what the host keeps of rewards.
    function configurePod(uint256 id, address host, address operator, uint16 hostBps) external {
        require(id < podCount, "no such pod");
        require(host != address(0) && hostBps <= 3_000, "bad terms");
        pods[id].host = host;
        pods[id].operator = operator;
        pods[id].hostBps = hostBps;
        emit PodConfigured(id, host, operator, hostBps);
    }

    function createAndConfigure(address operator, uint16 hostBps) external returns (uint256 id) {
        require(hostBps <= 3_000, "bad terms");
        id = podCount++;
        pods[id].host = msg.sender;
        pods[id].operator = operator;
        pods[id].hostBps = hostBps;
        emit PodCreated(id, msg.sender);
        emit PodConfigured(id, msg.sender, operator, hostBps);
    }

    function join(uint256 id, uint256 amount) external returns (uint256 shares) {
        Pod storage pod = pods[id];
        require(pod.host != address(0) && !pod.frozen, "not open");
        shares = pod.shares == 0 ? amount : (amount * pod.shares) / pod.stake;
        require(shares > 0, "too little");
        pod.stake += amount;
        pod.shares += shares;
        sharesOf[id][msg.sender] += shares;
        require(token.transferFrom(msg.sender, address(this), amount), "transfer failed");
        emit Joined(id, msg.sender, amount, shares);
    }

    function leave(uint256 id, uint256 shares) external returns (uint256 amount) {
        Pod storage pod = pods[id];
        require(!pod.frozen, "frozen");
        require(shares <= sharesOf[id][msg.sender], "too many shares");
        amount = pod.shares == 0 ? 0 : (shares * pod.stake) / pod.shares;
        sharesOf[id][msg.sender] -= shares;
        pod.shares -= shares;
        pod.stake -= amount;
        require(token.transfer(msg.sender, amount), "transfer failed");
        emit Left(id, msg.sender, amount, shares);
    }

    function reward(uint256 id, uint256 amount) external {
        Pod storage pod = pods[id];
        require(msg.sender == pod.operator && pod.shares > 0, "operator only");
        uint256 toHost = (amount * pod.hostBps) / 10_000;
        hostCredit[pod.host] += toHost;
        pod.stake += amount - toHost;
        require(token.transferFrom(msg.sender, address(this), amount), "transfer failed");
        emit Rewarded(id, amount, toHost);
    }

    /// The operator takes stake out to work with it elsewhere and brings it back as a reward of the pod it goes to.
    function deploy(uint256 id, address venue, uint256 amount) external {
        Pod storage pod = pods[id];
        require(msg.sender == pod.operator && !pod.frozen, "operator only");
        pod.stake -= amount;
        require(token.transfer(venue, amount), "transfer failed");
    }

    function collect(address to) external {
        uint256 amount = hostCredit[msg.sender];
        hostCredit[msg.sender] = 0;
        require(token.transfer(to, amount), "transfer failed");
    }

    function setFrozen(uint256 id, bool on) external onlyHost(id) {
        pods[id].frozen = on;
    }

    function setOperator(uint256 id, address operator) external onlyHost(id) {
        pods[id].operator = operator;
    }

    function valueOf(uint256 id, address member) external view returns (uint256) {
        Pod storage pod = pods[id];
        return pod.shares == 0 ? 0 : (sharesOf[id][member] * pod.stake) / pod.shares;
    }
}
