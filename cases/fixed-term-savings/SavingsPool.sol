pragma solidity ^0.4.11;

/// Ether savings with a fee for leaving early. Depositors may pass their savings on to each other.
contract SavingsPool {
    struct Account {
        uint256 balance;
        uint256 since;
    }

    address public owner;
    bool public paused;
    uint256 public exitFeeBps;
    uint256 public minimumTerm;
    uint256 public totalSavings;
    uint256 public feesAccrued;
    mapping(address => Account) accounts;

    event Deposited(address indexed saver, uint256 amount);
    event Withdrawn(address indexed saver, uint256 amount, uint256 fee);
    event Moved(address indexed from, address indexed to, uint256 amount);
    event FeesCollected(uint256 amount);
    event TermsChanged(uint256 exitFeeBps, uint256 minimumTerm);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    modifier whenOpen() {
        require(!paused);
        _;
    }

    function SavingsPool(uint256 exitFee, uint256 term) {
        owner = msg.sender;
        exitFeeBps = exitFee;
        minimumTerm = term;
    }

    function deposit() payable whenOpen {
        credit(msg.sender, msg.value);
    }

    function depositFor(address saver) payable whenOpen {
        require(saver != 0);
        credit(saver, msg.value);
    }

    function withdraw(uint256 amount) whenOpen {
        Account account = accounts[msg.sender];
        require(account.balance >= amount && amount > 0);
        uint256 fee = exitFee(msg.sender, amount);
        account.balance -= amount;
        totalSavings -= amount;
        feesAccrued += fee;
        msg.sender.transfer(amount - fee);
        Withdrawn(msg.sender, amount, fee);
    }

    function close() whenOpen {
        uint256 amount = accounts[msg.sender].balance;
        require(amount > 0);
        uint256 fee = exitFee(msg.sender, amount);
        require(msg.sender.call.value(amount - fee)());
        feesAccrued += fee;
        totalSavings -= amount;
        delete accounts[msg.sender];
        Withdrawn(msg.sender, amount, fee);
    }

    function move(address to, uint256 amount) whenOpen {
        require(accounts[msg.sender].balance >= amount && to != 0);
        accounts[msg.sender].balance -= amount;
        if (accounts[to].since == 0) accounts[to].since = now;
        accounts[to].balance += amount;
        Moved(msg.sender, to, amount);
    }

    function collectFees(address to) onlyOwner {
        uint256 amount = feesAccrued;
        feesAccrued = 0;
        to.transfer(amount);
        FeesCollected(amount);
    }

    function setTerms(uint256 exitFee, uint256 term) onlyOwner {
        require(exitFee <= 500);
        exitFeeBps = exitFee;
        minimumTerm = term;
        TermsChanged(exitFee, term);
    }

    function setPaused(bool on) onlyOwner {
        paused = on;
    }

    function transferOwnership(address to) onlyOwner {
        require(to != 0);
        owner = to;
    }

    function balanceOf(address saver) constant returns (uint256) {
        return accounts[saver].balance;
    }

    function exitFee(address saver, uint256 amount) constant returns (uint256) {
        if (now >= accounts[saver].since + minimumTerm) return 0;
        return amount * exitFeeBps / 10000;
    }

    function credit(address saver, uint256 amount) internal {
        require(amount > 0);
        Account account = accounts[saver];
        if (account.since == 0) account.since = now;
        account.balance += amount;
        totalSavings += amount;
        Deposited(saver, amount);
    }
}
