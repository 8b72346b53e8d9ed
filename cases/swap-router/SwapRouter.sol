// SPDX-License-Identifier: MIT
pragma solidity 0.7.6;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

interface IPoolUser {
    function swapCallback(uint256 owed, bytes calldata data) external;

    function supplyCallback(uint256 owed0, uint256 owed1, bytes calldata data) external;
}

/// A constant-product market of two tokens. It gives first and asks its caller to pay in a callback.
contract SwapPool {
    IERC20 public immutable token0;
    IERC20 public immutable token1;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;
    bool private locked;

    event Swapped(address indexed to, bool zeroForOne, uint256 amountIn, uint256 amountOut);
    event Supplied(address indexed to, uint256 amount0, uint256 amount1, uint256 shares);
    event Removed(address indexed by, address indexed to, uint256 shares);

    modifier lock() {
        require(!locked, "locked");
        locked = true;
        _;
        locked = false;
    }

    constructor(IERC20 token0_, IERC20 token1_) {
        token0 = token0_;
        token1 = token1_;
    }

    function swap(address to, bool zeroForOne, uint256 amountIn, bytes calldata data) external lock returns (uint256 out) {
        (IERC20 given, IERC20 taken) = zeroForOne ? (token1, token0) : (token0, token1);
        uint256 reserve = taken.balanceOf(address(this));
        out = (amountIn * 997 * given.balanceOf(address(this))) / (reserve * 1000 + amountIn * 997);
        require(given.transfer(to, out), "transfer failed");
        IPoolUser(msg.sender).swapCallback(amountIn, data);
        require(taken.balanceOf(address(this)) >= reserve + amountIn, "not paid");
        emit Swapped(to, zeroForOne, amountIn, out);
    }

    function supply(address to, uint256 amount0, bytes calldata data) external lock returns (uint256 shares) {
        (uint256 reserve0, uint256 reserve1) = (token0.balanceOf(address(this)), token1.balanceOf(address(this)));
        shares = totalShares == 0 ? amount0 : (amount0 * totalShares) / reserve0;
        uint256 amount1 = totalShares == 0 ? amount0 : (amount0 * reserve1) / reserve0 + 1;
        require(shares > 0, "too little");
        totalShares += shares;
        sharesOf[to] += shares;
        IPoolUser(msg.sender).supplyCallback(amount0, amount1, data);
        require(token0.balanceOf(address(this)) >= reserve0 + amount0, "not paid");
        require(token1.balanceOf(address(this)) >= reserve1 + amount1, "not paid");
        emit Supplied(to, amount0, amount1, shares);
    }

    function remove(uint256 shares, address to) external lock {
        require(shares <= sharesOf[msg.sender], "not your shares");
        uint256 amount0 = (shares * token0.balanceOf(address(this))) / totalShares;
        uint256 amount1 = (shares * token1.balanceOf(address(this))) / totalShares;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        require(token0.transfer(to, amount0) && token1.transfer(to, amount1), "transfer failed");
        emit Removed(msg.sender, to, shares);
    }
}

/// The one address traders approve: it swaps over listed pools and pays them from the trader's tokens.
contract SwapRouter is IPoolUser {
    address public owner;
    bool public paused;
    mapping(address => bool) public isPool;
    mapping(address => uint256) public swaps;

    event PoolListed(address indexed pool, bool on);
    event Routed(address indexed trader, address indexed to, uint256 amountIn, uint256 amountOut);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier whenRunning() {
        require(!paused, "paused");
        _;
    }

    constructor() {
        owner = msg.sender;
    }

    function swap(SwapPool pool, bool zeroForOne, uint256 amountIn, uint256 minOut, address to) external whenRunning returns (uint256 out) {
        out = _swap(pool, zeroForOne, amountIn, to, msg.sender);
        require(out >= minOut, "slippage");
        emit Routed(msg.sender, to, amountIn, out);
    }

    /// Two pools in a row; what comes out of the first waits here.
    function swapVia(
        SwapPool[2] calldata pools,
        bool[2] calldata zeroForOne,
        uint256 amountIn,
        uint256 minOut,
        address to
    ) external whenRunning returns (uint256 out) {
        uint256 between = _swap(pools[0], zeroForOne[0], amountIn, address(this), msg.sender);
        out = _swap(pools[1], zeroForOne[1], between, to, address(this));
        require(out >= minOut, "slippage");
        emit Routed(msg.sender, to, amountIn, out);
    }

    function supply(SwapPool pool, uint256 amount0, address to) external whenRunning returns (uint256) {
        require(isPool[address(pool)], "pool not listed");
        return pool.supply(to, amount0, abi.encode(pool.token0(), pool.token1(), msg.sender));
    }

    function swapCallback(uint256 owed, bytes calldata data) external override {
        (IERC20 token, address payer) = abi.decode(data, (IERC20, address));
        _pay(token, payer, owed);
    }

    function supplyCallback(uint256 owed0, uint256 owed1, bytes calldata data) external override {
        (IERC20 token0, IERC20 token1, address payer) = abi.decode(data, (IERC20, IERC20, address));
        _pay(token0, payer, owed0);
        _pay(token1, payer, owed1);
    }

    function setPool(address pool, bool on) external onlyOwner {
        isPool[pool] = on;
        emit PoolListed(pool, on);
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function _swap(SwapPool pool, bool zeroForOne, uint256 amountIn, address to, address payer) private returns (uint256) {
        require(isPool[address(pool)], "pool not listed");
        swaps[address(pool)] += 1;
        IERC20 token = zeroForOne ? pool.token0() : pool.token1();
        return pool.swap(to, zeroForOne, amountIn, abi.encode(token, payer));
    }

    function _pay(IERC20 token, address payer, uint256 owed) private {
        bool ok = payer == address(this) ? token.transfer(msg.sender, owed) : token.transferFrom(payer, msg.sender, owed);
        require(ok, "transfer failed");
    }
}
