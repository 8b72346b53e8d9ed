// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Sells certificates at a posted price, takes them back with a discount, and retires those that were used.
contract CarbonDesk is UUPSUpgradeable {
    using SafeERC20 for IERC20;

    struct Book {
        uint96 spent;
        uint96 earned;
        uint64 lastTrade;
    }

    uint256 private constant UNIT = 1e18;

    IERC20 public dollar;
    address public owner;
    address public pricer;
    uint256 public price; // dollars per 1e18 certificates
    uint256 public discountBps;
    uint256 public outstanding;
    bool public halted;
    mapping(address holder => uint256) public certificatesOf;
    mapping(address holder => uint256) public retiredBy;
    mapping(address holder => Book) public books;

    event Bought(address indexed payer, address indexed holder, uint256 amount, uint256 cost);
    event Redeemed(address indexed holder, uint256 amount, uint256 proceeds);
    event Retired(address indexed holder, uint256 amount);
    event Moved(address indexed from, address indexed to, uint256 amount);
    event PriceSet(uint256 price);

    error NotOwner();
    error NotPricer();
    error AlreadyInitialised();
    error Halted();
    error NotEnough();
    error OutOfRange();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    modifier whenRunning() {
        if (halted) revert Halted();
        _;
    }

    function initialize(IERC20 dollar_, address owner_, address pricer_, uint256 price_) external {
        if (owner != address(0)) revert AlreadyInitialised();
        dollar = dollar_;
        owner = owner_;
        pricer = pricer_;
        price = price_;
        discountBps = 300;
    }

    function buy(uint256 amount) external whenRunning returns (uint256) {
        return _buy(msg.sender, amount);
    }

    function buyFor(address holder, uint256 amount) external whenRunning returns (uint256) {
        return _buy(holder, amount);
    }

    function redeem(uint256 amount) external whenRunning returns (uint256 proceeds) {
        _take(msg.sender, amount);
        outstanding -= amount;
        proceeds = (amount * price * (10_000 - discountBps)) / UNIT / 10_000;
        Book storage book = books[msg.sender];
        book.earned += uint96(proceeds);
        book.lastTrade = uint64(block.timestamp);
        dollar.safeTransfer(msg.sender, proceeds);
        emit Redeemed(msg.sender, amount, proceeds);
    }

    function retire(uint256 amount) external {
        _take(msg.sender, amount);
        outstanding -= amount;
        retiredBy[msg.sender] += amount;
        emit Retired(msg.sender, amount);
    }

    function move(address to, uint256 amount) external {
        _take(msg.sender, amount);
        certificatesOf[to] += amount;
        emit Moved(msg.sender, to, amount);
    }

    function setPrice(uint256 price_) external {
        if (msg.sender != pricer) revert NotPricer();
        if (price_ < price / 2 || price_ > price * 2) revert OutOfRange();
        price = price_;
        emit PriceSet(price_);
    }

    function setDiscount(uint256 bps) external onlyOwner {
        if (bps > 2_000) revert OutOfRange();
        discountBps = bps;
    }

    function setHalted(bool on) external onlyOwner {
        halted = on;
    }

    function withdraw(address to, uint256 amount) external onlyOwner {
        dollar.safeTransfer(to, amount);
    }

    function quote(uint256 amount) public view returns (uint96) {
        return uint96((amount * price) / UNIT);
    }

    function _buy(address holder, uint256 amount) private returns (uint256) {
        uint96 cost = quote(amount);
        Book storage book = books[msg.sender];
        book.spent += cost;
        book.lastTrade = uint64(block.timestamp);
        certificatesOf[holder] += amount;
        outstanding += amount;
        dollar.safeTransferFrom(msg.sender, address(this), cost);
        emit Bought(msg.sender, holder, amount, cost);
        return cost;
    }

    function _take(address holder, uint256 amount) private {
        uint256 held = certificatesOf[holder];
        if (amount > held) revert NotEnough();
        certificatesOf[holder] = held - amount;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}
