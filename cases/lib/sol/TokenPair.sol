// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IPairToken {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// A constant-product market between two tokens, 0.3 % to those who provide it. It writes its reserves down, so gifts do not
/// move the price.
contract TokenPair {
    IPairToken public immutable token0;
    IPairToken public immutable token1;
    uint256 public reserve0;
    uint256 public reserve1;
    uint256 public updatedAt;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;

    event LiquidityAdded(address indexed provider, uint256 amount0, uint256 amount1, uint256 shares);
    event LiquidityRemoved(address indexed provider, uint256 amount0, uint256 amount1, uint256 shares);
    event Swapped(address indexed trader, address indexed tokenIn, uint256 amountIn, uint256 amountOut);

    constructor(IPairToken token0_, IPairToken token1_) {
        token0 = token0_;
        token1 = token1_;
    }

    /// The reserves and when they last changed, in seconds since the epoch.
    function getReserves() external view returns (uint256, uint256, uint256) {
        return (reserve0, reserve1, updatedAt);
    }

    function addLiquidity(uint256 amount0, uint256 max1) external returns (uint256 shares) {
        uint256 amount1 = totalShares == 0 ? max1 : (amount0 * reserve1) / reserve0;
        shares = totalShares == 0 ? amount0 : (amount0 * totalShares) / reserve0;
        require(amount1 <= max1, "slippage");
        totalShares += shares;
        sharesOf[msg.sender] += shares;
        _store(reserve0 + amount0, reserve1 + amount1);
        require(token0.transferFrom(msg.sender, address(this), amount0), "transfer failed");
        require(token1.transferFrom(msg.sender, address(this), amount1), "transfer failed");
        emit LiquidityAdded(msg.sender, amount0, amount1, shares);
    }

    function removeLiquidity(uint256 shares) external {
        uint256 amount0 = (shares * reserve0) / totalShares;
        uint256 amount1 = (shares * reserve1) / totalShares;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        _store(reserve0 - amount0, reserve1 - amount1);
        require(token0.transfer(msg.sender, amount0), "transfer failed");
        require(token1.transfer(msg.sender, amount1), "transfer failed");
        emit LiquidityRemoved(msg.sender, amount0, amount1, shares);
    }

    function swap(address tokenIn, uint256 amountIn, uint256 minOut) external returns (uint256 out) {
        bool forward = tokenIn == address(token0);
        require(forward || tokenIn == address(token1), "other token");
        out = forward ? quote(amountIn, reserve0, reserve1) : quote(amountIn, reserve1, reserve0);
        require(out >= minOut, "slippage");
        if (forward) _store(reserve0 + amountIn, reserve1 - out);
        else _store(reserve0 - out, reserve1 + amountIn);
        (IPairToken paid, IPairToken given) = forward ? (token0, token1) : (token1, token0);
        require(paid.transferFrom(msg.sender, address(this), amountIn), "transfer failed");
        require(given.transfer(msg.sender, out), "transfer failed");
        emit Swapped(msg.sender, tokenIn, amountIn, out);
    }

    function quote(uint256 amountIn, uint256 reserveIn, uint256 reserveOut) public pure returns (uint256) {
        uint256 taxed = amountIn * 997;
        return (taxed * reserveOut) / (reserveIn * 1000 + taxed);
    }

    function _store(uint256 to0, uint256 to1) private {
        reserve0 = to0;
        reserve1 = to1;
        updatedAt = block.timestamp;
    }
}

interface IFlashBorrower {
    function onLoan() external;
}

/// Lends any token it has for the length of a call, without a fee.
contract FlashBank {
    event Lent(address indexed borrower, address indexed token, uint256 amount);

    function lend(IPairToken token, uint256 amount) external {
        uint256 before = token.balanceOf(address(this));
        require(token.transfer(msg.sender, amount), "transfer failed");
        IFlashBorrower(msg.sender).onLoan();
        require(token.balanceOf(address(this)) >= before, "not returned");
        emit Lent(msg.sender, address(token), amount);
    }
}
