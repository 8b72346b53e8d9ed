pragma solidity ^0.4.24;

contract IERC20 {
    function transfer(address to, uint256 value) public returns (bool);

    function transferFrom(address from, address to, uint256 value) public returns (bool);

    function balanceOf(address account) public view returns (uint256);
}

/// The till of several merchants: customers pay invoices in a token, merchants withdraw what they took.
contract TokenTill {
    struct Invoice {
        address merchant;
        uint256 amount;
        uint256 paid;
        bool cancelled;
    }

    IERC20 public token;
    address public owner;
    address public manager;
    uint256 public feeBps;
    uint256 public feesAccrued;
    uint256 public totalDue;
    Invoice[] public invoices;
    mapping(address => bool) public isMerchant;
    mapping(address => uint256) public dueTo;
    mapping(address => uint256) public spentBy;

    event InvoiceIssued(uint256 indexed id, address indexed merchant, uint256 amount);
    event InvoicePaid(uint256 indexed id, address indexed customer, uint256 amount);
    event InvoiceCancelled(uint256 indexed id);
    event Withdrawn(address indexed merchant, address indexed to, uint256 amount);
    event Swept(address indexed token, address indexed to, uint256 amount);
    event MerchantSet(address indexed merchant, bool on);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    modifier onlyStaff() {
        require(msg.sender == owner || msg.sender == manager);
        _;
    }

    constructor(IERC20 token_, address manager_, uint256 fee) public {
        token = token_;
        owner = msg.sender;
        manager = manager_;
        feeBps = fee;
    }

    function issue(uint256 amount) public returns (uint256 id) {
        require(isMerchant[msg.sender] && amount > 0);
        id = invoices.length;
        invoices.push(Invoice(msg.sender, amount, 0, false));
        emit InvoiceIssued(id, msg.sender, amount);
    }

    function payInvoice(uint256 id, uint256 amount) public {
        Invoice storage invoice = invoices[id];
        require(!invoice.cancelled && amount <= invoice.amount - invoice.paid);
        invoice.paid += amount;
        uint256 fee = amount * feeBps / 10000;
        feesAccrued += fee;
        dueTo[invoice.merchant] += amount - fee;
        totalDue += amount - fee;
        spentBy[msg.sender] += amount;
        require(token.transferFrom(msg.sender, address(this), amount));
        emit InvoicePaid(id, msg.sender, amount);
    }

    function cancel(uint256 id) public {
        Invoice storage invoice = invoices[id];
        require(msg.sender == invoice.merchant && !invoice.cancelled);
        invoice.cancelled = true;
        emit InvoiceCancelled(id);
    }

    function withdraw(address to, uint256 amount) public {
        require(amount <= dueTo[msg.sender]);
        dueTo[msg.sender] -= amount;
        totalDue -= amount;
        require(token.transfer(to, amount));
        emit Withdrawn(msg.sender, to, amount);
    }

    function collectFees(address to) public onlyStaff {
        uint256 amount = feesAccrued;
        feesAccrued = 0;
        require(token.transfer(to, amount));
    }

    /// For tokens sent here by mistake, or when the till moves to another contract.
    function sweep(IERC20 stray, address to, uint256 amount) public {
        move(stray, to, amount);
    }

    function sweepAll(IERC20[] strays, address to) public {
        for (uint256 i = 0; i < strays.length; i++) move(strays[i], to, strays[i].balanceOf(address(this)));
    }

    function setMerchant(address merchant, bool on) public onlyStaff {
        isMerchant[merchant] = on;
        emit MerchantSet(merchant, on);
    }

    function setManager(address to) public onlyOwner {
        manager = to;
    }

    function setFee(uint256 fee) public onlyOwner {
        require(fee <= 300);
        feeBps = fee;
    }

    function invoiceCount() public view returns (uint256) {
        return invoices.length;
    }

    function move(IERC20 stray, address to, uint256 amount) internal {
        require(to != address(0));
        require(stray.transfer(to, amount));
        emit Swept(stray, to, amount);
    }
}
