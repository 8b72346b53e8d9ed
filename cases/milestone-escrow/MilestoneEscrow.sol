// SPDX-License-Identifier: MIT
pragma solidity ^0.5.17;

/// Ether held between clients and contractors, released milestone by milestone; an arbiter decides disputes.
contract MilestoneEscrow {
    enum State { None, Funded, Disputed, Closed }

    struct Agreement {
        address payable client;
        address payable contractor;
        uint256 remaining;
        uint256 deadline;
        State state;
    }

    address public arbiter;
    address payable public treasury;
    uint256 public feeBps;
    uint256 public count;
    uint256 public held;
    mapping(uint256 => Agreement) public agreements;
    mapping(address => uint256) public earned;

    event Opened(uint256 indexed id, address indexed client, address indexed contractor, uint256 amount);
    event Released(uint256 indexed id, uint256 amount);
    event Disputed(uint256 indexed id);
    event Resolved(uint256 indexed id, uint256 toContractor, uint256 toClient);
    event Refunded(uint256 indexed id, uint256 amount);
    event ShutDown(address indexed to);

    modifier onlyArbiter() {
        require(msg.sender == arbiter, "arbiter only");
        _;
    }

    constructor(address payable treasury_, uint256 feeBps_) public {
        arbiter = msg.sender;
        treasury = treasury_;
        feeBps = feeBps_;
    }

    function open(address payable contractor, uint256 term) external payable returns (uint256 id) {
        require(msg.value > 0 && contractor != address(0), "bad terms");
        id = count++;
        agreements[id] = Agreement(msg.sender, contractor, msg.value, now + term, State.Funded);
        held += msg.value;
        emit Opened(id, msg.sender, contractor, msg.value);
    }

    function topUp(uint256 id) external payable {
        require(agreements[id].state == State.Funded, "not funded");
        agreements[id].remaining += msg.value;
        held += msg.value;
    }

    function release(uint256 id, uint256 amount) external {
        Agreement storage agreement = agreements[id];
        require(msg.sender == agreement.client && agreement.state == State.Funded, "client only");
        take(agreement, amount);
        payContractor(agreement.contractor, amount);
        emit Released(id, amount);
    }

    function dispute(uint256 id) external {
        Agreement storage agreement = agreements[id];
        require(msg.sender == agreement.client || msg.sender == agreement.contractor, "party only");
        require(agreement.state == State.Funded, "not funded");
        agreement.state = State.Disputed;
        emit Disputed(id);
    }

    function resolve(uint256 id, uint256 toContractor) external onlyArbiter {
        Agreement storage agreement = agreements[id];
        require(agreement.state == State.Disputed, "no dispute");
        uint256 toClient = agreement.remaining - toContractor;
        require(toContractor <= agreement.remaining, "too much");
        take(agreement, agreement.remaining);
        agreement.state = State.Closed;
        if (toContractor > 0) payContractor(agreement.contractor, toContractor);
        if (toClient > 0) send(agreement.client, toClient);
        emit Resolved(id, toContractor, toClient);
    }

    function refund(uint256 id) external {
        Agreement storage agreement = agreements[id];
        require(msg.sender == agreement.client && agreement.state == State.Funded, "client only");
        require(now > agreement.deadline, "not over");
        uint256 amount = agreement.remaining;
        take(agreement, amount);
        agreement.state = State.Closed;
        send(agreement.client, amount);
        emit Refunded(id, amount);
    }

    function setFee(uint256 feeBps_) external onlyArbiter {
        require(feeBps_ <= 300, "fee too high");
        feeBps = feeBps_;
    }

    function setTreasury(address payable to) external onlyArbiter {
        treasury = to;
    }

    function handOver(address to) external onlyArbiter {
        arbiter = to;
    }

    function shutDown(address payable to) external {
        emit ShutDown(to);
        selfdestruct(to);
    }

    function take(Agreement storage agreement, uint256 amount) private {
        require(amount <= agreement.remaining, "too much");
        agreement.remaining -= amount;
        held -= amount;
    }

    function payContractor(address payable contractor, uint256 amount) private {
        uint256 fee = amount * feeBps / 10000;
        earned[contractor] += amount - fee;
        send(treasury, fee);
        send(contractor, amount - fee);
    }

    function send(address payable to, uint256 amount) private {
        (bool ok, ) = to.call.value(amount)("");
        require(ok, "payment failed");
    }
}
