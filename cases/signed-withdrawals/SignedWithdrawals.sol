pragma solidity ^0.4.24;

/// Ether accounts whose owners may name a signing key. A relayer hands in what the key signed and is paid for it.
contract SignedWithdrawals {
    address public owner;
    uint256 public relayFee;
    uint256 public totalBalance;
    mapping(address => uint256) public balanceOf;
    mapping(address => address) public signerOf;
    mapping(address => uint256) public nonceOf;
    mapping(address => uint256) public dailyLimit;
    mapping(address => mapping(uint256 => uint256)) public spentOn;

    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    event Relayed(address indexed account, address indexed relayer, uint256 nonce);
    event Moved(address indexed from, address indexed to, uint256 amount);
    event SignerSet(address indexed account, address signer);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    constructor(uint256 fee) public {
        owner = msg.sender;
        relayFee = fee;
    }

    function deposit() public payable {
        credit(msg.sender, msg.value);
    }

    function depositFor(address account) public payable {
        require(account != 0);
        credit(account, msg.value);
    }

    function setSigner(address signer) public {
        signerOf[msg.sender] = signer;
        emit SignerSet(msg.sender, signer);
    }

    /// Zero lifts the limit, which holds for what is signed only.
    function setDailyLimit(uint256 amount) public {
        dailyLimit[msg.sender] = amount;
    }

    function withdraw(uint256 amount) public {
        debit(msg.sender, amount);
        pay(msg.sender, amount);
        emit Withdrawn(msg.sender, msg.sender, amount);
    }

    function withdrawSigned(address account, address to, uint256 amount, uint8 v, bytes32 r, bytes32 s) public {
        bytes32 message = keccak256(abi.encodePacked(address(this), "withdraw", account, to, amount, nonceOf[account]));
        useSignature(message, account, amount, v, r, s);
        debit(account, amount + relayFee);
        balanceOf[msg.sender] += relayFee;
        totalBalance += relayFee;
        pay(to, amount);
        emit Withdrawn(account, to, amount);
    }

    function moveSigned(address account, address to, uint256 amount, uint8 v, bytes32 r, bytes32 s) public {
        bytes32 message = keccak256(abi.encodePacked(address(this), "move", account, to, amount, nonceOf[account]));
        useSignature(message, account, amount, v, r, s);
        debit(account, amount + relayFee);
        balanceOf[msg.sender] += relayFee;
        balanceOf[to] += amount;
        totalBalance += amount + relayFee;
        emit Moved(account, to, amount);
    }

    function setRelayFee(uint256 fee) public onlyOwner {
        require(fee <= 0.01 ether);
        relayFee = fee;
    }

    function transferOwnership(address to) public onlyOwner {
        require(to != 0);
        owner = to;
    }

    function useSignature(bytes32 message, address account, uint256 amount, uint8 v, bytes32 r, bytes32 s) internal {
        bytes32 digest = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", message));
        require(ecrecover(digest, v, r, s) == signerOf[account]);
        require(amount <= balanceOf[account]);
        uint256 limit = dailyLimit[account];
        spentOn[account][now / 1 days] += amount;
        require(limit == 0 || spentOn[account][now / 1 days] <= limit);
        emit Relayed(account, msg.sender, nonceOf[account]);
        nonceOf[account] += 1;
    }

    function credit(address account, uint256 amount) internal {
        balanceOf[account] += amount;
        totalBalance += amount;
        emit Deposited(account, amount);
    }

    function debit(address account, uint256 amount) internal {
        require(amount <= balanceOf[account]);
        balanceOf[account] -= amount;
        totalBalance -= amount;
    }

    function pay(address to, uint256 amount) internal {
        require(to.call.value(amount)());
    }
}
