// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

/// Pooled ether that an operator puts to work. Shares are an ERC-20; what they earn raises their virtual price.
contract StakePool {
    uint256 private constant UNIT = 1e18;

    string public constant name = "Pooled Stake";
    string public constant symbol = "pSTK";
    uint8 public constant decimals = 18;

    address public immutable operator;
    uint256 public exitFeeBps;
    uint256 public assets;
    uint256 public totalSupply;
    uint256 private entered = 1;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Earned(uint256 amount);

    modifier nonReentrant() {
        require(entered == 1, "reentered");
        entered = 2;
        _;
        entered = 1;
    }

    constructor(uint256 exitFeeBps_) {
        operator = msg.sender;
        exitFeeBps = exitFeeBps_;
    }

    function deposit() external payable nonReentrant returns (uint256 shares) {
        require(msg.value > 0, "nothing");
        shares = totalSupply == 0 ? msg.value : (msg.value * totalSupply) / assets;
        assets += msg.value;
        totalSupply += shares;
        balanceOf[msg.sender] += shares;
        emit Transfer(address(0), msg.sender, shares);
    }

    function withdraw(uint256 shares, address to) external nonReentrant returns (uint256 paid) {
        uint256 worth = (shares * assets) / totalSupply;
        balanceOf[msg.sender] -= shares;
        totalSupply -= shares;
        emit Transfer(msg.sender, address(0), shares);
        paid = worth - (worth * exitFeeBps) / 10_000;
        (bool ok, ) = to.call{value: paid}("");
        require(ok, "payment failed");
        assets -= paid;
    }

    /// Anybody may add to what the pool has earned; the operator does it every day.
    function earn() external payable {
        require(totalSupply > 0, "nobody");
        assets += msg.value;
        emit Earned(msg.value);
    }

    function setExitFee(uint256 bps) external {
        require(msg.sender == operator && bps <= 100, "not allowed");
        exitFeeBps = bps;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] -= value;
        _move(from, to, value);
        return true;
    }

    /// Ether per share.
    function virtualPrice() external view returns (uint256) {
        return totalSupply == 0 ? UNIT : (assets * UNIT) / totalSupply;
    }

    function _move(address from, address to, uint256 value) private {
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}
