// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Collects a protocol's fees and hands them out by budget, epoch by epoch.
contract FeeTreasury is UUPSUpgradeable {
    using SafeERC20 for IERC20;

    struct Budget {
        uint128 perEpoch;
        uint64 lastEpoch;
        bool active;
    }

    address public owner;
    address public guardian;
    uint64 public epochLength;
    bool public halted;
    uint256 public collected;
    uint256 public budgeted;
    mapping(address payee => Budget) public budgets;
    mapping(address token => uint256) public reserveOf;

    event Initialized(address indexed owner, address indexed guardian, uint64 epochLength);
    event FeesReceived(address indexed from, address indexed token, uint256 amount);
    event BudgetSet(address indexed payee, uint128 perEpoch);
    event BudgetDrawn(address indexed payee, uint64 epoch, uint256 amount);
    event ReserveSet(address indexed token, uint256 amount);
    event Swept(address indexed token, address indexed to, uint256 amount);
    event Halted(bool on);
    event OwnershipTransferred(address indexed from, address indexed to);

    error NotOwner();
    error NotGuardian();
    error AlreadyDrawn();
    error NoBudget();
    error ReserveTouched();
    error HaltedError();
    error PaymentFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    modifier whenRunning() {
        if (halted) revert HaltedError();
        _;
    }

    function initialize(address owner_, address guardian_, uint64 epochLength_) external {
        owner = owner_;
        guardian = guardian_;
        epochLength = epochLength_;
        emit Initialized(owner_, guardian_, epochLength_);
    }

    receive() external payable {
        collected += msg.value;
        emit FeesReceived(msg.sender, address(0), msg.value);
    }

    function collect(IERC20 token, uint256 amount) external whenRunning {
        token.safeTransferFrom(msg.sender, address(this), amount);
        emit FeesReceived(msg.sender, address(token), amount);
    }

    function drawBudget() external whenRunning returns (uint256 amount) {
        Budget storage budget = budgets[msg.sender];
        if (!budget.active) revert NoBudget();
        uint64 epoch = currentEpoch();
        if (budget.lastEpoch >= epoch) revert AlreadyDrawn();
        budget.lastEpoch = epoch;
        amount = budget.perEpoch;
        emit BudgetDrawn(msg.sender, epoch, amount);
        _pay(msg.sender, amount);
    }

    function setBudget(address payee, uint128 perEpoch) external onlyOwner {
        budgeted = budgeted + perEpoch - budgets[payee].perEpoch;
        budgets[payee].perEpoch = perEpoch;
        budgets[payee].active = perEpoch > 0;
        emit BudgetSet(payee, perEpoch);
    }

    function setReserve(address token, uint256 amount) external onlyOwner {
        reserveOf[token] = amount;
        emit ReserveSet(token, amount);
    }

    function sweep(IERC20 token, address to, uint256 amount) external onlyOwner {
        if (address(token) == address(0)) {
            if (address(this).balance < reserveOf[address(0)] + amount) revert ReserveTouched();
            _pay(to, amount);
        } else {
            if (token.balanceOf(address(this)) < reserveOf[address(token)] + amount) revert ReserveTouched();
            token.safeTransfer(to, amount);
        }
        emit Swept(address(token), to, amount);
    }

    function setHalted(bool on) external {
        if (msg.sender != guardian) revert NotGuardian();
        halted = on;
        emit Halted(on);
    }

    function transferOwnership(address to) external onlyOwner {
        emit OwnershipTransferred(owner, to);
        owner = to;
    }

    function currentEpoch() public view returns (uint64) {
        return uint64(block.timestamp) / epochLength;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}

    function _pay(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed();
    }
}
