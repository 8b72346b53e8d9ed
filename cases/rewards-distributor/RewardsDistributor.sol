// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Pays what an allocator grants, half at once and half over thirty days.
contract RewardsDistributor is UUPSUpgradeable {
    using SafeERC20 for IERC20;

    struct Grant {
        uint128 total;
        uint128 claimed;
        uint64 start;
    }

    uint256 private constant VESTING = 30 days;

    IERC20 public token;
    address public owner;
    address public allocator;
    bool public paused;
    uint256 public granted;
    uint256 public paid;
    mapping(address => Grant) public grants;
    mapping(address => address) public recipientOf;

    event Granted(address indexed account, uint256 amount);
    event Claimed(address indexed account, address indexed recipient, uint256 amount);
    event Forfeited(address indexed account, uint256 amount);
    event Funded(address indexed from, uint256 amount);

    error NotOwner();
    error NotAllocator();
    error Unfunded();
    error NothingToClaim();
    error IsPaused();
    error Initialised();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    modifier onlyAllocator() {
        if (msg.sender != allocator) revert NotAllocator();
        _;
    }

    function initialize(IERC20 token_, address owner_, address allocator_) external {
        if (owner != address(0)) revert Initialised();
        token = token_;
        owner = owner_;
        allocator = allocator_;
    }

    function fund(uint256 amount) external {
        token.safeTransferFrom(msg.sender, address(this), amount);
        emit Funded(msg.sender, amount);
    }

    function grant(address account, uint128 amount) public onlyAllocator {
        granted += amount;
        if (granted - paid > token.balanceOf(address(this))) revert Unfunded();
        Grant storage each = grants[account];
        if (each.start == 0) each.start = uint64(block.timestamp);
        each.total += amount;
        emit Granted(account, amount);
    }

    function grantMany(address[] calldata accounts, uint128 amount) external {
        for (uint256 i = 0; i < accounts.length; i++) grant(accounts[i], amount);
    }

    function claim() external {
        _claim(msg.sender);
    }

    function claimFor(address account) external {
        _claim(account);
    }

    function setRecipient(address to) external {
        recipientOf[msg.sender] = to;
    }

    function forfeit() external {
        Grant storage each = grants[msg.sender];
        uint128 left = each.total - each.claimed;
        each.total = each.claimed;
        granted -= left;
        emit Forfeited(msg.sender, left);
    }

    function setAllocator(address to) external onlyOwner {
        allocator = to;
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function recover(address to) external onlyOwner {
        token.safeTransfer(to, token.balanceOf(address(this)) - (granted - paid));
    }

    function claimable(address account) public view returns (uint256) {
        Grant storage each = grants[account];
        if (each.start == 0) return 0;
        uint256 elapsed = block.timestamp - each.start;
        if (elapsed > VESTING) elapsed = VESTING;
        uint256 open = each.total / 2 + ((each.total - each.total / 2) * elapsed) / VESTING;
        return open > each.claimed ? open - each.claimed : 0;
    }

    function _claim(address account) private {
        if (paused) revert IsPaused();
        uint256 amount = claimable(account);
        if (amount == 0) revert NothingToClaim();
        grants[account].claimed += uint128(amount);
        paid += amount;
        address recipient = recipientOf[account] == address(0) ? account : recipientOf[account];
        token.safeTransfer(recipient, amount);
        emit Claimed(account, recipient, amount);
    }

    function _authorizeUpgrade(address) internal override {}
}
