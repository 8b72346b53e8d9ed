// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IRiskEngine {
    function checkRedeem(address account, uint256 amount) external view;

    function checkBorrow(address account, uint256 amount) external view;

    function checkLiquidation(address account, address collateral, uint256 amount) external view returns (uint256);
}

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// One asset that is lent and borrowed. Suppliers hold shares; debt grows with an index.
abstract contract Market {
    uint256 internal constant UNIT = 1e18;
    uint256 private constant YEAR = 365 days;

    address public owner;
    IRiskEngine public engine;
    bool public borrowingPaused;
    uint256 private entered;
    uint256 public baseRate;
    uint256 public slope;
    uint256 public reserveFactor;
    uint256 public reserves;
    uint256 public totalShares;
    uint256 public totalDebt;
    uint256 public index;
    uint256 public accruedAt;
    mapping(address => uint256) public sharesOf;
    mapping(address => uint256) internal principal;
    mapping(address => uint256) internal indexOf;
    mapping(address => bool) public sibling;

    event Supplied(address indexed account, uint256 amount, uint256 shares);
    event Redeemed(address indexed account, uint256 amount, uint256 shares);
    event Borrowed(address indexed account, uint256 amount, uint256 debt);
    event Repaid(address indexed payer, address indexed account, uint256 amount, uint256 debt);
    event Liquidated(address indexed liquidator, address indexed account, uint256 repaid, uint256 seized);
    event InterestAccrued(uint256 interest, uint256 index);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier nonReentrant() {
        require(entered == 0, "reentered");
        entered = 1;
        _;
        entered = 0;
    }

    function _initialize(address owner_, IRiskEngine engine_, uint256 baseRate_, uint256 slope_) internal {
        require(owner == address(0), "initialised");
        owner = owner_;
        engine = engine_;
        baseRate = baseRate_;
        slope = slope_;
        reserveFactor = 0.1e18;
        index = UNIT;
        accruedAt = block.timestamp;
    }

    function redeem(uint256 shares) external nonReentrant {
        accrue();
        uint256 amount = (shares * exchangeRate()) / UNIT;
        engine.checkRedeem(msg.sender, amount);
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        _send(msg.sender, amount);
        emit Redeemed(msg.sender, amount, shares);
    }

    function borrow(uint256 amount) external nonReentrant {
        require(!borrowingPaused, "paused");
        accrue();
        engine.checkBorrow(msg.sender, amount);
        require(amount <= _cash(), "not enough cash");
        uint256 debt = debtOf(msg.sender) + amount;
        _send(msg.sender, amount);
        principal[msg.sender] = debt;
        indexOf[msg.sender] = index;
        totalDebt += amount;
        emit Borrowed(msg.sender, amount, debt);
    }

    function seize(address from, address to, uint256 amount) external {
        require(sibling[msg.sender], "market only");
        accrue();
        uint256 shares = (amount * UNIT) / exchangeRate();
        sharesOf[from] -= shares;
        sharesOf[to] += shares;
    }

    function setSibling(address market, bool on) external onlyOwner {
        sibling[market] = on;
    }

    function setRates(uint256 baseRate_, uint256 slope_) external onlyOwner {
        accrue();
        require(baseRate_ <= UNIT && slope_ <= UNIT, "rate too high");
        baseRate = baseRate_;
        slope = slope_;
    }

    function setBorrowingPaused(bool on) external onlyOwner {
        borrowingPaused = on;
    }

    function takeReserves(address to, uint256 amount) external onlyOwner {
        accrue();
        reserves -= amount;
        _send(to, amount);
    }

    function accrue() public {
        uint256 elapsed = block.timestamp - accruedAt;
        if (elapsed == 0) return;
        accruedAt = block.timestamp;
        uint256 factor = (borrowRate() * elapsed) / YEAR;
        uint256 interest = (totalDebt * factor) / UNIT;
        totalDebt += interest;
        reserves += (interest * reserveFactor) / UNIT;
        index += (index * factor) / UNIT;
        emit InterestAccrued(interest, index);
    }

    function borrowRate() public view returns (uint256) {
        uint256 lent = _cash() + totalDebt;
        return lent == 0 ? baseRate : baseRate + (slope * totalDebt) / lent;
    }

    function exchangeRate() public view returns (uint256) {
        return totalShares == 0 ? UNIT : ((_cash() + totalDebt - reserves) * UNIT) / totalShares;
    }

    function collateralOf(address account) external view returns (uint256) {
        return (sharesOf[account] * exchangeRate()) / UNIT;
    }

    function debtOf(address account) public view returns (uint256) {
        return indexOf[account] == 0 ? 0 : (principal[account] * index) / indexOf[account];
    }

    function _supply(uint256 amount) internal {
        accrue();
        uint256 shares = (amount * UNIT) / exchangeRate();
        _receive(amount);
        sharesOf[msg.sender] += shares;
        totalShares += shares;
        emit Supplied(msg.sender, amount, shares);
    }

    function _repay(address account, uint256 amount) internal {
        uint256 owed = debtOf(account);
        require(amount <= owed, "more than owed");
        _receive(amount);
        principal[account] = owed - amount;
        indexOf[account] = index;
        totalDebt = totalDebt > amount ? totalDebt - amount : 0;
        emit Repaid(msg.sender, account, amount, owed - amount);
    }

    function _liquidate(address account, Market collateral, uint256 amount) internal {
        accrue();
        uint256 seized = engine.checkLiquidation(account, address(collateral), amount);
        _repay(account, amount);
        collateral.seize(account, msg.sender, seized);
        emit Liquidated(msg.sender, account, amount, seized);
    }

    function _cash() internal view virtual returns (uint256);

    function _receive(uint256 amount) internal virtual;

    function _send(address to, uint256 amount) internal virtual;
}

