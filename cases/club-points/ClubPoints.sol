pragma solidity ^0.4.24;

/// Points of a club, an ERC-20 of the first generation.
contract ClubPoints {
    string public constant name = "Club Points";
    string public constant symbol = "CLUB";
    uint8 public constant decimals = 18;

    address public owner;
    bool public frozen;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => bool) public partner;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event PartnerSet(address indexed account, bool on);
    event Frozen(bool on);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    constructor() public {
        owner = msg.sender;
    }

    function mint(address to, uint256 value) public onlyOwner {
        require(totalSupply + value >= totalSupply);
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
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
        allow(spender, value);
        return true;
    }

    /// The same allowance for several spenders, such as the shops of a chain.
    function approveMany(address[] spenders, uint256 value) public returns (bool) {
        for (uint256 i = 0; i < spenders.length; i++) allow(spenders[i], value);
        return true;
    }

    function increaseApproval(address spender, uint256 added) public returns (bool) {
        uint256 value = allowance[msg.sender][spender] + added;
        require(value >= added);
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function decreaseApproval(address spender, uint256 taken) public returns (bool) {
        uint256 value = allowance[msg.sender][spender];
        value = taken > value ? 0 : value - taken;
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function burn(uint256 value) public {
        destroy(msg.sender, value);
    }

    /// Partners take points off a member's account for what they hand out.
    function redeemFrom(address member, uint256 value) public {
        require(partner[msg.sender]);
        spend(member, value);
        destroy(member, value);
    }

    function setPartner(address account, bool on) public onlyOwner {
        partner[account] = on;
        emit PartnerSet(account, on);
    }

    function setFrozen(bool on) public onlyOwner {
        frozen = on;
        emit Frozen(on);
    }

    function allow(address spender, uint256 value) internal {
        require(spender != address(0));
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
    }

    function spend(address from, uint256 value) internal {
        require(allowance[from][msg.sender] >= value);
        allowance[from][msg.sender] -= value;
    }

    function move(address from, address to, uint256 value) internal {
        require(!frozen && to != address(0));
        require(balanceOf[from] >= value);
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }

    function destroy(address from, uint256 value) internal {
        require(balanceOf[from] >= value);
        balanceOf[from] -= value;
        totalSupply -= value;
        emit Transfer(from, address(0), value);
    }
}
