pragma solidity ^0.4.24;

/// Ether accounts with standing plans: amounts an account puts aside by position and pays out one at a time.
contract StandingPlans {
    address public owner;
    uint256 public feeBps;
    uint256 public feesAccrued;
    uint256 public totalBalance;
    bool public closed;
    mapping(address => uint256) public balanceOf;
    mapping(address => uint256[]) plans;
    mapping(address => uint256) public runs;

    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);
    event PlanAdded(address indexed account, uint256 index, uint256 amount);
    event PlanChanged(address indexed account, uint256 index, uint256 amount);
    event PlanDropped(address indexed account, uint256 left);
    event PlanRun(address indexed account, address indexed to, uint256 amount);
    event FeesCollected(address indexed to, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner);
        _;
    }

    constructor(uint256 fee) public {
        owner = msg.sender;
        feeBps = fee;
    }

    function deposit() public payable {
        require(!closed);
        balanceOf[msg.sender] += msg.value;
        totalBalance += msg.value;
        emit Deposited(msg.sender, msg.value);
    }

    function withdraw(uint256 amount) public {
        take(msg.sender, amount);
        pay(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
    }

    function addPlan(uint256 amount) public {
        require(!closed);
        plans[msg.sender].push(amount);
        emit PlanAdded(msg.sender, plans[msg.sender].length - 1, amount);
    }

    function addPlans(uint256[] amounts) public {
        for (uint256 i = 0; i < amounts.length; i++) addPlan(amounts[i]);
    }

    function changePlan(uint256 index, uint256 amount) public {
        require(index < plans[msg.sender].length);
        plans[msg.sender][index] = amount;
        emit PlanChanged(msg.sender, index, amount);
    }

    function swapPlans(uint256 one, uint256 other) public {
        uint256[] storage own = plans[msg.sender];
        require(one < own.length && other < own.length);
        uint256 amount = own[one];
        own[one] = own[other];
        own[other] = amount;
    }

    function dropLast() public {
        plans[msg.sender].length -= 1;
        emit PlanDropped(msg.sender, plans[msg.sender].length);
    }

    function dropAll() public {
        delete plans[msg.sender];
        emit PlanDropped(msg.sender, 0);
    }

    function runPlan(uint256 index, address to) public {
        require(index < plans[msg.sender].length && to != 0);
        uint256 amount = plans[msg.sender][index];
        uint256 fee = amount * feeBps / 10000;
        take(msg.sender, amount);
        feesAccrued += fee;
        runs[msg.sender] += 1;
        pay(to, amount - fee);
        emit PlanRun(msg.sender, to, amount - fee);
    }

    function collectFees(address to) public onlyOwner {
        uint256 amount = feesAccrued;
        feesAccrued = 0;
        pay(to, amount);
        emit FeesCollected(to, amount);
    }

    function setFee(uint256 fee) public onlyOwner {
        require(fee <= 200);
        feeBps = fee;
    }

    function setClosed(bool on) public onlyOwner {
        closed = on;
    }

    /// Moves everything to a successor while the accounts are closed.
    function migrate(address to) public onlyOwner {
        require(closed && to != 0);
        pay(to, address(this).balance);
    }

    function plansOf(address account) public view returns (uint256[]) {
        return plans[account];
    }

    function take(address account, uint256 amount) internal {
        require(amount <= balanceOf[account]);
        balanceOf[account] -= amount;
        totalBalance -= amount;
    }

    function pay(address to, uint256 amount) internal {
        require(to.call.value(amount)());
    }
}
