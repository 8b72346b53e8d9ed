// SPDX-License-Identifier: MIT
pragma solidity ^0.6.12;

interface ICreditReceiver {
    function onCredit(address from, uint256 points) external;
}

/// A customer club: members collect points, some as a welcome, and turn them into ether from a pot that merchants fill.
contract VoucherClub {
    uint256 public constant WEI_PER_POINT = 1e13;

    address public owner;
    uint256 public welcome;
    uint256 public referral;
    uint256 public totalPoints;
    bool public redeemable = true;
    mapping(address => bool) public joined;
    mapping(address => bool) public merchant;
    mapping(address => uint256) public pointsOf;
    mapping(address => uint256) public membersBrought;

    event Joined(address indexed member, address indexed referrer);
    event Credited(address indexed member, uint256 points);
    event Passed(address indexed from, address indexed to, uint256 points);
    event Redeemed(address indexed member, uint256 points, uint256 paid);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier newMember() {
        require(!joined[msg.sender], "already a member");
        _;
    }

    /// Members that are contracts hear of points before they come, if they want to.
    modifier announced(address member, uint256 points) {
        if (_isContract(member)) {
            try ICreditReceiver(member).onCredit(msg.sender, points) {} catch {}
        }
        _;
    }

    constructor(uint256 welcome_, uint256 referral_) public {
        owner = msg.sender;
        welcome = welcome_;
        referral = referral_;
    }

    receive() external payable {}

    function join() external newMember announced(msg.sender, welcome) {
        _admit(msg.sender, welcome);
        emit Joined(msg.sender, address(0));
    }

    function joinThrough(address referrer) external newMember announced(msg.sender, welcome + referral) {
        require(joined[referrer] && referrer != msg.sender, "not a referrer");
        membersBrought[referrer] += 1;
        _credit(referrer, referral);
        _admit(msg.sender, welcome + referral);
        emit Joined(msg.sender, referrer);
    }

    /// Merchants buy points for their customers.
    function award(address member, uint256 points) external payable announced(member, points) {
        require(merchant[msg.sender], "merchants only");
        require(msg.value == points * WEI_PER_POINT, "wrong payment");
        _credit(member, points);
    }

    function pass(address to, uint256 points) external announced(to, points) {
        require(pointsOf[msg.sender] >= points, "too few points");
        pointsOf[msg.sender] -= points;
        pointsOf[to] += points;
        emit Passed(msg.sender, to, points);
    }

    function redeem(uint256 points) external {
        require(redeemable, "closed");
        require(pointsOf[msg.sender] >= points, "too few points");
        pointsOf[msg.sender] -= points;
        totalPoints -= points;
        (bool ok, ) = msg.sender.call{value: points * WEI_PER_POINT}("");
        require(ok, "payment failed");
        emit Redeemed(msg.sender, points, points * WEI_PER_POINT);
    }

    function setMerchant(address account, bool on) external onlyOwner {
        merchant[account] = on;
    }

    function setGifts(uint256 welcome_, uint256 referral_) external onlyOwner {
        welcome = welcome_;
        referral = referral_;
    }

    function setRedeemable(bool on) external onlyOwner {
        redeemable = on;
    }

    function _admit(address member, uint256 points) private {
        joined[member] = true;
        _credit(member, points);
    }

    function _credit(address member, uint256 points) private {
        pointsOf[member] += points;
        totalPoints += points;
        emit Credited(member, points);
    }

    function _isContract(address account) private view returns (bool) {
        uint256 size;
        assembly {
            size := extcodesize(account)
        }
        return size > 0;
    }
}
