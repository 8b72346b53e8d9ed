// SPDX-License-Identifier: MIT
pragma solidity ^0.6.12;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Grants of tokens that vest in a line after a cliff. Payroll settles them as of a date of its choice, such as the end of a month.
contract VestingDesk {
    struct Grant {
        address beneficiary;
        uint256 total;
        uint256 released;
        uint256 start;
        uint256 cliff;
        uint256 duration;
        bool revoked;
    }

    address public owner;
    IERC20 public token;
    uint256 public committed;
    Grant[] public grants;
    mapping(address => uint256) public received;

    event Granted(uint256 indexed id, address indexed beneficiary, uint256 total, uint256 start, uint256 duration);
    event Released(uint256 indexed id, address indexed to, uint256 amount, uint256 asOf);
    event Revoked(uint256 indexed id, uint256 returned);
    event Assigned(uint256 indexed id, address indexed from, address indexed to);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    function initialize(address owner_, IERC20 token_) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        token = token_;
    }

    function grant(
        address beneficiary,
        uint256 total,
        uint256 start,
        uint256 cliff,
        uint256 duration
    ) external onlyOwner returns (uint256 id) {
        require(beneficiary != address(0) && duration > 0 && cliff <= duration, "bad terms");
        id = grants.length;
        grants.push(Grant(beneficiary, total, 0, start, cliff, duration, false));
        committed += total;
        require(token.transferFrom(msg.sender, address(this), total), "transfer failed");
        emit Granted(id, beneficiary, total, start, duration);
    }

    function release(uint256 id, uint256 asOf) external returns (uint256) {
        return _release(id, asOf, msg.sender);
    }

    function releaseTo(uint256 id, uint256 asOf, address to) external returns (uint256) {
        require(to != address(0), "no receiver");
        return _release(id, asOf, to);
    }

    function releaseMany(uint256[] calldata ids, uint256 asOf) external {
        for (uint256 i = 0; i < ids.length; i++) _release(ids[i], asOf, msg.sender);
    }

    function assign(uint256 id, address to) external {
        Grant storage each = grants[id];
        require(each.beneficiary == msg.sender, "not yours");
        require(to != address(0), "no receiver");
        each.beneficiary = to;
        emit Assigned(id, msg.sender, to);
    }

    /// Ends a grant today: what has vested is paid, the rest goes back.
    function revoke(uint256 id) external onlyOwner {
        Grant storage each = grants[id];
        require(!each.revoked, "revoked");
        uint256 due = vestedAt(id, block.timestamp) - each.released;
        uint256 returned = each.total - each.released - due;
        each.released += due;
        each.total = each.released;
        each.revoked = true;
        committed -= due + returned;
        received[each.beneficiary] += due;
        require(token.transfer(each.beneficiary, due), "transfer failed");
        require(token.transfer(owner, returned), "transfer failed");
        emit Revoked(id, returned);
    }

    function setOwner(address to) external onlyOwner {
        require(to != address(0), "no owner");
        owner = to;
    }

    function grantCount() external view returns (uint256) {
        return grants.length;
    }

    function vestedAt(uint256 id, uint256 time) public view returns (uint256) {
        Grant storage each = grants[id];
        if (time < each.start + each.cliff) return 0;
        if (time >= each.start + each.duration || each.revoked) return each.total;
        return (each.total * (time - each.start)) / each.duration;
    }

    function _release(uint256 id, uint256 asOf, address to) private returns (uint256 amount) {
        Grant storage each = grants[id];
        require(each.beneficiary == msg.sender, "not yours");
        uint256 vested = vestedAt(id, asOf);
        require(vested >= each.released, "released already");
        amount = vested - each.released;
        each.released = vested;
        committed -= amount;
        received[to] += amount;
        require(token.transfer(to, amount), "transfer failed");
        emit Released(id, to, amount, asOf);
    }
}
