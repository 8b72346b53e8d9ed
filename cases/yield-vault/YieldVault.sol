// SPDX-License-Identifier: MIT
pragma solidity ^0.7.6;

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

library Checked {
    function add(uint256 a, uint256 b) internal pure returns (uint256 c) {
        c = a + b;
        require(c >= a, "overflow");
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        require(b <= a, "underflow");
        return a - b;
    }

    function mulDiv(uint256 a, uint256 b, uint256 c) internal pure returns (uint256) {
        require(a == 0 || (a * b) / a == b, "overflow");
        return (a * b) / c;
    }
}

/// A tokenised vault: shares of a growing amount of one asset. Credits what really arrived, for the sake of tokens with fees.
contract YieldVault {
    using Checked for uint256;

    string public constant name = "Yield Vault Share";
    string public constant symbol = "yvs";
    uint8 public constant decimals = 18;

    IERC20 public asset;
    address public governor;
    address public keeper;
    uint256 public performanceFeeBps;
    uint256 public depositCap;
    uint256 public totalSupply;
    bool public shutdown;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Deposit(address indexed caller, address indexed receiver, uint256 assets, uint256 shares);
    event Withdraw(address indexed caller, address indexed receiver, address indexed owner, uint256 assets, uint256 shares);
    event Harvested(uint256 gain, uint256 feeShares);
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    modifier onlyGovernor() {
        require(msg.sender == governor, "governor only");
        _;
    }

    function initialize(IERC20 asset_, address governor_, address keeper_, uint256 feeBps, uint256 cap) external {
        require(address(asset) == address(0), "initialised");
        asset = asset_;
        governor = governor_;
        keeper = keeper_;
        performanceFeeBps = feeBps;
        depositCap = cap;
    }

    function totalAssets() public view returns (uint256) {
        return asset.balanceOf(address(this));
    }

    function convertToShares(uint256 assets) public view returns (uint256) {
        return totalSupply == 0 ? assets : assets.mulDiv(totalSupply, totalAssets());
    }

    function convertToAssets(uint256 shares) public view returns (uint256) {
        return totalSupply == 0 ? shares : shares.mulDiv(totalAssets(), totalSupply);
    }

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        require(!shutdown, "shut down");
        uint256 before = totalAssets();
        require(before.add(assets) <= depositCap, "cap");
        uint256 supply = totalSupply;
        require(asset.transferFrom(msg.sender, address(this), assets), "transfer failed");
        uint256 arrived = totalAssets().sub(before);
        shares = supply == 0 ? arrived : arrived.mulDiv(supply, before);
        mint(receiver, shares);
        emit Deposit(msg.sender, receiver, arrived, shares);
    }

    function withdraw(uint256 assets, address receiver, address owner) external returns (uint256 shares) {
        shares = convertToShares(assets);
        if (convertToAssets(shares) < assets) shares = shares.add(1);
        leave(owner, receiver, assets, shares);
    }

    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets) {
        assets = convertToAssets(shares);
        leave(owner, receiver, assets, shares);
    }

    /// The keeper brings the yield; part of it goes to the governor in shares.
    function harvest(uint256 gain) external {
        require(msg.sender == keeper, "keeper only");
        uint256 fee = gain.mulDiv(performanceFeeBps, 10000);
        uint256 feeShares = convertToShares(fee);
        require(asset.transferFrom(msg.sender, address(this), gain), "transfer failed");
        mint(governor, feeShares);
        emit Harvested(gain, feeShares);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] = allowance[from][msg.sender].sub(value);
        move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function setKeeper(address to) external onlyGovernor {
        keeper = to;
    }

    function setPerformanceFee(uint256 feeBps) external onlyGovernor {
        require(feeBps <= 2000, "fee too high");
        performanceFeeBps = feeBps;
    }

    function setDepositCap(uint256 cap) external onlyGovernor {
        depositCap = cap;
    }

    function setShutdown(bool on) external onlyGovernor {
        shutdown = on;
    }

    function leave(address owner, address receiver, uint256 assets, uint256 shares) private {
        if (msg.sender != owner) allowance[owner][msg.sender] = allowance[owner][msg.sender].sub(shares);
        balanceOf[owner] = balanceOf[owner].sub(shares);
        totalSupply = totalSupply.sub(shares);
        require(asset.transfer(receiver, assets), "transfer failed");
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        emit Transfer(owner, address(0), shares);
    }

    function mint(address to, uint256 shares) private {
        totalSupply = totalSupply.add(shares);
        balanceOf[to] = balanceOf[to].add(shares);
        emit Transfer(address(0), to, shares);
    }

    function move(address from, address to, uint256 value) private {
        balanceOf[from] = balanceOf[from].sub(value);
        balanceOf[to] = balanceOf[to].add(value);
        emit Transfer(from, to, value);
    }
}