contract EtherMarket is Market {
    function initialize(address owner_, IRiskEngine engine_, uint256 baseRate_, uint256 slope_) external {
        _initialize(owner_, engine_, baseRate_, slope_);
    }

    function supply() external payable nonReentrant {
        _supply(msg.value);
    }

    function repay() external payable nonReentrant {
        accrue();
        _repay(msg.sender, msg.value);
    }

    function repayFor(address account) external payable nonReentrant {
        accrue();
        _repay(account, msg.value);
    }

    function liquidate(address account, Market collateral) external payable nonReentrant {
        _liquidate(account, collateral, msg.value);
    }

    function _cash() internal view override returns (uint256) {
        return address(this).balance - msg.value;
    }

    function _receive(uint256) internal override {}

    function _send(address to, uint256 amount) internal override {
        (bool ok, ) = to.call{value: amount}("");
        require(ok, "payment failed");
    }
}

contract TokenMarket is Market {
    IERC20 public asset;

    function initialize(
        address owner_,
        IRiskEngine engine_,
        uint256 baseRate_,
        uint256 slope_,
        IERC20 asset_
    ) external {
        _initialize(owner_, engine_, baseRate_, slope_);
        asset = asset_;
    }

    function supply(uint256 amount) external nonReentrant {
        _supply(amount);
    }

    function repay(uint256 amount) external nonReentrant {
        accrue();
        _repay(msg.sender, amount);
    }

    function repayFor(address account, uint256 amount) external nonReentrant {
        accrue();
        _repay(account, amount);
    }

    function liquidate(address account, Market collateral, uint256 amount) external nonReentrant {
        _liquidate(account, collateral, amount);
    }

    function _cash() internal view override returns (uint256) {
        return asset.balanceOf(address(this));
    }

    function _receive(uint256 amount) internal override {
        require(asset.transferFrom(msg.sender, address(this), amount), "transfer failed");
    }

    function _send(address to, uint256 amount) internal override {
        require(asset.transfer(to, amount), "transfer failed");
    }
}
