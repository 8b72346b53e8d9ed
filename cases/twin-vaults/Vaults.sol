// SPDX-License-Identifier: MIT
pragma solidity 0.7.6;

/// What every customer of the house has, whichever vault keeps the ether. Only the vaults of the house write.
contract CustomerLedger {
    address public owner;
    mapping(address => bool) public vault;
    mapping(address => uint256) public balanceOf;
    mapping(address => uint256) public entries;

    event VaultSet(address indexed vault, bool on);
    event Booked(address indexed customer, uint256 balance);
    event Moved(address indexed from, address indexed to, uint256 amount);

    modifier onlyVault() {
        require(vault[msg.sender], "vaults only");
        _;
    }

    constructor() {
        owner = msg.sender;
    }

    function book(address customer, uint256 balance) external onlyVault {
        balanceOf[customer] = balance;
        entries[customer] += 1;
        emit Booked(customer, balance);
    }

    /// Customers may pay each other without touching a vault.
    function move(address to, uint256 amount) external {
        require(balanceOf[msg.sender] >= amount, "balance too small");
        balanceOf[msg.sender] -= amount;
        require(balanceOf[to] + amount >= amount, "overflow");
        balanceOf[to] += amount;
        emit Moved(msg.sender, to, amount);
    }

    function setVault(address account, bool on) external {
        require(msg.sender == owner, "owner only");
        vault[account] = on;
        emit VaultSet(account, on);
    }
}

abstract contract Vault {
    CustomerLedger public immutable ledger;
    address public immutable owner;
    bool private entered;
    bool public open = true;

    event Deposited(address indexed customer, uint256 amount);
    event PaidOut(address indexed customer, address indexed to, uint256 amount);

    modifier nonReentrant() {
        require(!entered, "reentered");
        entered = true;
        _;
        entered = false;
    }

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor(CustomerLedger ledger_) {
        ledger = ledger_;
        owner = msg.sender;
    }

    function setOpen(bool on) external onlyOwner {
        open = on;
    }

    function _deposit(address customer) internal {
        require(open, "closed");
        ledger.book(customer, ledger.balanceOf(customer) + msg.value);
        emit Deposited(customer, msg.value);
    }

    function _payOut(address to, uint256 amount, uint256 charge) internal {
        uint256 balance = ledger.balanceOf(msg.sender);
        require(balance >= amount && amount >= charge, "balance too small");
        (bool ok, ) = to.call{value: amount - charge}("");
        require(ok, "payment failed");
        ledger.book(msg.sender, balance - amount);
        emit PaidOut(msg.sender, to, amount);
    }
}

/// The savings counter: deposits and withdrawals free of charge.
contract SavingsVault is Vault {
    constructor(CustomerLedger ledger_) Vault(ledger_) {}

    function deposit() external payable nonReentrant {
        _deposit(msg.sender);
    }

    function depositFor(address customer) external payable nonReentrant {
        _deposit(customer);
    }

    function withdraw(uint256 amount) external nonReentrant {
        _payOut(msg.sender, amount, 0);
    }
}

/// The payment counter: pays bills of a customer to anybody, for a fixed charge.
contract PaymentVault is Vault {
    uint256 public charge;
    uint256 public charges;

    constructor(CustomerLedger ledger_, uint256 charge_) Vault(ledger_) {
        charge = charge_;
    }

    function topUp() external payable nonReentrant {
        _deposit(msg.sender);
    }

    function payBill(address to, uint256 amount) external nonReentrant {
        charges += charge;
        _payOut(to, amount, charge);
    }

    function payBills(address[] calldata to, uint256[] calldata amounts) external nonReentrant {
        require(to.length == amounts.length, "lengths");
        for (uint256 i = 0; i < to.length; i++) {
            charges += charge;
            _payOut(to[i], amounts[i], charge);
        }
    }

    function setCharge(uint256 wei_) external onlyOwner {
        charge = wei_;
    }

    function collectCharges(address payable to) external onlyOwner {
        uint256 amount = charges;
        charges = 0;
        to.transfer(amount);
    }
}
