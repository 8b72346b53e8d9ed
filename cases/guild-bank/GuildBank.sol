// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

/// The purse of a guild. Members hold shares, propose grants and share out dividends; the governor appoints a treasurer, who pays.
contract GuildBank {
    struct Grant {
        address payee;
        uint256 amount;
        uint256 support;
        bool paid;
    }

    address public governor;
    address public treasurer;
    uint256 public sharePrice;
    uint256 public totalShares;
    uint256 public dividendPerShare;
    uint256 public setAside;
    Grant[] public grants;
    mapping(address => uint256) public sharesOf;
    mapping(address => uint256) public claimedPerShare;
    mapping(uint256 => mapping(address => bool)) public supported;

    event SharesChanged(address indexed member, uint256 shares);
    event GovernorChanged(address indexed governor);
    event TreasurerChanged(address indexed treasurer);
    event Proposed(uint256 indexed id, address indexed payee, uint256 amount);
    event Paid(address indexed payee, uint256 amount);

    error NotGovernor();
    error NotTreasurer();
    error NotMember();
    error NotAllowed();
    error PaymentFailed();

    /// The governor, who has to have a share in the guild as well.
    modifier onlyGovernor() {
        if (msg.sender != governor && sharesOf[msg.sender] == 0) revert NotGovernor();
        _;
    }

    modifier onlyMember() {
        if (sharesOf[msg.sender] == 0) revert NotMember();
        _;
    }

    modifier onlyTreasurer() {
        if (msg.sender != treasurer) revert NotTreasurer();
        _;
    }

    receive() external payable {}

    function initialize(address governor_, uint256 sharePrice_) external {
        if (governor != address(0)) revert NotAllowed();
        governor = governor_;
        treasurer = governor_;
        sharePrice = sharePrice_;
    }

    function buyShares(uint256 count) external payable {
        if (msg.value != count * sharePrice) revert NotAllowed();
        _collect(msg.sender);
        sharesOf[msg.sender] += count;
        totalShares += count;
        emit SharesChanged(msg.sender, sharesOf[msg.sender]);
    }

    function transferShares(address to, uint256 count) external {
        _collect(msg.sender);
        if (to != msg.sender) _collect(to);
        sharesOf[msg.sender] -= count;
        sharesOf[to] += count;
        emit SharesChanged(to, sharesOf[to]);
    }

    function propose(address payee, uint256 amount) external onlyMember returns (uint256 id) {
        id = grants.length;
        grants.push(Grant(payee, amount, 0, false));
        emit Proposed(id, payee, amount);
    }

    function support(uint256 id) external onlyMember {
        if (supported[id][msg.sender]) revert NotAllowed();
        supported[id][msg.sender] = true;
        grants[id].support += sharesOf[msg.sender];
    }

    /// A grant that the greater part of the shares supports is paid at anybody's word.
    function payGrant(uint256 id) external {
        Grant storage grant = grants[id];
        if (grant.paid || grant.support * 2 <= totalShares) revert NotAllowed();
        grant.paid = true;
        _pay(grant.payee, grant.amount);
    }

    function claimDividend() external onlyMember {
        _collect(msg.sender);
    }

    function setTreasurer(address account) external onlyGovernor {
        treasurer = account;
        emit TreasurerChanged(account);
    }

    function setGovernor(address account) external onlyGovernor {
        governor = account;
        emit GovernorChanged(account);
    }

    function setSharePrice(uint256 price) external onlyGovernor {
        sharePrice = price;
    }

    function spend(address payee, uint256 amount) external onlyTreasurer {
        if (amount + setAside > address(this).balance) revert NotAllowed();
        _pay(payee, amount);
    }

    function shareOut(uint256 perShare) external onlyTreasurer {
        setAside += perShare * totalShares;
        if (setAside > address(this).balance) revert NotAllowed();
        dividendPerShare += perShare;
    }

    function _collect(address member) private {
        uint256 amount = sharesOf[member] * (dividendPerShare - claimedPerShare[member]);
        claimedPerShare[member] = dividendPerShare;
        if (amount == 0) return;
        setAside -= amount;
        _pay(member, amount);
    }

    function _pay(address payee, uint256 amount) private {
        (bool ok, ) = payee.call{value: amount}("");
        if (!ok) revert PaymentFailed();
        emit Paid(payee, amount);
    }
}
