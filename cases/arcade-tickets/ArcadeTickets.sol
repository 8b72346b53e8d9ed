pragma solidity ^0.5.17;

/// An arcade: players buy coins, machines credit the tickets they win, tickets are cashed or swapped for coins.
contract ArcadeTickets {
    uint256 public constant WEI_PER_TICKET = 1e14;
    uint32 public constant TICKETS_PER_COIN = 12;

    struct Player {
        uint32 tickets;
        uint32 lifetime;
        uint8 coins;
        uint8 streak;
        uint64 lastPlayed;
    }

    address public manager;
    uint256 public coinPrice;
    uint256 public outstanding;
    mapping(address => Player) public players;
    mapping(address => bool) public machine;

    event CoinsBought(address indexed player, uint8 count);
    event Played(address indexed player, address indexed machine, uint32 won);
    event Cashed(address indexed player, uint32 tickets, uint256 paid);
    event Given(address indexed from, address indexed to, uint32 tickets);

    modifier onlyManager() {
        require(msg.sender == manager, "manager only");
        _;
    }

    function() external payable {}

    function initialize(address manager_, uint256 coinPrice_) external {
        require(manager == address(0), "initialised");
        manager = manager_;
        coinPrice = coinPrice_;
    }

    function buyCoins(uint8 count) external payable {
        require(msg.value == coinPrice * count, "wrong payment");
        Player storage player = players[msg.sender];
        require(uint256(player.coins) + count <= 255, "purse is full");
        player.coins += count;
        emit CoinsBought(msg.sender, count);
    }

    /// A machine reports a game.
    function play(address who, uint32 won) external {
        require(machine[msg.sender], "machines only");
        require(won <= 500, "no machine pays that");
        Player storage player = players[who];
        require(player.coins > 0, "no coins");
        player.coins -= 1;
        player.streak = won == 0 ? 0 : player.streak + 1;
        player.lastPlayed = uint64(now);
        player.lifetime += won;
        player.tickets += won;
        outstanding += won;
        emit Played(who, msg.sender, won);
    }

    function cash(uint32 tickets) external {
        take(msg.sender, tickets);
        settle(msg.sender, tickets);
    }

    function cashTo(address payable to, uint32 tickets) external {
        take(msg.sender, tickets);
        settle(to, tickets);
    }

    function swapForCoins(uint8 coins) external {
        Player storage player = players[msg.sender];
        require(uint256(player.coins) + coins <= 255, "purse is full");
        uint32 tickets = uint32(coins) * TICKETS_PER_COIN;
        require(player.tickets >= tickets, "too few tickets");
        player.tickets -= tickets;
        outstanding -= tickets;
        player.coins += coins;
    }

    function give(address to, uint32 tickets) external {
        require(to != address(0), "nobody");
        take(msg.sender, tickets);
        players[to].tickets += tickets;
        emit Given(msg.sender, to, tickets);
    }

    function setMachine(address account, bool on) external onlyManager {
        machine[account] = on;
    }

    function setCoinPrice(uint256 price) external onlyManager {
        coinPrice = price;
    }

    /// What is not needed for the tickets outside.
    function collect(address payable to, uint256 amount) external onlyManager {
        require(address(this).balance >= amount + outstanding * WEI_PER_TICKET, "tickets are out");
        to.transfer(amount);
    }

    function take(address from, uint32 tickets) private {
        players[from].tickets -= tickets;
    }

    function settle(address payable to, uint32 tickets) private {
        outstanding -= tickets;
        uint256 paid = tickets * WEI_PER_TICKET;
        (bool ok, ) = to.call.value(paid)("");
        require(ok, "payment failed");
        emit Cashed(msg.sender, tickets, paid);
    }
}
