// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

import {Address} from "openzeppelin-contracts-4/utils/Address.sol";

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Depositors' tokens, lent for the length of one call. Depositors share the fees.
contract FlashLender {
    using Address for address;

    IERC20 public immutable token;
    address public owner;
    uint256 public feeBps;
    uint256 public totalShares;
    uint256 public loans;
    bool public paused;
    bool private locked;
    mapping(address => uint256) public sharesOf;

    event Deposited(address indexed account, uint256 amount, uint256 shares);
    event Withdrawn(address indexed account, uint256 amount, uint256 shares);
    event Lent(address indexed borrower, address indexed target, uint256 amount, uint256 fee);

    error NotOwner();
    error Paused();
    error Locked();
    error NothingToDo();
    error TransferFailed();
    error NotRepaid();
    error FeeTooHigh();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    modifier nonReentrant() {
        if (locked) revert Locked();
        locked = true;
        _;
        locked = false;
    }

    constructor(IERC20 token_, uint256 feeBps_) {
        token = token_;
        owner = msg.sender;
        feeBps = feeBps_;
    }

    function deposit(uint256 amount) external nonReentrant returns (uint256) {
        return _deposit(msg.sender, amount);
    }

    function depositFor(address account, uint256 amount) external nonReentrant returns (uint256) {
        return _deposit(account, amount);
    }

    function withdraw(uint256 shares) external nonReentrant returns (uint256 amount) {
        amount = (shares * token.balanceOf(address(this))) / totalShares;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        if (!token.transfer(msg.sender, amount)) revert TransferFailed();
        emit Withdrawn(msg.sender, amount, shares);
    }

    /// Lends to `borrower`, then makes the call it asks for; loan and fee must be back when the call returns.
    function flashLoan(uint256 amount, address borrower, address target, bytes calldata data) external nonReentrant {
        if (paused) revert Paused();
        uint256 fee = feeOf(amount);
        uint256 before = token.balanceOf(address(this));
        loans += 1;
        if (!token.transfer(borrower, amount)) revert TransferFailed();
        target.functionCall(data);
        if (token.balanceOf(address(this)) < before + fee) revert NotRepaid();
        emit Lent(borrower, target, amount, fee);
    }

    /// Two calls for one loan: one that works with it and one that returns it.
    function flashLoanVia(
        uint256 amount,
        address borrower,
        address[2] calldata targets,
        bytes[2] calldata data
    ) external nonReentrant {
        if (paused) revert Paused();
        uint256 fee = feeOf(amount);
        uint256 before = token.balanceOf(address(this));
        loans += 1;
        if (!token.transfer(borrower, amount)) revert TransferFailed();
        for (uint256 i = 0; i < 2; i++) targets[i].functionCall(data[i]);
        if (token.balanceOf(address(this)) < before + fee) revert NotRepaid();
        emit Lent(borrower, targets[1], amount, fee);
    }

    function moveShares(address to, uint256 shares) external {
        sharesOf[msg.sender] -= shares;
        sharesOf[to] += shares;
    }

    function setFee(uint256 feeBps_) external onlyOwner {
        if (feeBps_ > 100) revert FeeTooHigh();
        feeBps = feeBps_;
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function feeOf(uint256 amount) public view returns (uint256) {
        return (amount * feeBps) / 10_000;
    }

    function _deposit(address account, uint256 amount) private returns (uint256 shares) {
        uint256 assets = token.balanceOf(address(this));
        shares = totalShares == 0 ? amount : (amount * totalShares) / assets;
        if (shares == 0) revert NothingToDo();
        totalShares += shares;
        sharesOf[account] += shares;
        if (!token.transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
        emit Deposited(account, amount, shares);
    }
}

/// What a borrower runs: it works with the loan and returns it.
contract LoanTaker {
    IERC20 private immutable token;
    uint256 public worked;

    constructor(IERC20 token_) {
        token = token_;
    }

    function repay(address lender, uint256 owed) external {
        worked += owed;
        require(token.transfer(lender, owed), "transfer failed");
    }

    function work(LoanTaker other, uint256 amount) external {
        worked += amount;
        require(token.transfer(address(other), amount), "transfer failed");
    }
}
