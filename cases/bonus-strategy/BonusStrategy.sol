// SPDX-License-Identifier: MIT
pragma solidity ^0.6.12;

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Deposits are put to work by a desk that sends back what it earns. A harvest shares out whatever is here beyond the
/// deposits, less a fee, and adds a bonus in the house's own coin for every dollar earned.
contract BonusStrategy {
    uint256 private constant UNIT = 1e18;

    struct Account {
        uint256 stake;
        uint256 since; // of the latest deposit, for the loyalty badge
        uint256 profitPaid;
        uint256 bonusPaid;
    }

    address public owner;
    address public feeRecipient;
    uint256 public feeBps;
    uint256 public bonusPerProfit;
    IERC20 public dollar;
    IERC20 public coin;
    uint256 public totalStake;
    uint256 public unclaimed;
    uint256 public profitPerStake;
    uint256 public bonusPerStake;
    bool public depositsPaused;
    mapping(address => Account) public accounts;

    event Deposited(address indexed payer, address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);
    event Harvested(address indexed caller, uint256 profit, uint256 fee, uint256 bonus);
    event Paid(address indexed account, uint256 profit, uint256 bonus);
    event TermsChanged(uint256 feeBps, uint256 bonusPerProfit);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    function initialize(address owner_, IERC20 dollar_, IERC20 coin_, address feeRecipient_) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        dollar = dollar_;
        coin = coin_;
        feeRecipient = feeRecipient_;
        feeBps = 500;
        bonusPerProfit = 2 * UNIT;
    }

    function deposit(uint256 amount) external {
        _deposit(msg.sender, amount);
    }

    function depositFor(address account, uint256 amount) external {
        _deposit(account, amount);
    }

    function withdraw(uint256 amount) external {
        _settle(msg.sender);
        _withdraw(amount);
    }

    function claim() external {
        _settle(msg.sender);
    }

    /// Harvests, pays and gives back the whole deposit.
    function exit() external {
        _harvest();
        _settle(msg.sender);
        _withdraw(accounts[msg.sender].stake);
    }

    function harvest() external {
        _harvest();
    }

    function loyaltyOf(address account) external view returns (uint256) {
        return accounts[account].stake == 0 ? 0 : (block.timestamp - accounts[account].since) / 30 days;
    }

    function setTerms(uint256 feeBps_, uint256 bonusPerProfit_) external onlyOwner {
        require(feeBps_ <= 2000 && bonusPerProfit_ <= 10 * UNIT, "too high");
        feeBps = feeBps_;
        bonusPerProfit = bonusPerProfit_;
        emit TermsChanged(feeBps_, bonusPerProfit_);
    }

    function setDepositsPaused(bool on) external onlyOwner {
        depositsPaused = on;
    }

    /// What has come in since the latest harvest.
    function pendingProfit() public view returns (uint256) {
        return dollar.balanceOf(address(this)) - totalStake - unclaimed;
    }

    function _harvest() private {
        uint256 profit = pendingProfit();
        if (profit == 0 || totalStake == 0) return;
        uint256 fee = (profit * feeBps) / 10000;
        uint256 bonus = (profit * bonusPerProfit) / UNIT;
        unclaimed += profit - fee;
        profitPerStake += ((profit - fee) * UNIT) / totalStake;
        bonusPerStake += (bonus * UNIT) / totalStake;
        require(dollar.transfer(feeRecipient, fee), "transfer failed");
        emit Harvested(msg.sender, profit, fee, bonus);
    }

    function _deposit(address to, uint256 amount) private {
        require(!depositsPaused, "paused");
        _settle(to);
        Account storage account = accounts[to];
        account.stake += amount;
        account.since = block.timestamp;
        totalStake += amount;
        require(dollar.transferFrom(msg.sender, address(this), amount), "transfer failed");
        emit Deposited(msg.sender, to, amount);
    }

    function _withdraw(uint256 amount) private {
        Account storage account = accounts[msg.sender];
        require(account.stake >= amount, "too much");
        account.stake -= amount;
        totalStake -= amount;
        require(dollar.transfer(msg.sender, amount), "transfer failed");
        emit Withdrawn(msg.sender, amount);
    }

    function _settle(address to) private {
        Account storage account = accounts[to];
        uint256 profit = (account.stake * (profitPerStake - account.profitPaid)) / UNIT;
        uint256 bonus = (account.stake * (bonusPerStake - account.bonusPaid)) / UNIT;
        account.profitPaid = profitPerStake;
        account.bonusPaid = bonusPerStake;
        if (profit + bonus == 0) return;
        unclaimed -= profit;
        require(dollar.transfer(to, profit), "transfer failed");
        require(coin.transfer(to, bonus), "transfer failed");
        emit Paid(to, profit, bonus);
    }
}
