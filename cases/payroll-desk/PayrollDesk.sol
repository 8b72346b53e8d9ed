pragma solidity ^0.4.24;

/// Wages of a company. Clerks keep the list and pay extras; employees fetch their wage themselves, by hand or by their wallets.
contract PayrollDesk {
    uint256 public constant PERIOD = 7 days;

    struct Employee {
        uint256 wage;
        uint256 paidUntil;
        uint256 advance;
        bool active;
    }

    address public director;
    uint256 public extrasLeft;
    mapping(address => bool) public clerk;
    mapping(address => Employee) public employees;
    mapping(address => address) public payTo;

    event Hired(address indexed employee, uint256 wage);
    event WagePaid(address indexed employee, address indexed to, uint256 amount);
    event ExtraPaid(address indexed to, uint256 amount, bytes32 reason);
    event ClerkSet(address indexed account, bool on);

    modifier onlyDirector() {
        require(msg.sender == director, "director only");
        _;
    }

    modifier byClerk() {
        require(clerk[tx.origin], "clerks only");
        _;
    }

    constructor(uint256 extras) public payable {
        director = msg.sender;
        extrasLeft = extras;
        clerk[msg.sender] = true;
    }

    function() public payable {}

    function hire(address employee, uint256 wage) public byClerk {
        require(!employees[employee].active, "already hired");
        employees[employee] = Employee(wage, now, 0, true);
        emit Hired(employee, wage);
    }

    function dismiss(address employee) public byClerk {
        employees[employee].active = false;
    }

    function setWage(address employee, uint256 wage) public byClerk {
        require(employees[employee].active, "not hired");
        employees[employee].wage = wage;
    }

    /// Travel costs, bonuses and the like.
    function payExtra(address to, uint256 amount, bytes32 reason) public byClerk {
        require(amount <= extrasLeft, "budget");
        extrasLeft -= amount;
        send(to, amount);
        emit ExtraPaid(to, amount, reason);
    }

    function payExtras(address[] to, uint256[] amounts, bytes32 reason) public byClerk {
        require(to.length == amounts.length, "lengths");
        for (uint256 i = 0; i < to.length; i++) {
            require(amounts[i] <= extrasLeft, "budget");
            extrasLeft -= amounts[i];
            send(to[i], amounts[i]);
            emit ExtraPaid(to[i], amounts[i], reason);
        }
    }

    function fetchWage() public {
        payWage(msg.sender);
    }

    /// Anybody may have an employee paid.
    function fetchWageFor(address employee) public {
        payWage(employee);
    }

    function setPayTo(address to) public {
        require(employees[msg.sender].active, "not hired");
        payTo[msg.sender] = to;
    }

    function setClerk(address account, bool on) public onlyDirector {
        clerk[account] = on;
        emit ClerkSet(account, on);
    }

    function setExtras(uint256 amount) public onlyDirector {
        extrasLeft = amount;
    }

    function dueTo(address employee) public view returns (uint256) {
        Employee storage each = employees[employee];
        return each.active ? (now - each.paidUntil) / PERIOD * each.wage : 0;
    }

    function payWage(address employee) internal {
        uint256 amount = dueTo(employee);
        require(amount > 0, "nothing due");
        Employee storage each = employees[employee];
        each.paidUntil += (now - each.paidUntil) / PERIOD * PERIOD;
        address to = payTo[employee] == address(0) ? employee : payTo[employee];
        send(to, amount);
        emit WagePaid(employee, to, amount);
    }

    function send(address to, uint256 amount) internal {
        require(to.call.value(amount)(), "payment failed");
    }
}
