// SPDX-License-Identifier: MIT
pragma solidity ^0.5.17;

/// What vault and modules agree on: modules run on the vault's storage.
contract VaultState {
    address public owner;
    bool public paused;
    uint256 public totalBalance;
    uint256 public feesAccrued;
    uint256 public moveFeeBps;
    mapping(address => uint256) public balanceOf;
    mapping(address => bool) public isModule;
    mapping(address => uint256) public lockedUntil;

    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    event Moved(address indexed from, address indexed to, uint256 amount);
    event Locked(address indexed account, uint256 until);
    event ModuleSet(address indexed module, bool on);
    event FeesCollected(address indexed to, uint256 amount);

    function _pay(address to, uint256 amount) internal {
        (bool ok, ) = to.call.value(amount)("");
        require(ok, "payment failed");
    }
}

/// An ether vault whose functions are added module by module. Members call modules through it.
contract ModuleVault is VaultState {
    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    function initialize(address owner_, uint256 feeBps) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        moveFeeBps = feeBps;
    }

    function() external payable {
        _deposit(msg.sender);
    }

    function deposit() external payable {
        _deposit(msg.sender);
    }

    function depositFor(address account) external payable {
        _deposit(account);
    }

    /// Runs a function of a module on the vault's state.
    function execute(address module, bytes calldata data) external payable returns (bytes memory) {
        require(!paused, "paused");
        if (msg.value > 0) _deposit(msg.sender);
        return _run(module, data);
    }

    function executeMany(address[] calldata modules, bytes calldata data, uint256[] calldata ends) external {
        require(!paused, "paused");
        uint256 start;
        for (uint256 i = 0; i < modules.length; i++) {
            _run(modules[i], slice(data, start, ends[i]));
            start = ends[i];
        }
    }

    function setModule(address module, bool on) external onlyOwner {
        isModule[module] = on;
        emit ModuleSet(module, on);
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function setMoveFee(uint256 feeBps) external onlyOwner {
        require(feeBps <= 100, "fee too high");
        moveFeeBps = feeBps;
    }

    function collectFees(address to) external onlyOwner {
        uint256 amount = feesAccrued;
        feesAccrued = 0;
        _pay(to, amount);
        emit FeesCollected(to, amount);
    }

    function _deposit(address account) private {
        balanceOf[account] += msg.value;
        totalBalance += msg.value;
        emit Deposited(account, msg.value);
    }

    function _run(address module, bytes memory data) private returns (bytes memory) {
        (bool ok, bytes memory result) = module.delegatecall(data);
        if (!ok) {
            assembly {
                revert(add(result, 32), mload(result))
            }
        }
        return result;
    }

    function slice(bytes memory data, uint256 start, uint256 end) private pure returns (bytes memory part) {
        require(start <= end && end <= data.length, "bad slice");
        part = new bytes(end - start);
        for (uint256 i = start; i < end; i++) part[i - start] = data[i];
    }
}

/// Withdrawals and savings locked for a time. Payable, because a call may bring a deposit.
contract SavingsModule is VaultState {
    function withdraw(address to, uint256 amount) external payable {
        require(now >= lockedUntil[msg.sender], "locked");
        require(amount <= balanceOf[msg.sender], "balance too small");
        balanceOf[msg.sender] -= amount;
        totalBalance -= amount;
        _pay(to, amount);
        emit Withdrawn(msg.sender, to, amount);
    }

    function lock(uint256 term) external payable {
        require(term <= 365 days, "too long");
        lockedUntil[msg.sender] = now + term;
        emit Locked(msg.sender, now + term);
    }
}

/// Payments from account to account, for a small fee.
contract PaymentModule is VaultState {
    function move(address to, uint256 amount) external payable {
        require(to != address(0) && amount <= balanceOf[msg.sender], "balance too small");
        uint256 fee = amount * moveFeeBps / 10000;
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount - fee;
        totalBalance -= fee;
        feesAccrued += fee;
        emit Moved(msg.sender, to, amount - fee);
    }
}
