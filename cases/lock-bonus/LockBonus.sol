pragma solidity ^0.4.24;

/// Locks ether for a term and pays a bonus when the term is over. Longer terms earn more; a lock may be prolonged, never shortened.
contract LockBonus {
    struct Lock {
        uint256 amount;
        uint256 bonus;
        uint256 unlockTime;
        address heir;
    }

    address public owner;
    uint256 public pot;
    uint256 public promised;
    bool public accepting;
    mapping(address => Lock) public locks;

    event Locked(address indexed saver, uint256 amount, uint256 bonus, uint256 unlockTime);
    event Prolonged(address indexed saver, uint256 unlockTime);
    event Released(address indexed saver, address indexed to, uint256 amount, uint256 bonus);
    event PotFilled(address indexed by, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor() public payable {
        owner = msg.sender;
        accepting = true;
        pot = msg.value;
    }

    function fillPot() public payable {
        pot += msg.value;
        emit PotFilled(msg.sender, msg.value);
    }

    /// Terms are 0: a week for 1 %, 1: a month for 5 %, 2: a year for 20 %.
    function lock(uint256 term) public payable {
        require(accepting && term < 3 && msg.value > 0, "no such offer");
        Lock storage each = locks[msg.sender];
        require(each.amount == 0, "one lock each");
        each.amount = msg.value;
        each.unlockTime = now + termOf(term);
        promise(each, msg.value * rateOf(term) / 100);
        emit Locked(msg.sender, msg.value, each.bonus, each.unlockTime);
    }

    function prolong(uint256 byTime) public {
        extend(locks[msg.sender], byTime);
        emit Prolonged(msg.sender, locks[msg.sender].unlockTime);
    }

    /// Adds ether to a lock, which is prolonged by at least a week for it.
    function addTo(uint256 byTime) public payable {
        require(accepting && msg.value > 0 && byTime >= 7 days, "no such offer");
        Lock storage each = locks[msg.sender];
        extend(each, byTime);
        each.amount += msg.value;
        promise(each, msg.value / 100);
        emit Locked(msg.sender, each.amount, each.bonus, each.unlockTime);
    }

    function release(address to) public {
        pay(msg.sender, to);
    }

    /// After half a year without a word from the saver.
    function inherit(address saver) public {
        require(locks[saver].heir == msg.sender && now >= locks[saver].unlockTime + 180 days, "not yet");
        pay(saver, msg.sender);
    }

    function nameHeir(address heir) public {
        require(locks[msg.sender].amount > 0, "nothing locked");
        locks[msg.sender].heir = heir;
    }

    function setAccepting(bool on) public onlyOwner {
        accepting = on;
    }

    function takeFromPot(uint256 amount) public onlyOwner {
        require(amount <= pot, "promised");
        pot -= amount;
        owner.transfer(amount);
    }

    function termOf(uint256 term) public pure returns (uint256) {
        return term == 0 ? 7 days : term == 1 ? 30 days : 365 days;
    }

    function rateOf(uint256 term) public pure returns (uint256) {
        return term == 0 ? 1 : term == 1 ? 5 : 20;
    }

    function extend(Lock storage each, uint256 byTime) internal {
        require(each.amount > 0, "nothing locked");
        each.unlockTime += byTime;
    }

    function promise(Lock storage each, uint256 bonus) internal {
        require(bonus <= pot, "pot is empty");
        pot -= bonus;
        promised += bonus;
        each.bonus += bonus;
    }

    function pay(address saver, address to) internal {
        Lock memory each = locks[saver];
        require(each.amount > 0 && now >= each.unlockTime, "locked");
        delete locks[saver];
        promised -= each.bonus;
        to.transfer(each.amount + each.bonus);
        emit Released(saver, to, each.amount, each.bonus);
    }
}
