pragma solidity ^0.4.24;

/// Rounds for a sponsored prize: the highest bid when the round is closed wins it. Who is outbid has his bid back at once.
contract SponsorContest {
    struct Round {
        uint256 prize;
        uint256 highest;
        address leader;
        uint256 bids;
        bool open;
    }

    address public owner;
    address public steward;
    uint256 public current;
    uint256 public houseAccount;
    uint256 public incrementBps;
    Round[] public rounds;
    mapping(address => uint256) public creditOf;
    mapping(address => uint256) public sponsored;
    mapping(address => uint256) public won;

    event RoundOpened(uint256 indexed round, uint256 minimum);
    event Sponsored(uint256 indexed round, address indexed sponsor, uint256 amount);
    event Bid(uint256 indexed round, address indexed bidder, uint256 amount);
    event RoundClosed(uint256 indexed round, address indexed winner, uint256 prize, uint256 paid);
    event Withdrawn(address indexed account, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    modifier onlySteward() {
        require(msg.sender == steward || msg.sender == owner);
        _;
    }

    constructor(address steward_, uint256 incrementBps_) public {
        owner = msg.sender;
        steward = steward_;
        incrementBps = incrementBps_;
    }

    function openRound(uint256 minimum) public payable onlySteward {
        require(minimum > 0 && (rounds.length == 0 || !rounds[current].open));
        current = rounds.length;
        rounds.push(Round(msg.value, minimum, address(0), 0, true));
        emit RoundOpened(current, minimum);
    }

    function sponsor() public payable {
        require(rounds[current].open);
        rounds[current].prize += msg.value;
        sponsored[msg.sender] += msg.value;
        emit Sponsored(current, msg.sender, msg.value);
    }

    function bid() public payable {
        place(msg.sender);
    }

    /// A bid for somebody else, who wins the prize and has the bid back if outbid.
    function bidFor(address bidder) public payable {
        require(bidder != address(0));
        place(bidder);
    }

    function close() public onlySteward {
        Round storage round = rounds[current];
        require(round.open);
        round.open = false;
        if (round.leader == address(0)) {
            houseAccount += round.prize;
        } else {
            creditOf[round.leader] += round.prize;
            won[round.leader] += round.prize;
            houseAccount += round.highest;
        }
        emit RoundClosed(current, round.leader, round.prize, round.highest);
    }

    function withdraw() public {
        uint256 amount = creditOf[msg.sender];
        require(amount > 0);
        creditOf[msg.sender] = 0;
        require(msg.sender.call.value(amount)());
        emit Withdrawn(msg.sender, amount);
    }

    function collectHouse(address to) public onlyOwner {
        uint256 amount = houseAccount;
        houseAccount = 0;
        to.transfer(amount);
    }

    function setSteward(address to) public onlyOwner {
        steward = to;
    }

    function setIncrement(uint256 bps) public onlyOwner {
        require(bps >= 100 && bps <= 2000);
        incrementBps = bps;
    }

    function minimumBid() public view returns (uint256) {
        Round storage round = rounds[current];
        if (round.leader == address(0)) return round.highest;
        return round.highest + round.highest * incrementBps / 10000;
    }

    function place(address bidder) internal {
        Round storage round = rounds[current];
        require(round.open && msg.value >= minimumBid());
        if (round.leader != address(0)) round.leader.transfer(round.highest);
        round.leader = bidder;
        round.highest = msg.value;
        round.bids += 1;
        emit Bid(current, bidder, msg.value);
    }
}
