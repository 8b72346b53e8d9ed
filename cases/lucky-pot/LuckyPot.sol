pragma solidity ^0.4.24;

/// Rounds of a lottery. Anyone may draw once a round has enough tickets.
contract LuckyPot {
    uint256 public constant MINIMUM = 6;

    struct Round {
        address[] tickets;
        uint256 pot;
        uint256 latestBlock; // of the latest ticket, for the site's ticker
        address winner;
    }

    address public owner;
    uint256 public price;
    uint256 public feeBps;
    uint256 public fees;
    uint256 public current;
    bool public closed;
    mapping(uint256 => Round) rounds;
    mapping(address => uint256) public won;

    event Tickets(uint256 indexed round, address indexed player, uint256 count);
    event Drawn(uint256 indexed round, address indexed winner, uint256 amount);
    event Topped(uint256 indexed round, address indexed from, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    constructor(uint256 price_, uint256 feeBps_) public {
        owner = msg.sender;
        price = price_;
        feeBps = feeBps_;
    }

    function buy(uint256 count) public payable {
        enter(msg.sender, count);
    }

    function buyFor(address player, uint256 count) public payable {
        require(player != address(0));
        enter(player, count);
    }

    /// Something on top, without a ticket.
    function topUp() public payable {
        rounds[current].pot += msg.value;
        emit Topped(current, msg.sender, msg.value);
    }

    function draw() public returns (address winner) {
        Round storage round = rounds[current];
        require(round.tickets.length >= MINIMUM);
        bytes32 seed = keccak256(abi.encodePacked(blockhash(block.number - 1), now, block.difficulty, current));
        winner = round.tickets[uint256(seed) % round.tickets.length];
        uint256 fee = round.pot * feeBps / 10000;
        uint256 prize = round.pot - fee;
        fees += fee;
        round.winner = winner;
        won[winner] += prize;
        emit Drawn(current, winner, prize);
        current += 1;
        winner.transfer(prize);
    }

    function setClosed(bool on) public onlyOwner {
        closed = on;
    }

    function setTerms(uint256 price_, uint256 feeBps_) public onlyOwner {
        require(rounds[current].tickets.length == 0 && price_ > 0 && feeBps_ <= 1000);
        price = price_;
        feeBps = feeBps_;
    }

    function collectFees(address to) public onlyOwner {
        uint256 amount = fees;
        fees = 0;
        to.transfer(amount);
    }

    function ticketCount() public view returns (uint256) {
        return rounds[current].tickets.length;
    }

    function roundAt(uint256 index) public view returns (uint256 tickets, uint256 pot, uint256 latestBlock, address winner) {
        Round storage round = rounds[index];
        return (round.tickets.length, round.pot, round.latestBlock, round.winner);
    }

    function enter(address player, uint256 count) internal {
        require(!closed && count > 0 && count <= 20);
        require(msg.value == count * price);
        Round storage round = rounds[current];
        for (uint256 i = 0; i < count; i++) round.tickets.push(player);
        round.pot += msg.value;
        round.latestBlock = block.number;
        emit Tickets(current, player, count);
    }
}
