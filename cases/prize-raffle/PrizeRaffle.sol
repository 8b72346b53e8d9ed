pragma solidity ^0.4.24;

/// Raffles one after the other. An operator draws, anyone may trigger the payment of a prize.
contract PrizeRaffle {
    struct Round {
        address[] tickets;
        address winner;
        uint256 prize;
        bool drawn;
        bool paid;
    }

    address public owner;
    address public operator;
    uint256 public ticketPrice;
    uint256 public feeBps;
    uint256 public current;
    uint256 public reserved;
    uint256 public fees;
    mapping(uint256 => Round) rounds;
    mapping(address => uint256) public bought;

    event TicketsBought(uint256 indexed round, address indexed player, uint256 count);
    event Drawn(uint256 indexed round, address indexed winner, uint256 prize);
    event PrizePaid(uint256 indexed round, address indexed winner, uint256 prize);
    event Skimmed(address indexed to, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    constructor(address operator_, uint256 ticketPrice_, uint256 feeBps_) public {
        owner = msg.sender;
        operator = operator_;
        ticketPrice = ticketPrice_;
        feeBps = feeBps_;
    }

    function buy(uint256 count) public payable {
        require(count > 0 && count <= 50 && msg.value == count * ticketPrice);
        Round storage round = rounds[current];
        for (uint256 i = 0; i < count; i++) round.tickets.push(msg.sender);
        bought[msg.sender] += count;
        reserved += msg.value;
        emit TicketsBought(current, msg.sender, count);
    }

    function draw(uint256 seed) public {
        require(msg.sender == operator);
        Round storage round = rounds[current];
        require(round.tickets.length > 0);
        uint256 pot = round.tickets.length * ticketPrice;
        uint256 fee = pot * feeBps / 10000;
        fees += fee;
        round.winner = round.tickets[seed % round.tickets.length];
        round.prize = pot - fee;
        round.drawn = true;
        emit Drawn(current, round.winner, round.prize);
        current += 1;
    }

    function payPrize(uint256 index) public {
        settle(index);
    }

    function payPrizes(uint256[] indices) public {
        for (uint256 i = 0; i < indices.length; i++) settle(indices[i]);
    }

    function settle(uint256 index) internal {
        Round storage round = rounds[index];
        require(round.drawn && !round.paid);
        round.paid = true;
        reserved -= round.prize;
        round.winner.send(round.prize);
        emit PrizePaid(index, round.winner, round.prize);
    }

    /// Ether that is on no one's account, sent here by mistake, goes to whoever tidies up.
    function skim(address to) public {
        uint256 surplus = address(this).balance - reserved;
        require(surplus > 0);
        to.transfer(surplus);
        emit Skimmed(to, surplus);
    }

    function collectFees(address to) public onlyOwner {
        uint256 amount = fees;
        fees = 0;
        reserved -= amount;
        to.transfer(amount);
    }

    function setTicketPrice(uint256 price) public onlyOwner {
        require(rounds[current].tickets.length == 0 && price > 0);
        ticketPrice = price;
    }

    function setOperator(address to) public onlyOwner {
        operator = to;
    }

    function roundOf(uint256 index) public view returns (uint256 tickets, address winner, uint256 prize, bool paid) {
        Round storage round = rounds[index];
        return (round.tickets.length, round.winner, round.prize, round.paid);
    }

    function() public payable {}
}
