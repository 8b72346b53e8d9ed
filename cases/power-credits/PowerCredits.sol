// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

/// Prepaid energy: customers buy watt-hours for ether, hand them on, have meters draw them, and sell back what is left.
contract PowerCredits {
    struct Account {
        uint128 wattHours;
        uint64 changedAt;
        uint64 meter;
    }

    address public owner;
    /// Wei for a watt-hour.
    uint128 public tariff;
    /// What is kept when somebody sells back.
    uint128 public spreadBps;
    uint128 public sold;
    uint128 public drawn;
    bool public stopped;
    mapping(address => Account) public accounts;
    mapping(uint64 => address) public operatorOf;

    event Bought(address indexed customer, uint256 wattHours, uint256 cost);
    event SoldBack(address indexed customer, uint256 wattHours, uint256 paid);
    event HandedOn(address indexed from, address indexed to, uint256 wattHours);
    event Drawn(address indexed customer, uint64 indexed meter, uint256 wattHours);
    event TariffChanged(uint128 tariff, uint128 spreadBps);

    error NotOwner();
    error NotOperator();
    error WrongPayment(uint256 cost);
    error Initialised();
    error Stopped();
    error PaymentFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    function initialize(address owner_, uint128 tariff_, uint128 spreadBps_) external {
        if (owner != address(0)) revert Initialised();
        owner = owner_;
        tariff = tariff_;
        spreadBps = spreadBps_;
    }

    function buy(uint256 wattHours) external payable {
        _buy(msg.sender, wattHours);
    }

    function buyFor(address customer, uint256 wattHours) external payable {
        _buy(customer, wattHours);
    }

    function sellBack(uint256 wattHours) external {
        Account storage account = accounts[msg.sender];
        account.wattHours -= _narrow(wattHours);
        account.changedAt = uint64(block.timestamp);
        sold -= uint128(wattHours);
        uint256 worth = wattHours * tariff;
        uint256 paid = worth - (worth * spreadBps) / 10_000;
        emit SoldBack(msg.sender, wattHours, paid);
        (bool ok, ) = msg.sender.call{value: paid}("");
        if (!ok) revert PaymentFailed();
    }

    function handOn(address to, uint128 wattHours) external {
        accounts[msg.sender].wattHours -= wattHours;
        accounts[to].wattHours += wattHours;
        emit HandedOn(msg.sender, to, wattHours);
    }

    function setMeter(uint64 meter) external {
        accounts[msg.sender].meter = meter;
    }

    /// What a meter has counted is drawn from the account of its customer.
    function draw(address customer, uint128 wattHours) external {
        Account storage account = accounts[customer];
        if (operatorOf[account.meter] != msg.sender) revert NotOperator();
        account.wattHours -= wattHours;
        drawn += wattHours;
        emit Drawn(customer, account.meter, wattHours);
    }

    function setOperator(uint64 meter, address operator) external onlyOwner {
        operatorOf[meter] = operator;
    }

    function setTariff(uint128 tariff_, uint128 spreadBps_) external onlyOwner {
        tariff = tariff_;
        spreadBps = spreadBps_;
        emit TariffChanged(tariff_, spreadBps_);
    }

    function setStopped(bool on) external onlyOwner {
        stopped = on;
    }

    function _buy(address customer, uint256 wattHours) private {
        if (stopped) revert Stopped();
        uint256 cost = uint128(wattHours * tariff);
        if (msg.value != cost) revert WrongPayment(cost);
        Account storage account = accounts[customer];
        account.wattHours += _narrow(wattHours);
        account.changedAt = uint64(block.timestamp);
        sold += uint128(wattHours);
        emit Bought(customer, wattHours, cost);
    }

    function _narrow(uint256 value) private pure returns (uint128) {
        require(value <= type(uint128).max, "too much");
        return uint128(value);
    }
}
