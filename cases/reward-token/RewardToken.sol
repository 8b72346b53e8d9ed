pragma solidity ^0.4.24;

library SafeMath {
    function add(uint256 a, uint256 b) internal pure returns (uint256 c) {
        c = a + b;
        require(c >= a);
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        require(b <= a);
        return a - b;
    }
}

/// A governance token whose emission the owner mints week by week, up to a cap.
contract RewardToken {
    using SafeMath for uint256;

    string public constant name = "Reward";
    string public constant symbol = "RWD";
    uint8 public constant decimals = 18;

    uint256 public cap;
    uint256 public totalSupply;
    address public owner;
    address public pendingOwner;
    bool public mintingFinished;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => address) public delegateOf;
    mapping(address => uint256) public votesOf;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Minted(address indexed to, uint256 value);
    event MintingFinished();
    event Delegated(address indexed holder, address indexed to);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    constructor(address owner_, uint256 cap_) public {
        owner = owner_;
        cap = cap_;
    }

    function mint(address to, uint256 value) public returns (bool) {
        require(!mintingFinished && to != address(0));
        totalSupply = totalSupply.add(value);
        require(totalSupply <= cap);
        balanceOf[to] = balanceOf[to].add(value);
        moveVotes(address(0), delegateOf[to], value);
        emit Minted(to, value);
        emit Transfer(address(0), to, value);
        return true;
    }

    function transfer(address to, uint256 value) public returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) public returns (bool) {
        allowance[from][msg.sender] = allowance[from][msg.sender].sub(value);
        move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) public returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function delegate(address to) public {
        moveVotes(delegateOf[msg.sender], to, balanceOf[msg.sender]);
        delegateOf[msg.sender] = to;
        emit Delegated(msg.sender, to);
    }

    function burn(uint256 value) public {
        balanceOf[msg.sender] = balanceOf[msg.sender].sub(value);
        totalSupply = totalSupply.sub(value);
        moveVotes(delegateOf[msg.sender], address(0), value);
        emit Transfer(msg.sender, address(0), value);
    }

    function setCap(uint256 to) public onlyOwner {
        require(to >= totalSupply);
        cap = to;
    }

    function finishMinting() public onlyOwner {
        mintingFinished = true;
        emit MintingFinished();
    }

    function offerOwnership(address to) public onlyOwner {
        pendingOwner = to;
    }

    function acceptOwnership() public {
        require(msg.sender == pendingOwner);
        owner = pendingOwner;
        pendingOwner = address(0);
    }

    function move(address from, address to, uint256 value) internal {
        require(to != address(0));
        balanceOf[from] = balanceOf[from].sub(value);
        balanceOf[to] = balanceOf[to].add(value);
        moveVotes(delegateOf[from], delegateOf[to], value);
        emit Transfer(from, to, value);
    }

    function moveVotes(address from, address to, uint256 value) internal {
        if (from != address(0)) votesOf[from] = votesOf[from].sub(value);
        if (to != address(0)) votesOf[to] = votesOf[to].add(value);
    }
}
