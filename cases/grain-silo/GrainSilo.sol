pragma solidity ^0.5.17;

/// Receipts for grain in a silo, in grams. The silo sells by the kilo and buys back at a lower price.
contract GrainSilo {
    string public constant name = "Grain Receipt";
    string public constant symbol = "GRAIN";
    uint8 public constant decimals = 3;
    uint256 private constant KILO = 1000;

    address public owner;
    address public keeper;
    uint256 public askPerKilo;
    uint256 public bidPerKilo;
    uint256 public totalSupply;
    bool public shut;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => uint256) public collected;

    event Transfer(address indexed from, address indexed to, uint256 grams);
    event Approval(address indexed owner, address indexed spender, uint256 grams);
    event Sold(address indexed buyer, address indexed receiver, uint256 grams, uint256 cost);
    event BoughtBack(address indexed seller, uint256 grams, uint256 paid);
    event Stocked(uint256 grams);
    event Collected(address indexed holder, uint256 grams);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor(address keeper_, uint256 askPerKilo_, uint256 bidPerKilo_) public payable {
        owner = msg.sender;
        keeper = keeper_;
        askPerKilo = askPerKilo_;
        bidPerKilo = bidPerKilo_;
    }

    /// Receipts for grain that came in.
    function stock(uint256 grams) external {
        require(msg.sender == keeper, "keeper only");
        totalSupply += grams;
        balanceOf[address(this)] += grams;
        emit Transfer(address(0), address(this), grams);
        emit Stocked(grams);
    }

    function buy(uint256 grams) external payable {
        _sell(msg.sender, grams);
    }

    function buyFor(address receiver, uint256 grams) external payable {
        require(receiver != address(0), "no receiver");
        _sell(receiver, grams);
    }

    function sellBack(uint256 grams) external {
        _move(msg.sender, address(this), grams);
        uint256 paid = (grams * bidPerKilo) / KILO;
        emit BoughtBack(msg.sender, grams, paid);
        _pay(msg.sender, paid);
    }

    /// The holder drives up with a lorry.
    function collect(uint256 grams) external {
        _move(msg.sender, address(0), grams);
        totalSupply -= grams;
        collected[msg.sender] += grams;
        emit Collected(msg.sender, grams);
    }

    function transfer(address to, uint256 grams) external returns (bool) {
        require(to != address(0), "no receiver");
        _move(msg.sender, to, grams);
        return true;
    }

    function transferFrom(address from, address to, uint256 grams) external returns (bool) {
        require(to != address(0), "no receiver");
        require(allowance[from][msg.sender] >= grams, "not allowed");
        allowance[from][msg.sender] -= grams;
        _move(from, to, grams);
        return true;
    }

    function approve(address spender, uint256 grams) external returns (bool) {
        allowance[msg.sender][spender] = grams;
        emit Approval(msg.sender, spender, grams);
        return true;
    }

    function setPrices(uint256 ask, uint256 bid) external {
        require(msg.sender == keeper, "keeper only");
        require(bid <= ask && ask > 0, "bad prices");
        askPerKilo = ask;
        bidPerKilo = bid;
    }

    function setShut(bool on) external onlyOwner {
        shut = on;
    }

    function withdraw(address payable to, uint256 amount) external onlyOwner {
        _pay(to, amount);
    }

    function costOf(uint256 grams) public view returns (uint256) {
        return (grams / KILO) * askPerKilo;
    }

    function _sell(address receiver, uint256 grams) private {
        require(!shut, "shut");
        uint256 cost = costOf(grams);
        require(msg.value >= cost, "too little");
        _move(address(this), receiver, grams);
        emit Sold(msg.sender, receiver, grams, cost);
        if (msg.value > cost) _pay(msg.sender, msg.value - cost);
    }

    function _move(address from, address to, uint256 grams) private {
        require(balanceOf[from] >= grams, "balance too small");
        balanceOf[from] -= grams;
        balanceOf[to] += grams;
        emit Transfer(from, to, grams);
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call.value(amount)("");
        require(ok, "payment failed");
    }

    function() external payable {}
}
