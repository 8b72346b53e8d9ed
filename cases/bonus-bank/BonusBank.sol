pragma solidity ^0.4.24;

/// Ether savings. Sponsors fill a bonus pot; a deposit earns a bonus that can be drawn once it has matured.
contract BonusBank {
    uint256 public constant MATURITY = 7 days;

    struct Saver {
        uint256 balance;
        uint256 bonus;
        uint256 since;
    }

    address public owner;
    bool public closed;
    uint256 public bonusBps;
    uint256 public bonusPot;
    uint256 public totalBalance;
    mapping(address => Saver) savers;

    event Deposited(address indexed saver, uint256 amount, uint256 bonus);
    event Withdrawn(address indexed saver, uint256 amount);
    event BonusDrawn(address indexed saver, uint256 amount);
    event Sponsored(address indexed sponsor, uint256 amount);
    event Passed(address indexed from, address indexed to, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    constructor(uint256 bonusBps_) public {
        owner = msg.sender;
        bonusBps = bonusBps_;
    }

    function sponsor() public payable {
        bonusPot += msg.value;
        emit Sponsored(msg.sender, msg.value);
    }

    function deposit() public payable {
        require(!closed);
        Saver storage saver = savers[msg.sender];
        uint256 bonus = msg.value * bonusBps / 10000;
        if (bonus > bonusPot) bonus = bonusPot;
        bonusPot -= bonus;
        if (saver.since == 0) saver.since = now;
        saver.balance += msg.value;
        saver.bonus += bonus;
        totalBalance += msg.value;
        emit Deposited(msg.sender, msg.value, bonus);
    }

    function withdraw(uint256 amount) public {
        pay(msg.sender, amount);
    }

    function withdrawAll() public {
        pay(msg.sender, savers[msg.sender].balance);
    }

    /// Leaving early forfeits the bonus to the pot.
    function drawBonus() public {
        Saver storage saver = savers[msg.sender];
        uint256 bonus = saver.bonus;
        require(bonus > 0 && now >= saver.since + MATURITY);
        saver.bonus = 0;
        saver.since = now;
        require(msg.sender.call.value(bonus)());
        emit BonusDrawn(msg.sender, bonus);
    }

    function pass(address to, uint256 amount) public {
        require(to != address(0) && savers[msg.sender].balance >= amount);
        savers[msg.sender].balance -= amount;
        if (savers[to].since == 0) savers[to].since = now;
        savers[to].balance += amount;
        emit Passed(msg.sender, to, amount);
    }

    function setBonus(uint256 bps) public onlyOwner {
        require(bps <= 2000);
        bonusBps = bps;
    }

    function setClosed(bool on) public onlyOwner {
        closed = on;
    }

    function balanceOf(address account) public view returns (uint256) {
        return savers[account].balance;
    }

    function bonusOf(address account) public view returns (uint256) {
        return savers[account].bonus;
    }

    function pay(address to, uint256 amount) internal {
        Saver storage saver = savers[to];
        require(saver.balance >= amount);
        if (now < saver.since + MATURITY) {
            bonusPot += saver.bonus;
            saver.bonus = 0;
        }
        require(to.call.value(amount)());
        saver.balance -= amount;
        totalBalance -= amount;
        emit Withdrawn(to, amount);
    }
}
