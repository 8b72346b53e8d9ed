// SPDX-License-Identifier: MIT
pragma solidity 0.6.12;

/// Tips in ether for creators. Who tips says which part of it goes to whoever recommended the creator.
contract CreatorTips {
    address public owner;
    uint256 public platformBps;
    uint256 public platformCredit;
    uint256 public totalCredit;
    mapping(address => uint256) public creditOf;
    mapping(address => bool) public isCreator;
    mapping(address => uint256) public tipped;
    mapping(address => uint256) public referred;

    event CreatorJoined(address indexed creator);
    event Tipped(address indexed from, address indexed creator, address indexed referrer, uint256 value, uint256 referral);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    event CreditMoved(address indexed from, address indexed to, uint256 amount);
    event PlatformPaid(address indexed to, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor(uint256 platformBps_) public {
        owner = msg.sender;
        platformBps = platformBps_;
    }

    function join() external {
        require(!isCreator[msg.sender], "joined already");
        isCreator[msg.sender] = true;
        emit CreatorJoined(msg.sender);
    }

    function load() external payable {
        creditOf[msg.sender] += msg.value;
        totalCredit += msg.value;
    }

    function tip(address creator, address referrer, uint256 referralBps) external payable {
        totalCredit += msg.value;
        _tip(creator, referrer, msg.value, referralBps);
    }

    function tipFromCredit(address creator, address referrer, uint256 value, uint256 referralBps) external {
        require(value <= creditOf[msg.sender], "not enough credit");
        creditOf[msg.sender] -= value;
        _tip(creator, referrer, value, referralBps);
    }

    /// The same part of the ether for each of several creators.
    function tipMany(address[] calldata creators, address referrer, uint256 referralBps) external payable {
        require(creators.length > 0, "no creators");
        uint256 each = msg.value / creators.length;
        totalCredit += msg.value;
        for (uint256 i = 0; i < creators.length; i++) _tip(creators[i], referrer, each, referralBps);
        platformCredit += msg.value - each * creators.length;
    }

    function moveCredit(address to, uint256 amount) external {
        require(amount <= creditOf[msg.sender], "not enough credit");
        creditOf[msg.sender] -= amount;
        creditOf[to] += amount;
        emit CreditMoved(msg.sender, to, amount);
    }

    function withdraw(uint256 amount) external {
        _withdraw(msg.sender, amount);
    }

    function withdrawTo(address payable to, uint256 amount) external {
        _withdraw(to, amount);
    }

    function payPlatform(address payable to) external onlyOwner {
        uint256 amount = platformCredit;
        platformCredit = 0;
        totalCredit -= amount;
        _pay(to, amount);
        emit PlatformPaid(to, amount);
    }

    function setPlatformShare(uint256 bps) external onlyOwner {
        require(bps <= 1000, "share too high");
        platformBps = bps;
    }

    function quote(uint256 value, uint256 referralBps) public view returns (uint256 platform, uint256 referral) {
        platform = (value * platformBps) / 10000;
        referral = ((value - platform) * referralBps) / 10000;
    }

    function _tip(address creator, address referrer, uint256 value, uint256 referralBps) private {
        require(isCreator[creator], "not a creator");
        (uint256 platform, uint256 referral) = quote(value, referralBps);
        platformCredit += platform;
        uint256 rest = value - platform;
        if (referral > 0) {
            creditOf[referrer] += referral;
            referred[referrer] += referral;
        }
        // A credit of nothing is not written.
        if (rest > referral) creditOf[creator] += rest - referral;
        tipped[creator] += value;
        emit Tipped(msg.sender, creator, referrer, value, referral);
    }

    function _withdraw(address payable to, uint256 amount) private {
        require(amount <= creditOf[msg.sender], "not enough credit");
        creditOf[msg.sender] -= amount;
        totalCredit -= amount;
        _pay(to, amount);
        emit Withdrawn(msg.sender, to, amount);
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        require(ok, "payment failed");
    }
}
