pragma solidity ^0.4.11;

/// Purses of tournaments. Anyone organises one, the house's referee names the winners, the purse is shared out evenly, and what cannot
/// be divided stays with the organiser.
contract TournamentPurse {
    struct Tournament {
        address organiser;
        uint256 entryFee;
        uint256 purse;
        uint256 share;
        uint256 open;
        bool decided;
    }

    address public owner;
    address public referee;
    uint256 public houseBps;
    uint256 public houseTake;
    uint256 public count;
    mapping(uint256 => Tournament) public tournaments;
    mapping(uint256 => mapping(address => bool)) public entered;
    mapping(uint256 => address[]) winners;
    mapping(uint256 => mapping(uint256 => bool)) public paid;
    mapping(address => uint256) public won;

    event Organised(uint256 indexed id, address indexed organiser, uint256 entryFee);
    event Entered(uint256 indexed id, address indexed player);
    event Decided(uint256 indexed id, uint256 share);
    event PaidOut(uint256 indexed id, address indexed winner, uint256 share);
    event Closed(uint256 indexed id, uint256 remainder);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    function TournamentPurse(address referee_, uint256 houseBps_) {
        owner = msg.sender;
        referee = referee_;
        houseBps = houseBps_;
    }

    function organise(uint256 entryFee) payable returns (uint256 id) {
        id = count++;
        tournaments[id].organiser = msg.sender;
        tournaments[id].entryFee = entryFee;
        tournaments[id].purse = msg.value;
        Organised(id, msg.sender, entryFee);
    }

    function enter(uint256 id) payable {
        Tournament tournament = tournaments[id];
        require(tournament.organiser != 0 && !tournament.decided);
        require(msg.value == tournament.entryFee && !entered[id][msg.sender]);
        entered[id][msg.sender] = true;
        tournament.purse += msg.value;
        Entered(id, msg.sender);
    }

    function decide(uint256 id, address[] who) {
        Tournament tournament = tournaments[id];
        require(msg.sender == referee && !tournament.decided && who.length > 0);
        uint256 house = tournament.purse * houseBps / 10000;
        houseTake += house;
        tournament.purse -= house;
        tournament.share = tournament.purse / who.length;
        tournament.open = who.length;
        tournament.decided = true;
        for (uint256 i = 0; i < who.length; i++) {
            require(entered[id][who[i]]);
            winners[id].push(who[i]);
        }
        Decided(id, tournament.share);
    }

    /// Anybody may have the winners paid.
    function payOut(uint256 id) {
        for (uint256 i = 0; i < winners[id].length; i++) {
            if (!paid[id][i]) settle(id, i);
        }
    }

    function payWinner(uint256 id, uint256 index) {
        require(index < winners[id].length && !paid[id][index]);
        settle(id, index);
    }

    /// When all are paid the organiser takes the remainder; nothing else is left of the tournament then.
    function close(uint256 id) {
        Tournament tournament = tournaments[id];
        require(msg.sender == tournament.organiser && tournament.decided && tournament.open == 0);
        uint256 remainder = this.balance - escrowed(id);
        tournament.purse = 0;
        tournament.organiser = 0;
        require(msg.sender.call.value(remainder)());
        Closed(id, remainder);
    }

    function handOver(uint256 id, address to) {
        require(msg.sender == tournaments[id].organiser && to != 0);
        tournaments[id].organiser = to;
    }

    function collect(address to) onlyOwner {
        uint256 amount = houseTake;
        houseTake = 0;
        to.transfer(amount);
    }

    function setReferee(address referee_) onlyOwner {
        referee = referee_;
    }

    /// What belongs to the house and to all other tournaments.
    function escrowed(uint256 except) constant returns (uint256 sum) {
        sum = houseTake;
        for (uint256 id = 0; id < count; id++) {
            if (id != except) sum += tournaments[id].purse;
        }
    }

    function settle(uint256 id, uint256 index) internal {
        Tournament tournament = tournaments[id];
        address winner = winners[id][index];
        paid[id][index] = true;
        tournament.open -= 1;
        tournament.purse -= tournament.share;
        won[winner] += tournament.share;
        winner.send(tournament.share);
        PaidOut(id, winner, tournament.share);
    }
}
