// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// A pool of ether and a token worth one ether each. Its shares are an ERC-20.
contract EtherPool is UUPSUpgradeable {
    using SafeERC20 for IERC20;

    uint256 private constant UNIT = 1e18;

    string public constant name = "Pegged Ether Pool Share";
    string public constant symbol = "pepsETH";
    uint8 public constant decimals = 18;

    address public owner;
    IERC20 public token;
    bool private locked;
    uint256 public feeBps;
    uint256 public reserveEther;
    uint256 public reserveToken;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event LiquidityAdded(address indexed provider, uint256 ethers, uint256 tokens, uint256 shares);
    event LiquidityRemoved(address indexed provider, uint256 ethers, uint256 tokens, uint256 shares);
    event Exchanged(address indexed trader, bool soldEther, uint256 amountIn, uint256 amountOut);

    error Reentered();
    error NotOwner();
    error Slippage();
    error Initialised();
    error PaymentFailed();

    modifier nonReentrant() {
        if (locked) revert Reentered();
        locked = true;
        _;
        locked = false;
    }

    function initialize(address owner_, IERC20 token_, uint256 feeBps_) external {
        if (owner != address(0)) revert Initialised();
        owner = owner_;
        token = token_;
        feeBps = feeBps_;
    }

    function addLiquidity(uint256 tokens, uint256 minShares) external payable nonReentrant returns (uint256 shares) {
        uint256 worth = msg.value + tokens;
        shares = totalSupply == 0 ? worth : (worth * totalSupply) / (reserveEther + reserveToken);
        if (shares < minShares) revert Slippage();
        reserveEther += msg.value;
        reserveToken += tokens;
        _mint(msg.sender, shares);
        token.safeTransferFrom(msg.sender, address(this), tokens);
        emit LiquidityAdded(msg.sender, msg.value, tokens, shares);
    }

    function removeLiquidity(uint256 shares) external nonReentrant returns (uint256 ethers, uint256 tokens) {
        ethers = (shares * reserveEther) / totalSupply;
        tokens = (shares * reserveToken) / totalSupply;
        _burn(msg.sender, shares);
        _pay(msg.sender, ethers);
        token.safeTransfer(msg.sender, tokens);
        reserveEther -= ethers;
        reserveToken -= tokens;
        emit LiquidityRemoved(msg.sender, ethers, tokens, shares);
    }

    function sellEther(uint256 minTokens) external payable nonReentrant returns (uint256 tokens) {
        tokens = quote(msg.value, reserveToken);
        if (tokens < minTokens) revert Slippage();
        reserveEther += msg.value;
        reserveToken -= tokens;
        token.safeTransfer(msg.sender, tokens);
        emit Exchanged(msg.sender, true, msg.value, tokens);
    }

    function sellTokens(uint256 tokens, uint256 minEthers) external nonReentrant returns (uint256 ethers) {
        ethers = quote(tokens, reserveEther);
        if (ethers < minEthers) revert Slippage();
        reserveToken += tokens;
        reserveEther -= ethers;
        token.safeTransferFrom(msg.sender, address(this), tokens);
        _pay(msg.sender, ethers);
        emit Exchanged(msg.sender, false, tokens, ethers);
    }

    /// What one share is worth, in ether.
    function sharePrice() external view returns (uint256) {
        return totalSupply == 0 ? UNIT : ((reserveEther + reserveToken) * UNIT) / totalSupply;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] -= value;
        _move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function setFee(uint256 feeBps_) external {
        if (msg.sender != owner) revert NotOwner();
        if (feeBps_ > 100) revert Slippage();
        feeBps = feeBps_;
    }

    function quote(uint256 amountIn, uint256 reserveOut) public view returns (uint256 amountOut) {
        amountOut = (amountIn * (10_000 - feeBps)) / 10_000;
        if (amountOut > reserveOut) revert Slippage();
    }

    function _mint(address to, uint256 value) private {
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function _burn(address from, uint256 value) private {
        balanceOf[from] -= value;
        totalSupply -= value;
        emit Transfer(from, address(0), value);
    }

    function _move(address from, address to, uint256 value) private {
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }

    function _authorizeUpgrade(address) internal view override {
        if (msg.sender != owner) revert NotOwner();
    }

    function _pay(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed();
    }
}
