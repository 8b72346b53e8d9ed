// SPDX-License-Identifier: MIT
pragma solidity ^0.5.17;

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
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

/// Dollar deposits with notice. Interest is paid from what the treasurer brings.
contract BondDepository {
    using SafeMath for uint256;

    struct Bond {
        uint256 principal;
        uint256 accrued;
        uint256 since;
        uint256 noticeAt;
    }

    address public owner;
    address public treasurer;
    IERC20 public dollar;
    uint256 public ratePerYearBps;
    uint256 public noticePeriod;
    uint256 public totalPrincipal;
    uint256 public interestPot;
    bool public closed;
    mapping(address => Bond) public bonds;

    event Deposited(address indexed payer, address indexed holder, uint256 amount);
    event NoticeGiven(address indexed holder, uint256 at);
    event Withdrawn(address indexed holder, uint256 amount);
    event InterestPaid(address indexed holder, uint256 amount);
    event InterestFunded(uint256 amount);
    event Assigned(address indexed from, address indexed to, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    function initialize(address owner_, address treasurer_, IERC20 dollar_, uint256 rateBps, uint256 notice) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        treasurer = treasurer_;
        dollar = dollar_;
        ratePerYearBps = rateBps;
        noticePeriod = notice;
    }

    function deposit(uint256 amount) external {
        credit(msg.sender, amount);
    }

    function depositFor(address holder, uint256 amount) external {
        credit(holder, amount);
    }

    function giveNotice() external {
        require(bonds[msg.sender].principal > 0, "no bond");
        bonds[msg.sender].noticeAt = now;
        emit NoticeGiven(msg.sender, now);
    }

    function withdraw(uint256 amount) external {
        Bond storage bond = bonds[msg.sender];
        require(bond.noticeAt > 0 && now >= bond.noticeAt.add(noticePeriod), "no notice");
        accrue(bond);
        bond.principal = bond.principal.sub(amount);
        totalPrincipal = totalPrincipal.sub(amount);
        require(dollar.transfer(msg.sender, amount), "transfer failed");
        emit Withdrawn(msg.sender, amount);
    }

    function claimInterest() external {
        Bond storage bond = bonds[msg.sender];
        accrue(bond);
        uint256 amount = bond.accrued;
        require(amount > 0, "nothing accrued");
        bond.accrued = 0;
        interestPot = interestPot.sub(amount);
        require(dollar.transfer(msg.sender, amount), "transfer failed");
        emit InterestPaid(msg.sender, amount);
    }

    function assign(address to, uint256 amount) external {
        Bond storage bond = bonds[msg.sender];
        accrue(bond);
        accrue(bonds[to]);
        bond.principal = bond.principal.sub(amount);
        bonds[to].principal = bonds[to].principal.add(amount);
        emit Assigned(msg.sender, to, amount);
    }

    function fundInterest(uint256 amount) external {
        require(msg.sender == treasurer, "treasurer only");
        interestPot = interestPot.add(amount);
        require(dollar.transferFrom(msg.sender, address(this), amount), "transfer failed");
        emit InterestFunded(amount);
    }

    function setRate(uint256 rateBps) external onlyOwner {
        require(rateBps <= 2000, "rate too high");
        ratePerYearBps = rateBps;
    }

    function setNoticePeriod(uint256 period) external onlyOwner {
        noticePeriod = period;
    }

    function setClosed(bool on) external onlyOwner {
        closed = on;
    }

    function interestOf(address holder) external view returns (uint256) {
        return bonds[holder].accrued.add(pending(bonds[holder]));
    }

    function credit(address holder, uint256 amount) private {
        require(!closed && amount > 0, "no deposits");
        Bond storage bond = bonds[holder];
        accrue(bond);
        bond.principal = bond.principal.add(amount);
        totalPrincipal = totalPrincipal.add(amount);
        dollar.transferFrom(msg.sender, address(this), amount);
        emit Deposited(msg.sender, holder, amount);
    }

    function accrue(Bond storage bond) private {
        bond.accrued = bond.accrued.add(pending(bond));
        bond.since = now;
    }

    function pending(Bond storage bond) private view returns (uint256) {
        if (bond.since == 0) return 0;
        return bond.principal.mul(ratePerYearBps).mul(now - bond.since) / 10000 / 365 days;
    }
}
