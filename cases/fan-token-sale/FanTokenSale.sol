pragma solidity ^0.4.11;

/// Sells whole fan tokens for ether at a fixed price, takes them back at a lower one, and lets holders vote on the club's songs.
contract FanTokenSale {
    address public owner;
    uint256 public price;
    uint256 public buyback;
    bool public selling;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(uint256 => uint256) public votesFor;
    mapping(address => uint256) public votedAt;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Bought(address indexed by, address indexed holder, uint256 tokens, uint256 cost);
    event Returned(address indexed holder, uint256 tokens, uint256 paid);
    event Voted(address indexed holder, uint256 indexed song, uint256 weight);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    function FanTokenSale(uint256 price_, uint256 buyback_) {
        require(buyback_ <= price_);
        owner = msg.sender;
        price = price_;
        buyback = buyback_;
        selling = true;
    }

    function buy(uint256 tokens) payable {
        issue(msg.sender, tokens, msg.value);
    }

    function buyAsGift(address fan, uint256 tokens) payable {
        require(fan != 0);
        issue(fan, tokens, msg.value);
    }

    function giveBack(uint256 tokens) {
        require(balanceOf[msg.sender] >= tokens);
        uint256 paid = tokens * buyback;
        require(tokens == 0 || paid / tokens == buyback);
        balanceOf[msg.sender] -= tokens;
        totalSupply -= tokens;
        Returned(msg.sender, tokens, paid);
        require(msg.sender.call.value(paid)());
    }

    function transfer(address to, uint256 value) returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) returns (bool) {
        require(allowance[from][msg.sender] >= value);
        allowance[from][msg.sender] -= value;
        move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) returns (bool) {
        allowance[msg.sender][spender] = value;
        Approval(msg.sender, spender, value);
        return true;
    }

    /// Once a day with what one holds.
    function vote(uint256 song) {
        uint256 weight = balanceOf[msg.sender];
        require(weight > 0 && now >= votedAt[msg.sender] + 1 days);
        votedAt[msg.sender] = now;
        votesFor[song] += weight;
        Voted(msg.sender, song, weight);
    }

    function setPrices(uint256 price_, uint256 buyback_) onlyOwner {
        require(buyback_ <= price_);
        price = price_;
        buyback = buyback_;
    }

    function setSelling(bool on) onlyOwner {
        selling = on;
    }

    /// The owner may take what is not needed to buy every token back.
    function collect(uint256 amount) onlyOwner {
        require(this.balance >= totalSupply * buyback + amount);
        owner.transfer(amount);
    }

    function issue(address holder, uint256 tokens, uint256 paid) internal {
        require(selling);
        require(paid == tokens * price);
        balanceOf[holder] += tokens;
        totalSupply += tokens;
        Transfer(0, holder, tokens);
        Bought(msg.sender, holder, tokens, paid);
    }

    function move(address from, address to, uint256 value) internal {
        require(to != 0 && balanceOf[from] >= value);
        balanceOf[from] -= value;
        balanceOf[to] += value;
        Transfer(from, to, value);
    }
}
