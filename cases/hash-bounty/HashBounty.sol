pragma solidity ^0.5.17;

/// Bounties for preimages of hashes. Who wants one first notes a claim, which hides the answer, and then shows the answer.
contract HashBounty {
    struct Bounty {
        address sponsor;
        bytes32 puzzle;
        uint256 reward;
        uint256 closesAt;
        bool paid;
    }

    struct Claim {
        bytes32 sealedAnswer; // keccak256(claimant, answer)
        uint256 madeIn;
    }

    address public owner;
    uint256 public feeBps;
    uint256 public fees;
    Bounty[] public bounties;
    mapping(uint256 => mapping(address => Claim)) public claims;
    mapping(address => uint256) public earned;

    event Posted(uint256 indexed id, address indexed sponsor, bytes32 puzzle, uint256 reward);
    event RewardChanged(uint256 indexed id, uint256 reward);
    event Claimed(uint256 indexed id, address indexed claimant);
    event Solved(uint256 indexed id, address indexed solver, bytes32 answer, uint256 reward);
    event Withdrawn(uint256 indexed id, uint256 reward);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor(uint256 feeBps_) public {
        owner = msg.sender;
        feeBps = feeBps_;
    }

    function post(bytes32 puzzle, uint256 closesAt) external payable returns (uint256 id) {
        require(msg.value > 0 && closesAt > now, "bad bounty");
        id = bounties.length;
        uint256 fee = (msg.value * feeBps) / 10000;
        fees += fee;
        bounties.push(Bounty(msg.sender, puzzle, msg.value - fee, closesAt, false));
        emit Posted(id, msg.sender, puzzle, msg.value - fee);
    }

    function raise(uint256 id) external payable {
        Bounty storage bounty = bounties[id];
        require(!bounty.paid, "paid");
        bounty.reward += msg.value;
        emit RewardChanged(id, bounty.reward);
    }

    function claim(uint256 id, bytes32 sealedAnswer) external {
        require(!bounties[id].paid, "paid");
        claims[id][msg.sender] = Claim(sealedAnswer, block.number);
        emit Claimed(id, msg.sender);
    }

    function solve(uint256 id, bytes32 answer) external {
        _solve(id, answer, msg.sender);
    }

    function solveFor(uint256 id, bytes32 answer, address payable receiver) external {
        require(receiver != address(0), "no receiver");
        _solve(id, answer, receiver);
    }

    function solveMany(uint256[] calldata ids, bytes32[] calldata answers) external {
        require(ids.length == answers.length, "lengths");
        for (uint256 i = 0; i < ids.length; i++) _solve(ids[i], answers[i], msg.sender);
    }

    /// The sponsor's way out once the bounty is closed.
    function withdraw(uint256 id) external {
        Bounty storage bounty = bounties[id];
        require(bounty.sponsor == msg.sender, "not yours");
        require(now >= bounty.closesAt && !bounty.paid, "not now");
        bounty.paid = true;
        emit Withdrawn(id, bounty.reward);
        _pay(msg.sender, bounty.reward);
    }

    function collectFees(address payable to) external onlyOwner {
        uint256 amount = fees;
        fees = 0;
        _pay(to, amount);
    }

    function setFee(uint256 feeBps_) external onlyOwner {
        require(feeBps_ <= 1000, "too high");
        feeBps = feeBps_;
    }

    function bountyCount() external view returns (uint256) {
        return bounties.length;
    }

    function seal(address claimant, bytes32 answer) public pure returns (bytes32) {
        return keccak256(abi.encodePacked(claimant, answer));
    }

    function _solve(uint256 id, bytes32 answer, address payable receiver) private {
        Bounty storage bounty = bounties[id];
        Claim storage made = claims[id][msg.sender];
        require(!bounty.paid && now < bounty.closesAt, "closed");
        require(made.madeIn != 0 && made.sealedAnswer == seal(msg.sender, answer), "no claim");
        require(keccak256(abi.encodePacked(answer)) == bounty.puzzle, "wrong answer");
        bounty.paid = true;
        earned[receiver] += bounty.reward;
        emit Solved(id, receiver, answer, bounty.reward);
        _pay(receiver, bounty.reward);
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call.value(amount)("");
        require(ok, "payment failed");
    }
}
