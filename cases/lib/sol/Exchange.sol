// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IToken {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// A constant-product market between ether and one token, 0.3 % to those who provide it.
contract EtherPair {
    IToken public immutable token;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;

    event LiquidityAdded(address indexed provider, uint256 ethers, uint256 tokens, uint256 shares);
    event LiquidityRemoved(address indexed provider, uint256 ethers, uint256 tokens, uint256 shares);
    event Swapped(address indexed trader, bool bought, uint256 ethers, uint256 tokens);

    constructor(IToken token_) {
        token = token_;
    }

    function addLiquidity(uint256 maxTokens) external payable returns (uint256 shares) {
        uint256 reserve = address(this).balance - msg.value;
        uint256 tokens = totalShares == 0 ? maxTokens : (msg.value * token.balanceOf(address(this))) / reserve;
        shares = totalShares == 0 ? msg.value : (msg.value * totalShares) / reserve;
        require(tokens <= maxTokens, "slippage");
        totalShares += shares;
        sharesOf[msg.sender] += shares;
        require(token.transferFrom(msg.sender, address(this), tokens), "transfer failed");
        emit LiquidityAdded(msg.sender, msg.value, tokens, shares);
    }

    function removeLiquidity(uint256 shares) external {
        uint256 ethers = (shares * address(this).balance) / totalShares;
        uint256 tokens = (shares * token.balanceOf(address(this))) / totalShares;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        require(token.transfer(msg.sender, tokens), "transfer failed");
        emit LiquidityRemoved(msg.sender, ethers, tokens, shares);
        _pay(msg.sender, ethers);
    }

    function buyTokens(uint256 minTokens) external payable returns (uint256 tokens) {
        tokens = quote(msg.value, address(this).balance - msg.value, token.balanceOf(address(this)));
        require(tokens >= minTokens, "slippage");
        require(token.transfer(msg.sender, tokens), "transfer failed");
        emit Swapped(msg.sender, true, msg.value, tokens);
    }

    function sellTokens(uint256 tokens, uint256 minEthers) external returns (uint256 ethers) {
        ethers = quote(tokens, token.balanceOf(address(this)), address(this).balance);
        require(ethers >= minEthers, "slippage");
        require(token.transferFrom(msg.sender, address(this), tokens), "transfer failed");
        emit Swapped(msg.sender, false, ethers, tokens);
        _pay(msg.sender, ethers);
    }

    function quote(uint256 amountIn, uint256 reserveIn, uint256 reserveOut) public pure returns (uint256) {
        uint256 taxed = amountIn * 997;
        return (taxed * reserveOut) / (reserveIn * 1000 + taxed);
    }

    function _pay(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        require(ok, "payment failed");
    }
}
