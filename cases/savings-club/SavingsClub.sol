// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Members save dollars in common; a treasurer books yield, which is shared in proportion to what each member has.
contract SavingsClub {
    IERC20 public immutable dollar;
    address public treasurer;
    uint256 public withdrawalFeeBps;
    uint256 public totalShares;
    uint256 public totalAssets;
    uint256 public feesAccrued;
    bool public closed;
    mapping(address => uint256) public sharesOf;
    mapping(address => uint256) public withdrawnBy;

    event Deposited(address indexed payer, address indexed member, uint256 assets, uint256 shares);
    event Withdrawn(address indexed member, address indexed to, uint256 shares, uint256 assets);
    event SharesMoved(address indexed from, address indexed to, uint256 shares);
    event YieldBooked(uint256 assets);
    event FeesCollected(address indexed to, uint256 assets);

    modifier onlyTreasurer() {
        require(msg.sender == treasurer, "treasurer only");
        _;
    }

    modifier whenOpen() {
        require(!closed, "closed");
        _;
    }

    constructor(IERC20 dollar_, uint256 feeBps) {
        dollar = dollar_;
        treasurer = msg.sender;
        withdrawalFeeBps = feeBps;
    }

    function deposit(uint256 assets) external whenOpen returns (uint256) {
        return _deposit(msg.sender, assets);
    }

    function depositFor(address member, uint256 assets) external whenOpen returns (uint256) {
        require(member != address(0), "no member");
        return _deposit(member, assets);
    }

    function withdraw(uint256 shares) external returns (uint256) {
        return _withdraw(msg.sender, msg.sender, shares);
    }

    /// Pays a member's shares out to another account.
    function withdrawFor(address from, address to, uint256 shares) external returns (uint256) {
        require(to != address(0), "no receiver");
        return _withdraw(from, to, shares);
    }

    /// Everything a member has, to another account.
    function leaveFor(address from, address to) external returns (uint256) {
        uint256 shares = sharesOf[from];
        require(shares > 0 && to != address(0), "nothing to leave with");
        return _withdraw(from, to, shares);
    }

    function moveShares(address to, uint256 shares) external {
        require(to != address(0), "no receiver");
        sharesOf[msg.sender] -= shares;
        sharesOf[to] += shares;
        emit SharesMoved(msg.sender, to, shares);
    }

    function bookYield(uint256 assets) external onlyTreasurer {
        totalAssets += assets;
        require(dollar.transferFrom(msg.sender, address(this), assets), "transfer failed");
        emit YieldBooked(assets);
    }

    function collectFees(address to) external onlyTreasurer {
        uint256 assets = feesAccrued;
        feesAccrued = 0;
        require(dollar.transfer(to, assets), "transfer failed");
        emit FeesCollected(to, assets);
    }

    function setWithdrawalFee(uint256 feeBps) external onlyTreasurer {
        require(feeBps <= 200, "fee too high");
        withdrawalFeeBps = feeBps;
    }

    function setClosed(bool on) external onlyTreasurer {
        closed = on;
    }

    function assetsOf(address member) external view returns (uint256) {
        return totalShares == 0 ? 0 : (sharesOf[member] * totalAssets) / totalShares;
    }

    function _deposit(address member, uint256 assets) private returns (uint256 shares) {
        shares = totalShares == 0 ? assets : (assets * totalShares) / totalAssets;
        require(shares > 0, "nothing deposited");
        totalShares += shares;
        totalAssets += assets;
        sharesOf[member] += shares;
        require(dollar.transferFrom(msg.sender, address(this), assets), "transfer failed");
        emit Deposited(msg.sender, member, assets, shares);
    }

    function _withdraw(address from, address to, uint256 shares) private returns (uint256 assets) {
        require(shares <= sharesOf[from], "too many shares");
        assets = (shares * totalAssets) / totalShares;
        uint256 fee = (assets * withdrawalFeeBps) / 10_000;
        sharesOf[from] -= shares;
        totalShares -= shares;
        totalAssets -= assets;
        feesAccrued += fee;
        assets -= fee;
        withdrawnBy[from] += assets;
        require(dollar.transfer(to, assets), "transfer failed");
        emit Withdrawn(from, to, shares, assets);
    }
}
