// SPDX-License-Identifier: MIT
pragma solidity 0.6.12;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function approve(address spender, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Trades tokens for ether and back at venues of the trader's choice. Traders approve this one address for all of them.
contract TradeHelper {
    address public owner;
    uint256 public feeBps;
    uint256 public feesAccrued;
    bool public paused;
    bool private busy;
    address[] public venues;
    mapping(address => bool) public isVenue;
    mapping(address => uint256) public tradesOf;

    event Sold(address indexed trader, address indexed token, address indexed venue, uint256 amount, uint256 ethers);
    event Bought(address indexed trader, address indexed token, address indexed venue, uint256 ethers, uint256 amount);
    event VenueSet(address indexed venue, bool on);
    event FeesCollected(address indexed to, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier trading() {
        require(!paused && !busy, "not now");
        busy = true;
        tradesOf[msg.sender] += 1;
        _;
        busy = false;
    }

    function initialize(address owner_, uint256 feeBps_) external {
        require(owner == address(0), "initialised");
        owner = owner_;
        feeBps = feeBps_;
    }

    receive() external payable {
        require(busy, "trades only");
    }

    /// Sells the caller's tokens; `data` is the call that the venue understands.
    function sell(IERC20 token, uint256 amount, address venue, bytes calldata data, uint256 minEthers) external trading returns (uint256) {
        return _sell(token, amount, venue, data, minEthers, msg.sender);
    }

    function sellTo(
        IERC20 token,
        uint256 amount,
        address venue,
        bytes calldata data,
        uint256 minEthers,
        address payable to
    ) external trading returns (uint256) {
        require(to != address(0), "no receiver");
        return _sell(token, amount, venue, data, minEthers, to);
    }

    function buy(IERC20 token, address venue, bytes calldata data, uint256 minTokens) external payable trading returns (uint256 amount) {
        uint256 fee = (msg.value * feeBps) / 10000;
        uint256 before = token.balanceOf(address(this));
        feesAccrued += fee;
        _call(venue, msg.value - fee, data);
        amount = token.balanceOf(address(this)) - before;
        require(amount >= minTokens, "slippage");
        require(token.transfer(msg.sender, amount), "transfer failed");
        emit Bought(msg.sender, address(token), venue, msg.value - fee, amount);
    }

    function setVenue(address venue, bool on) external onlyOwner {
        if (on && !isVenue[venue]) venues.push(venue);
        isVenue[venue] = on;
        emit VenueSet(venue, on);
    }

    function setFee(uint256 feeBps_) external onlyOwner {
        require(feeBps_ <= 100, "fee too high");
        feeBps = feeBps_;
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function collectFees(address payable to) external onlyOwner {
        uint256 amount = feesAccrued;
        feesAccrued = 0;
        _pay(to, amount);
        emit FeesCollected(to, amount);
    }

    /// For interfaces: the venues to choose from.
    function listVenues() external view returns (address[] memory) {
        return venues;
    }

    function _sell(
        IERC20 token,
        uint256 amount,
        address venue,
        bytes memory data,
        uint256 minEthers,
        address payable to
    ) private returns (uint256 ethers) {
        uint256 before = address(this).balance;
        require(token.transferFrom(msg.sender, address(this), amount), "transfer failed");
        require(token.approve(venue, amount), "approval failed");
        _call(venue, 0, data);
        require(token.approve(venue, 0), "approval failed");
        ethers = address(this).balance - before;
        uint256 fee = (ethers * feeBps) / 10000;
        feesAccrued += fee;
        ethers -= fee;
        require(ethers >= minEthers, "slippage");
        emit Sold(msg.sender, address(token), venue, amount, ethers);
        _pay(to, ethers);
    }

    function _call(address venue, uint256 value, bytes memory data) private {
        (bool ok, ) = venue.call{value: value}(data);
        require(ok, "venue failed");
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        require(ok, "payment failed");
    }
}
