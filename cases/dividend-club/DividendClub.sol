pragma solidity ^0.4.11;

/// Shares bought with ether at a fixed price. What is paid in as dividend belongs to the shares that exist then.
contract DividendClub {
    address public owner;
    uint256 public sharePrice;
    uint256 public totalShares;
    uint256 public dividendPerShare; // times 1e18
    uint256 public reserve;
    uint256 public entryFeeBps;
    bool public closed;
    mapping(address => uint256) public sharesOf;
    mapping(address => uint256) public creditOf;
    mapping(address => uint256) paidPerShare;

    event Bought(address indexed member, uint256 shares, uint256 fee);
    event Sold(address indexed member, uint256 shares, uint256 amount);
    event Dividend(address indexed payer, uint256 amount);
    event Collected(address indexed member, uint256 amount);
    event ReserveUsed(address indexed to, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    modifier settled(address member) {
        creditOf[member] += sharesOf[member] * (dividendPerShare - paidPerShare[member]) / 1e18;
        paidPerShare[member] = dividendPerShare;
        _;
    }

    function DividendsClub(uint256 price, uint256 feeBps) {
        owner = msg.sender;
        sharePrice = price;
        entryFeeBps = feeBps;
    }

    function buy() payable settled(msg.sender) {
        require(!closed && sharePrice > 0);
        uint256 shares = msg.value / sharePrice;
        require(shares > 0 && shares * sharePrice == msg.value);
        uint256 fee = msg.value * entryFeeBps / 10000;
        reserve += fee;
        totalShares += shares;
        sharesOf[msg.sender] += shares;
        Bought(msg.sender, shares, fee);
    }

    /// Shares are taken back at their price less the entry fee.
    function sell(uint256 shares) settled(msg.sender) {
        require(shares <= sharesOf[msg.sender]);
        uint256 amount = shares * sharePrice;
        amount -= amount * entryFeeBps / 10000;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        require(msg.sender.call.value(amount)());
        Sold(msg.sender, shares, amount);
    }

    function give(address to, uint256 shares) settled(msg.sender) settled(to) {
        require(shares <= sharesOf[msg.sender] && to != 0);
        sharesOf[msg.sender] -= shares;
        sharesOf[to] += shares;
    }

    function payDividend() payable {
        require(totalShares > 0);
        dividendPerShare += msg.value * 1e18 / totalShares;
        Dividend(msg.sender, msg.value);
    }

    function collect() settled(msg.sender) {
        uint256 amount = creditOf[msg.sender];
        require(amount > 0);
        creditOf[msg.sender] = 0;
        require(msg.sender.call.value(amount)());
        Collected(msg.sender, amount);
    }

    function useReserve(address to, uint256 amount) onlyOwner {
        require(amount <= reserve);
        reserve -= amount;
        to.transfer(amount);
        ReserveUsed(to, amount);
    }

    function setClosed(bool on) onlyOwner {
        closed = on;
    }

    /// A club without members left, or one that must move: what it has goes to its owner.
    function dissolve() onlyOwner {
        require(closed);
        reserve = 0;
        ReserveUsed(owner, this.balance);
        owner.transfer(this.balance);
    }

    function transferOwnership(address to) onlyOwner {
        require(to != 0);
        owner = to;
    }

    function dividendOf(address member) constant returns (uint256) {
        return creditOf[member] + sharesOf[member] * (dividendPerShare - paidPerShare[member]) / 1e18;
    }
}
