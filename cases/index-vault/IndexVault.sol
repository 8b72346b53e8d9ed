// SPDX-License-Identifier: MIT
pragma solidity ^0.7.6;

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);

    function approve(address spender, uint256 value) external returns (bool);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

interface IPair {
    function getReserves() external view returns (uint256 reserve0, uint256 reserve1, uint256 updatedAt);

    function swap(address tokenIn, uint256 amountIn, uint256 minOut) external returns (uint256);
}

library SafeMath {
    function add(uint256 a, uint256 b) internal pure returns (uint256 c) {
        c = a + b;
        require(c >= a, "overflow");
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        require(b <= a, "underflow");
        return a - b;
    }

    function mul(uint256 a, uint256 b) internal pure returns (uint256 c) {
        c = a * b;
        require(a == 0 || c / a == b, "overflow");
    }
}

/// A fund of dollars and gems. Shares are bought and given back for dollars, at what the fund is worth.
contract IndexVault {
    using SafeMath for uint256;

    uint256 private constant UNIT = 1e18;

    IERC20 public immutable gem;
    IERC20 public immutable dollar;
    IPair public immutable pair;
    address public owner;
    address public manager;
    bool public paused;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;

    event Bought(address indexed payer, address indexed holder, uint256 dollars, uint256 shares);
    event Redeemed(address indexed holder, address indexed to, uint256 shares, uint256 dollars);
    event Transfer(address indexed from, address indexed to, uint256 shares);
    event Rebalanced(bool intoGems, uint256 spent, uint256 got);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor(IERC20 gem_, IERC20 dollar_, IPair pair_, address manager_) {
        gem = gem_;
        dollar = dollar_;
        pair = pair_;
        owner = msg.sender;
        manager = manager_;
        gem_.approve(address(pair_), uint256(-1));
        dollar_.approve(address(pair_), uint256(-1));
    }

    function buy(uint256 dollars, uint256 minShares) external returns (uint256) {
        return _buy(msg.sender, dollars, minShares);
    }

    function buyFor(address holder, uint256 dollars, uint256 minShares) external returns (uint256) {
        require(holder != address(0), "no holder");
        return _buy(holder, dollars, minShares);
    }

    function redeem(uint256 shares, uint256 minDollars) external returns (uint256) {
        return _redeem(shares, minDollars, msg.sender);
    }

    function redeemTo(uint256 shares, uint256 minDollars, address to) external returns (uint256) {
        return _redeem(shares, minDollars, to);
    }

    /// A part of everything the fund holds, whatever it is worth.
    function redeemInKind(uint256 shares) external {
        uint256 dollars = dollar.balanceOf(address(this)).mul(shares) / totalShares;
        uint256 gems = gem.balanceOf(address(this)).mul(shares) / totalShares;
        _burn(shares);
        require(dollar.transfer(msg.sender, dollars), "transfer failed");
        require(gem.transfer(msg.sender, gems), "transfer failed");
        emit Redeemed(msg.sender, msg.sender, shares, dollars);
    }

    function transfer(address to, uint256 shares) external returns (bool) {
        require(to != address(0), "no holder");
        sharesOf[msg.sender] = sharesOf[msg.sender].sub(shares);
        sharesOf[to] = sharesOf[to].add(shares);
        emit Transfer(msg.sender, to, shares);
        return true;
    }

    function rebalance(bool intoGems, uint256 amount, uint256 minOut) external {
        require(msg.sender == manager, "manager only");
        uint256 got = pair.swap(intoGems ? address(dollar) : address(gem), amount, minOut);
        emit Rebalanced(intoGems, amount, got);
    }

    function setManager(address to) external onlyOwner {
        manager = to;
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    /// Everything the fund holds, in dollars.
    function totalWorth() public view returns (uint256) {
        uint256 gems = gem.balanceOf(address(this));
        return dollar.balanceOf(address(this)).add(gems.mul(gemPrice()) / UNIT);
    }

    function gemPrice() public view returns (uint256) {
        (uint256 gemReserve, uint256 dollarReserve, ) = pair.getReserves();
        return dollarReserve.mul(UNIT) / gemReserve;
    }

    function _buy(address holder, uint256 dollars, uint256 minShares) private returns (uint256 shares) {
        require(!paused, "paused");
        shares = totalShares == 0 ? dollars : dollars.mul(totalShares) / totalWorth();
        require(shares >= minShares, "slippage");
        totalShares = totalShares.add(shares);
        sharesOf[holder] = sharesOf[holder].add(shares);
        require(dollar.transferFrom(msg.sender, address(this), dollars), "transfer failed");
        emit Bought(msg.sender, holder, dollars, shares);
        emit Transfer(address(0), holder, shares);
    }

    function _redeem(uint256 shares, uint256 minDollars, address to) private returns (uint256 dollars) {
        dollars = totalWorth().mul(shares) / totalShares;
        require(dollars >= minDollars, "slippage");
        _burn(shares);
        require(dollar.transfer(to, dollars), "transfer failed");
        emit Redeemed(msg.sender, to, shares, dollars);
    }

    function _burn(uint256 shares) private {
        sharesOf[msg.sender] = sharesOf[msg.sender].sub(shares);
        totalShares = totalShares.sub(shares);
        emit Transfer(msg.sender, address(0), shares);
    }
}
