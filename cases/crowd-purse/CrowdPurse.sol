// SPDX-License-Identifier: MIT
pragma solidity ^0.5.17;

/// A purse filled in rounds. Contributions are split into slots, which may be assigned to others. At the end of a round a keeper
/// credits every slot with its amount and its part of the sponsors' bonus.
contract CrowdPurse {
    enum State { Open, Settled, Abandoned }

    struct Slot {
        address payable holder;
        uint96 amount;
    }

    struct Round {
        uint256 contributed;
        uint256 bonus;
        State state;
        Slot[] slots;
    }

    address public owner;
    address public keeper;
    uint256 public current;
    uint256 public feeBps;
    uint256 public feesAccrued;
    mapping(uint256 => Round) rounds;
    mapping(address => uint256) public creditOf;

    event Contributed(uint256 indexed round, address indexed from, uint256 amount, uint256 slots);
    event Assigned(uint256 indexed round, uint256 slot, address indexed to);
    event BonusAdded(uint256 indexed round, address indexed from, uint256 amount);
    event Settled(uint256 indexed round, uint256 slots);
    event Abandoned(uint256 indexed round);
    event Refunded(uint256 indexed round, address indexed to, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier onlyKeeper() {
        require(msg.sender == keeper || msg.sender == owner, "keeper only");
        _;
    }

    constructor(address keeper_, uint256 feeBps_) public {
        owner = msg.sender;
        keeper = keeper_;
        feeBps = feeBps_;
    }

    function contribute(uint256 count) external payable {
        require(count > 0 && msg.value >= count && msg.value < 2 ** 96, "bad contribution");
        Round storage round = rounds[current];
        uint96 each = uint96(msg.value / count);
        for (uint256 i = 1; i < count; i++) round.slots.push(Slot(msg.sender, each));
        round.slots.push(Slot(msg.sender, uint96(msg.value - each * (count - 1))));
        round.contributed += msg.value;
        emit Contributed(current, msg.sender, msg.value, count);
    }

    function assign(uint256 slot, address payable to) external {
        Slot storage assigned = rounds[current].slots[slot];
        require(assigned.holder == msg.sender && to != address(0), "holder only");
        assigned.holder = to;
        emit Assigned(current, slot, to);
    }

    function addBonus() external payable {
        rounds[current].bonus += msg.value;
        emit BonusAdded(current, msg.sender, msg.value);
    }

    function settle() external onlyKeeper {
        Round storage round = rounds[current];
        require(round.contributed > 0, "nothing to settle");
        uint256 fee = round.bonus * feeBps / 10000;
        uint256 bonus = round.bonus - fee;
        feesAccrued += fee;
        for (uint256 i = 0; i < round.slots.length; i++) {
            Slot storage slot = round.slots[i];
            creditOf[slot.holder] += slot.amount + bonus * slot.amount / round.contributed;
        }
        round.state = State.Settled;
        emit Settled(current, round.slots.length);
        current += 1;
    }

    /// A round that cannot be settled is given up; its slots are refunded in equal parts.
    function abandon() external onlyKeeper {
        rounds[current].state = State.Abandoned;
        emit Abandoned(current);
        current += 1;
    }

    function refund(uint256 number, uint256 from, uint256 to) external {
        Round storage round = rounds[number];
        require(round.state == State.Abandoned, "not abandoned");
        uint256 each = (round.contributed + round.bonus) / round.slots.length;
        uint256 amount;
        for (uint256 i = from; i < to; i++) {
            require(round.slots[i].holder == msg.sender, "holder only");
            delete round.slots[i];
            amount += each;
        }
        pay(msg.sender, amount);
        emit Refunded(number, msg.sender, amount);
    }

    function withdraw() external {
        uint256 amount = creditOf[msg.sender];
        creditOf[msg.sender] = 0;
        pay(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
    }

    function collectFees(address payable to) external onlyOwner {
        uint256 amount = feesAccrued;
        feesAccrued = 0;
        pay(to, amount);
    }

    function setKeeper(address to) external onlyOwner {
        keeper = to;
    }

    function setFee(uint256 bps) external onlyOwner {
        require(bps <= 500, "fee too high");
        feeBps = bps;
    }

    function roundOf(uint256 number) external view returns (uint256 contributed, uint256 bonus, State state, uint256 slots) {
        Round storage round = rounds[number];
        return (round.contributed, round.bonus, round.state, round.slots.length);
    }

    function pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call.value(amount)("");
        require(ok, "payment failed");
    }
}

/// Settles rounds on a budget of gas, and gives up those that take more.
contract PurseKeeper {
    address public operator;
    uint256 public budget;

    event Worked(address indexed purse, bool settled);

    constructor(uint256 budget_) public {
        operator = msg.sender;
        budget = budget_;
    }

    function work(CrowdPurse purse) external {
        require(msg.sender == operator, "operator only");
        (bool ok, ) = address(purse).call.gas(budget)(abi.encodeWithSignature("settle()"));
        if (!ok) purse.abandon();
        emit Worked(address(purse), ok);
    }

    function giveUp(CrowdPurse purse) external {
        require(msg.sender == operator, "operator only");
        purse.abandon();
    }
}
