// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Makers post tokens for sale at a fixed price in another token; the desk keeps them until they are taken or taken back.
contract OtcDesk {
    struct Offer {
        address maker;
        IERC20 sold;
        address asked;
        uint256 remaining;
        uint256 price; // asked per 1e18 sold
    }

    uint256 private constant UNIT = 1e18;

    address public owner;
    address public feeRecipient;
    uint256 public feeBps;
    bool public paused;
    Offer[] public offers;
    mapping(address => mapping(address => uint256)) public volume;

    event OfferPosted(uint256 indexed id, address indexed maker, address sold, address asked, uint256 amount, uint256 price);
    event OfferFilled(uint256 indexed id, address indexed taker, address recipient, uint256 amount, uint256 cost);
    event OfferRepriced(uint256 indexed id, uint256 price);
    event OfferCancelled(uint256 indexed id, uint256 remaining);
    event FeeChanged(uint256 feeBps, address recipient);

    error NotOwner();
    error NotMaker();
    error Paused();
    error TooMuch();
    error Initialised();
    error TransferFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    modifier whenOpen() {
        if (paused) revert Paused();
        _;
    }

    function initialize(address owner_, address feeRecipient_, uint256 feeBps_) external {
        if (owner != address(0)) revert Initialised();
        owner = owner_;
        feeRecipient = feeRecipient_;
        feeBps = feeBps_;
    }

    function post(IERC20 sold, address asked, uint256 amount, uint256 price) external whenOpen returns (uint256 id) {
        id = offers.length;
        offers.push(Offer(msg.sender, sold, asked, amount, price));
        if (!sold.transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
        emit OfferPosted(id, msg.sender, address(sold), asked, amount, price);
    }

    function fill(uint256 id, uint256 amount) external whenOpen {
        _fill(id, amount, msg.sender);
    }

    function fillFor(uint256 id, uint256 amount, address recipient) external whenOpen {
        _fill(id, amount, recipient);
    }

    function fillMany(uint256[] calldata ids, uint256[] calldata amounts) external whenOpen {
        for (uint256 i = 0; i < ids.length; i++) _fill(ids[i], amounts[i], msg.sender);
    }

    function reprice(uint256 id, uint256 price) external {
        if (offers[id].maker != msg.sender) revert NotMaker();
        offers[id].price = price;
        emit OfferRepriced(id, price);
    }

    function cancel(uint256 id) external {
        Offer storage offer = offers[id];
        if (offer.maker != msg.sender) revert NotMaker();
        uint256 remaining = offer.remaining;
        offer.remaining = 0;
        if (!offer.sold.transfer(msg.sender, remaining)) revert TransferFailed();
        emit OfferCancelled(id, remaining);
    }

    function setFee(uint256 feeBps_, address recipient) external onlyOwner {
        if (feeBps_ > 200) revert TooMuch();
        feeBps = feeBps_;
        feeRecipient = recipient;
        emit FeeChanged(feeBps_, recipient);
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function quote(uint256 id, uint256 amount) public view returns (uint256 cost, uint256 fee) {
        cost = (amount * offers[id].price) / UNIT;
        fee = (cost * feeBps) / 10_000;
    }

    function offerCount() external view returns (uint256) {
        return offers.length;
    }

    function _fill(uint256 id, uint256 amount, address recipient) private {
        Offer storage offer = offers[id];
        if (amount > offer.remaining) revert TooMuch();
        (uint256 cost, uint256 fee) = quote(id, amount);
        offer.remaining -= amount;
        volume[msg.sender][offer.asked] += cost;
        _collect(offer.asked, offer.maker, cost);
        _collect(offer.asked, feeRecipient, fee);
        if (!offer.sold.transfer(recipient, amount)) revert TransferFailed();
        emit OfferFilled(id, msg.sender, recipient, amount, cost);
    }

    /// By hand, because some tokens return nothing.
    function _collect(address token, address to, uint256 amount) private {
        token.call(abi.encodeWithSelector(IERC20.transferFrom.selector, msg.sender, to, amount));
    }
}
