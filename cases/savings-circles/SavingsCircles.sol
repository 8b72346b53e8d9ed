// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Savings vaults of many circles in one contract. Members hold shares of their circle's assets; anybody may add to those.
contract SavingsCircles {
    struct Circle {
        string title;
        address founder;
        uint256 assets;
        uint256 shares;
        bool closed;
    }

    IERC20 public immutable asset;
    address public owner;
    uint256 public exitFeeBps;
    address public feeRecipient;
    Circle[] public circles;
    mapping(uint256 => mapping(address => uint256)) public sharesOf;

    event Founded(uint256 indexed id, address indexed founder, string title);
    event Deposited(uint256 indexed id, address indexed payer, address indexed member, uint256 assets, uint256 shares);
    event Redeemed(uint256 indexed id, address indexed member, address to, uint256 shares, uint256 assets);
    event Contributed(uint256 indexed id, address indexed from, uint256 assets);
    event Moved(uint256 indexed id, address indexed from, address indexed to, uint256 shares);

    error NotOwner();
    error NotFounder();
    error Closed();
    error TooHigh();
    error TransferFailed();
    error BadPrice();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    constructor(IERC20 asset_, address feeRecipient_) {
        asset = asset_;
        owner = msg.sender;
        feeRecipient = feeRecipient_;
    }

    function found(string calldata title) external returns (uint256 id) {
        id = circles.length;
        circles.push(Circle(title, msg.sender, 0, 0, false));
        emit Founded(id, msg.sender, title);
    }

    function deposit(uint256 id, uint256 assets) external returns (uint256) {
        return _deposit(id, assets, msg.sender);
    }

    function depositFor(uint256 id, uint256 assets, address member) external returns (uint256) {
        return _deposit(id, assets, member);
    }

    function redeem(uint256 id, uint256 shares, address to) external returns (uint256) {
        return _redeem(id, shares, to);
    }

    /// Everything the caller has in the circle.
    function leave(uint256 id) external returns (uint256) {
        return _redeem(id, sharesOf[id][msg.sender], msg.sender);
    }

    /// A contribution to all members of the circle, according to their shares.
    function contribute(uint256 id, uint256 assets) external {
        circles[id].assets += assets;
        _collect(assets);
        emit Contributed(id, msg.sender, assets);
    }

    function move(uint256 id, address to, uint256 shares) external {
        sharesOf[id][msg.sender] -= shares;
        sharesOf[id][to] += shares;
        emit Moved(id, msg.sender, to, shares);
    }

    function setClosed(uint256 id, bool on) external {
        if (circles[id].founder != msg.sender) revert NotFounder();
        circles[id].closed = on;
    }

    function setExitFee(uint256 feeBps, address recipient) external onlyOwner {
        if (feeBps > 100) revert TooHigh();
        exitFeeBps = feeBps;
        feeRecipient = recipient;
    }

    function circleCount() external view returns (uint256) {
        return circles.length;
    }

    function sharesFor(uint256 id, uint256 assets) public view returns (uint256) {
        Circle storage circle = circles[id];
        return circle.shares == 0 ? assets : (assets * circle.shares) / circle.assets;
    }

    function assetsFor(uint256 id, uint256 shares) public view returns (uint256) {
        Circle storage circle = circles[id];
        return circle.shares == 0 ? 0 : (shares * circle.assets) / circle.shares;
    }

    function _deposit(uint256 id, uint256 assets, address member) private returns (uint256 shares) {
        Circle storage circle = circles[id];
        if (circle.closed) revert Closed();
        shares = sharesFor(id, assets);
        circle.assets += assets;
        circle.shares += shares;
        sharesOf[id][member] += shares;
        _collect(assets);
        emit Deposited(id, msg.sender, member, assets, shares);
    }

    function _redeem(uint256 id, uint256 shares, address to) private returns (uint256 assets) {
        assets = assetsFor(id, shares);
        sharesOf[id][msg.sender] -= shares;
        circles[id].shares -= shares;
        circles[id].assets -= assets;
        uint256 fee = (assets * exitFeeBps) / 10_000;
        if (fee > 0) _send(feeRecipient, fee);
        _send(to, assets - fee);
        emit Redeemed(id, msg.sender, to, shares, assets);
    }

    function _collect(uint256 assets) private {
        if (!asset.transferFrom(msg.sender, address(this), assets)) revert TransferFailed();
    }

    function _send(address to, uint256 assets) private {
        if (!asset.transfer(to, assets)) revert TransferFailed();
    }
}
