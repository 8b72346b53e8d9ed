// SPDX-License-Identifier: MIT
pragma solidity ^0.6.12;

/// Prepaid credits: bought with ether at a fixed rate, spent at merchants, redeemed for ether less a fee.
contract CreditLedger {
    string public constant name = "Prepaid Credit";
    string public constant symbol = "CRED";
    uint8 public constant decimals = 18;
    uint256 public constant CREDITS_PER_ETHER = 1000;

    address public owner;
    address public feeRecipient;
    uint256 public redemptionFeeBps;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => bool) public merchant;
    mapping(address => uint256) public spentAt;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Bought(address indexed buyer, uint256 ethers, uint256 credits);
    event Redeemed(address indexed holder, address indexed to, uint256 credits, uint256 ethers);
    event Spent(address indexed customer, address indexed merchant, uint256 credits);
    event MerchantSet(address indexed merchant, bool on);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    function initialize(address owner_, address feeRecipient_, uint256 feeBps) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        feeRecipient = feeRecipient_;
        redemptionFeeBps = feeBps;
    }

    function buy() external payable {
        uint256 credits = msg.value * CREDITS_PER_ETHER;
        totalSupply += credits;
        balanceOf[msg.sender] += credits;
        emit Bought(msg.sender, msg.value, credits);
        emit Transfer(address(0), msg.sender, credits);
    }

    function redeem(uint256 credits) external {
        _redeem(msg.sender, credits, msg.sender);
    }

    function redeemFrom(address holder, uint256 credits) external {
        _spendAllowance(holder, credits);
        _redeem(holder, credits, msg.sender);
    }

    function spend(address at, uint256 credits) external {
        require(merchant[at], "not a merchant");
        _move(msg.sender, at, credits);
        spentAt[at] += credits;
        emit Spent(msg.sender, at, credits);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        _spendAllowance(from, value);
        _move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function setMerchant(address account, bool on) external onlyOwner {
        merchant[account] = on;
        emit MerchantSet(account, on);
    }

    function setRedemptionFee(uint256 feeBps, address recipient) external onlyOwner {
        require(feeBps <= 500, "fee too high");
        redemptionFeeBps = feeBps;
        feeRecipient = recipient;
    }

    function quoteRedemption(uint256 credits) public view returns (uint256 ethers, uint256 fee) {
        fee = (credits * redemptionFeeBps) / 10000;
        ethers = (credits - fee) / CREDITS_PER_ETHER;
    }

    function _spendAllowance(address holder, uint256 value) private {
        allowance[holder][msg.sender] -= value;
        emit Approval(holder, msg.sender, allowance[holder][msg.sender]);
    }

    function _move(address from, address to, uint256 value) private {
        require(to != address(0), "no receiver");
        require(balanceOf[from] >= value, "balance too small");
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }

    function _redeem(address holder, uint256 credits, address to) private {
        require(balanceOf[holder] >= credits, "balance too small");
        (uint256 ethers, uint256 fee) = quoteRedemption(credits);
        balanceOf[holder] -= credits;
        balanceOf[feeRecipient] += fee;
        totalSupply -= credits - fee;
        emit Transfer(holder, address(0), credits - fee);
        emit Transfer(holder, feeRecipient, fee);
        (bool ok, ) = to.call{value: ethers}("");
        require(ok, "payment failed");
        emit Redeemed(holder, to, credits, ethers);
    }
}
