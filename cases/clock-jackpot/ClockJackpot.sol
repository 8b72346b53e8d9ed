pragma solidity ^0.4.11;

/// Tickets fill a pot. When the clock strikes, the pot goes to whoever bought the latest ticket.
contract ClockJackpot {
    uint256 constant STRIKE = 20 seconds;

    address public owner;
    address public latest;
    uint256 public latestAt;
    uint256 public pot;
    uint256 public round;
    uint256 public price;
    uint256 public feeBps;
    uint256 public fees;
    bool public open;
    mapping(address => uint256) public tickets;
    mapping(uint256 => address) public winners;

    event Ticket(uint256 indexed round, address indexed player, uint256 paid);
    event Struck(uint256 indexed round, address indexed winner, uint256 amount);
    event Sponsored(address indexed from, uint256 amount);
    event TermsChanged(uint256 price, uint256 feeBps);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    function ClockJackpot(uint256 price_, uint256 feeBps_) payable {
        owner = msg.sender;
        price = price_;
        feeBps = feeBps_;
        pot = msg.value;
        open = true;
    }

    function play() payable {
        enter(msg.sender);
    }

    function playFor(address player) payable {
        require(player != 0);
        enter(player);
    }

    /// Adds to the pot without a ticket.
    function sponsor() payable {
        pot += msg.value;
        Sponsored(msg.sender, msg.value);
    }

    /// Anyone may ring the bell in the right second; the winner is paid at once.
    function strike() {
        ring();
    }

    /// Rings the bell and buys the first ticket of the next round.
    function strikeAndPlay() payable {
        ring();
        enter(msg.sender);
    }

    function setTerms(uint256 price_, uint256 feeBps_) onlyOwner {
        require(price_ > 0 && feeBps_ <= 1000);
        price = price_;
        feeBps = feeBps_;
        TermsChanged(price_, feeBps_);
    }

    function setOpen(bool on) onlyOwner {
        open = on;
    }

    function collectFees(address to) onlyOwner {
        uint256 amount = fees;
        fees = 0;
        to.transfer(amount);
    }

    function transferOwnership(address to) onlyOwner {
        require(to != 0);
        owner = to;
    }

    function secondsToStrike() constant returns (uint256) {
        return (STRIKE - now % STRIKE) % STRIKE;
    }

    function enter(address player) internal {
        require(open && msg.value == price);
        uint256 fee = msg.value * feeBps / 10000;
        fees += fee;
        pot += msg.value - fee;
        latest = player;
        latestAt = now;
        tickets[player] += 1;
        Ticket(round, player, msg.value);
    }

    function ring() internal {
        require(now % STRIKE == 0);
        require(latest != 0);
        address winner = latest;
        uint256 amount = pot;
        winners[round] = winner;
        round += 1;
        latest = 0;
        pot = 0;
        Struck(round - 1, winner, amount);
        winner.transfer(amount);
    }
}
