pragma solidity ^0.4.24;

/// A coin sold and bought back by its own contract. The price rises with the reserve, so that early holders gain.
contract ReserveCoin {
    string public constant name = "Reserve Coin";
    string public constant symbol = "RSV";
    uint8 public constant decimals = 18;
    uint256 constant UNIT = 1 ether;

    address public owner;
    uint256 public floorPrice;
    uint256 public steepness;
    uint256 public totalSupply;
    uint256 public lastPurchase; // when nobody has bought for a year, the owner may wind up
    bool public salesPaused;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Bought(address indexed buyer, uint256 ethers, uint256 coins);
    event Sold(address indexed seller, uint256 coins, uint256 ethers);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    constructor(uint256 floorPrice_, uint256 steepness_) public payable {
        owner = msg.sender;
        floorPrice = floorPrice_;
        steepness = steepness_;
        lastPurchase = now;
    }

    function() public payable {
        purchase(msg.sender);
    }

    function buy() public payable returns (uint256) {
        return purchase(msg.sender);
    }

    function buyFor(address receiver) public payable returns (uint256) {
        return purchase(receiver);
    }

    function sell(uint256 coins) public returns (uint256) {
        return sale(msg.sender, coins, msg.sender);
    }

    function sellFrom(address holder, uint256 coins) public returns (uint256) {
        spend(holder, coins);
        return sale(holder, coins, msg.sender);
    }

    /// Wei for one coin at this reserve.
    function priceAt(uint256 reserve) public view returns (uint256) {
        return floorPrice + reserve / steepness;
    }

    function transfer(address to, uint256 value) public returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) public returns (bool) {
        spend(from, value);
        move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) public returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    /// A gift to all holders.
    function endow() public payable {}

    function setSalesPaused(bool on) public onlyOwner {
        salesPaused = on;
    }

    function windUp(address to) public onlyOwner {
        require(now > lastPurchase + 365 days);
        to.transfer(address(this).balance);
    }

    function purchase(address receiver) internal returns (uint256 coins) {
        require(!salesPaused && receiver != address(0));
        coins = msg.value * UNIT / priceAt(address(this).balance - msg.value);
        lastPurchase = now;
        totalSupply += coins;
        balanceOf[receiver] += coins;
        emit Bought(receiver, msg.value, coins);
        emit Transfer(address(0), receiver, coins);
    }

    function sale(address holder, uint256 coins, address to) internal returns (uint256 ethers) {
        require(balanceOf[holder] >= coins);
        ethers = coins * priceAt(address(this).balance) / UNIT;
        balanceOf[holder] -= coins;
        totalSupply -= coins;
        emit Transfer(holder, address(0), coins);
        emit Sold(holder, coins, ethers);
        to.transfer(ethers);
    }

    function spend(address holder, uint256 value) internal {
        require(allowance[holder][msg.sender] >= value);
        allowance[holder][msg.sender] -= value;
    }

    function move(address from, address to, uint256 value) internal {
        require(to != address(0) && balanceOf[from] >= value);
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}
