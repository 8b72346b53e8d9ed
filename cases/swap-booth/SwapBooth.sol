// SPDX-License-Identifier: MIT
pragma solidity ^0.6.12;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// A constant-product market between two tokens. Providers hold shares of it that cannot be traded.
contract SwapBooth {
    address public owner;
    IERC20 public tokenA;
    IERC20 public tokenB;
    uint256 public feeBps;
    uint256 public totalShares;
    bool public open;
    mapping(address => uint256) public reserveOf;
    mapping(address => uint256) public sharesOf;

    event Provided(address indexed provider, uint256 amountA, uint256 amountB, uint256 shares);
    event Withdrawn(address indexed provider, uint256 amountA, uint256 amountB, uint256 shares);
    event Swapped(address indexed trader, address indexed sold, uint256 amountIn, uint256 amountOut, address to);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier whenOpen() {
        require(open, "closed");
        _;
    }

    function initialize(address owner_, IERC20 tokenA_, IERC20 tokenB_, uint256 feeBps_) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        tokenA = tokenA_;
        tokenB = tokenB_;
        feeBps = feeBps_;
        open = true;
    }

    function provide(uint256 amountA, uint256 maxB) external whenOpen returns (uint256 shares) {
        uint256 reserveA = reserveOf[address(tokenA)];
        uint256 amountB = totalShares == 0 ? maxB : (amountA * reserveOf[address(tokenB)]) / reserveA;
        require(amountB <= maxB && amountA < 1e30 && maxB < 1e30, "slippage");
        shares = totalShares == 0 ? amountA : (amountA * totalShares) / reserveA;
        totalShares += shares;
        sharesOf[msg.sender] += shares;
        _add(tokenA, amountA);
        _add(tokenB, amountB);
        require(tokenA.transferFrom(msg.sender, address(this), amountA), "payment failed");
        require(tokenB.transferFrom(msg.sender, address(this), amountB), "payment failed");
        emit Provided(msg.sender, amountA, amountB, shares);
    }

    function withdraw(uint256 shares) external {
        require(sharesOf[msg.sender] >= shares && totalShares > 0, "too few shares");
        uint256 amountA = (shares * reserveOf[address(tokenA)]) / totalShares;
        uint256 amountB = (shares * reserveOf[address(tokenB)]) / totalShares;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        _remove(tokenA, msg.sender, amountA);
        _remove(tokenB, msg.sender, amountB);
        emit Withdrawn(msg.sender, amountA, amountB, shares);
    }

    function sell(IERC20 sold, uint256 amountIn, uint256 minOut, address to) external whenOpen returns (uint256 out) {
        out = quote(sold, amountIn);
        require(out >= minOut, "slippage");
        _exchange(sold, amountIn, out, to);
    }

    function buy(IERC20 bought, uint256 amountOut, uint256 maxIn, address to) external whenOpen returns (uint256 cost) {
        IERC20 sold = _other(bought);
        uint256 reserveOut = reserveOf[address(bought)];
        require(amountOut < reserveOut, "not enough here");
        uint256 net = (reserveOf[address(sold)] * amountOut) / (reserveOut - amountOut) + 1;
        cost = (net * 10000) / (10000 - feeBps) + 1;
        require(cost <= maxIn, "slippage");
        _exchange(sold, cost, amountOut, to);
    }

    function setFee(uint256 feeBps_) external onlyOwner {
        require(feeBps_ <= 100, "fee too high");
        feeBps = feeBps_;
    }

    function setOpen(bool on) external onlyOwner {
        open = on;
    }

    function quote(IERC20 sold, uint256 amountIn) public view returns (uint256) {
        require(amountIn < 1e30, "too much");
        uint256 net = (amountIn * (10000 - feeBps)) / 10000;
        return (net * reserveOf[address(_other(sold))]) / (reserveOf[address(sold)] + net);
    }

    function _exchange(IERC20 sold, uint256 amountIn, uint256 amountOut, address to) private {
        sold.transferFrom(msg.sender, address(this), amountIn);
        _add(sold, amountIn);
        _remove(_other(sold), to, amountOut);
        emit Swapped(msg.sender, address(sold), amountIn, amountOut, to);
    }

    function _other(IERC20 token) private view returns (IERC20) {
        require(token == tokenA || token == tokenB, "not traded here");
        return token == tokenA ? tokenB : tokenA;
    }

    function _add(IERC20 token, uint256 amount) private {
        reserveOf[address(token)] += amount;
    }

    function _remove(IERC20 token, address to, uint256 amount) private {
        reserveOf[address(token)] -= amount;
        require(token.transfer(to, amount), "payment failed");
    }
}
