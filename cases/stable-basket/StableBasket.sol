// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);

    function decimals() external view returns (uint8);
}

/// Several stablecoins behind one balance: deposited, exchanged and withdrawn at par, in units of 18 decimals.
contract StableBasket {
    struct Listing {
        bool listed;
        uint8 decimals;
    }

    address public owner;
    address public feeRecipient;
    uint256 public swapFeeBps;
    uint256 public totalCredit;
    bool public paused;
    address[] public tokens;
    mapping(address => Listing) public listings;
    mapping(address => uint256) public creditOf;

    event Listed(address indexed token, bool on);
    event Deposited(address indexed account, address indexed token, uint256 amount, uint256 credit);
    event Withdrawn(address indexed account, address indexed token, uint256 amount);
    event Swapped(address indexed account, address indexed from, address indexed to, uint256 amountIn, uint256 amountOut);
    event CreditMoved(address indexed from, address indexed to, uint256 credit);

    error NotOwner();
    error Initialised();
    error Paused();
    error NoCredit();
    error FeeTooHigh();
    error TransferFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    modifier whenRunning() {
        if (paused) revert Paused();
        _;
    }

    function initialize(address owner_, address feeRecipient_, uint256 feeBps) external {
        if (owner != address(0)) revert Initialised();
        owner = owner_;
        feeRecipient = feeRecipient_;
        swapFeeBps = feeBps;
    }

    function setListed(address token, bool on) external onlyOwner {
        if (on && listings[token].decimals == 0) tokens.push(token);
        listings[token] = Listing(on, IERC20(token).decimals());
        emit Listed(token, on);
    }

    function deposit(address token, uint256 amount) external whenRunning returns (uint256) {
        return _deposit(token, amount, msg.sender);
    }

    function depositFor(address token, uint256 amount, address account) external whenRunning returns (uint256) {
        return _deposit(token, amount, account);
    }

    function withdraw(address token, uint256 credit, address to) external whenRunning returns (uint256 amount) {
        if (credit > creditOf[msg.sender]) revert NoCredit();
        creditOf[msg.sender] -= credit;
        totalCredit -= credit;
        amount = _fromUnits(token, credit);
        _push(token, to, amount);
        emit Withdrawn(msg.sender, token, amount);
    }

    /// One coin for another, without a balance here.
    function swap(address from, address to, uint256 amountIn) external whenRunning returns (uint256 amountOut) {
        uint256 units = _pull(from, amountIn);
        uint256 fee = (units * swapFeeBps) / 10_000;
        creditOf[feeRecipient] += fee;
        totalCredit += fee;
        amountOut = _fromUnits(to, units - fee);
        _push(to, msg.sender, amountOut);
        emit Swapped(msg.sender, from, to, amountIn, amountOut);
    }

    function moveCredit(address to, uint256 credit) external {
        if (credit > creditOf[msg.sender]) revert NoCredit();
        creditOf[msg.sender] -= credit;
        creditOf[to] += credit;
        emit CreditMoved(msg.sender, to, credit);
    }

    function setSwapFee(uint256 feeBps) external onlyOwner {
        if (feeBps > 100) revert FeeTooHigh();
        swapFeeBps = feeBps;
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    /// What the listed coins are worth together; less than the credit would be a shortfall.
    function totalReserves() external view returns (uint256 units) {
        for (uint256 i = 0; i < tokens.length; i++)
            if (listings[tokens[i]].listed) units += _toUnits(tokens[i], IERC20(tokens[i]).balanceOf(address(this)));
    }

    function _deposit(address token, uint256 amount, address account) private returns (uint256 credit) {
        credit = _pull(token, amount);
        creditOf[account] += credit;
        totalCredit += credit;
        emit Deposited(account, token, amount, credit);
    }

    /// Counts what arrives, because some coins take a fee.
    function _pull(address token, uint256 amount) private returns (uint256) {
        uint256 before = IERC20(token).balanceOf(address(this));
        if (!IERC20(token).transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
        return _toUnits(token, IERC20(token).balanceOf(address(this)) - before);
    }

    function _push(address token, address to, uint256 amount) private {
        if (!IERC20(token).transfer(to, amount)) revert TransferFailed();
    }

    function _toUnits(address token, uint256 amount) private view returns (uint256) {
        return amount * 10 ** (18 - IERC20(token).decimals());
    }

    function _fromUnits(address token, uint256 units) private view returns (uint256) {
        return units / 10 ** (18 - IERC20(token).decimals());
    }
}
