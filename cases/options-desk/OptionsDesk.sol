// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// The spot price that settles expired series, in dollars per ether, 18 decimals.
contract SettlementOracle {
    address public immutable reporter;
    uint256 public price;

    event PriceReported(uint256 price);

    error NotReporter();

    constructor(address reporter_) {
        reporter = reporter_;
    }

    function report(uint256 price_) external {
        if (msg.sender != reporter) revert NotReporter();
        price = price_;
        emit PriceReported(price_);
    }
}

/// Who holds how many options of which series. Only the desk issues and destroys.
contract OptionLedger {
    address public owner;
    address public desk;
    mapping(uint256 series => mapping(address => uint256)) public balanceOf;
    mapping(uint256 series => uint256) public totalSupply;
    mapping(address => mapping(address => bool)) public isOperator;

    event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value);
    event ApprovalForAll(address indexed account, address indexed operator, bool approved);

    error NotDesk();
    error NotApproved();

    modifier onlyDesk() {
        if (msg.sender != desk) revert NotDesk();
        _;
    }

    constructor() {
        owner = msg.sender;
    }

    function setDesk(address desk_) external {
        if (msg.sender != owner || desk != address(0)) revert NotApproved();
        desk = desk_;
    }

    function issue(address to, uint256 series, uint256 amount) external onlyDesk {
        totalSupply[series] += amount;
        balanceOf[series][to] += amount;
        emit TransferSingle(msg.sender, address(0), to, series, amount);
    }

    function destroy(address from, uint256 series, uint256 amount) external onlyDesk {
        balanceOf[series][from] -= amount;
        totalSupply[series] -= amount;
        emit TransferSingle(msg.sender, from, address(0), series, amount);
    }

    function setApprovalForAll(address operator, bool approved) external {
        isOperator[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    function transferFrom(address from, address to, uint256 series, uint256 amount) external {
        if (msg.sender != from && msg.sender != desk && !isOperator[from][msg.sender]) revert NotApproved();
        balanceOf[series][from] -= amount;
        balanceOf[series][to] += amount;
        emit TransferSingle(msg.sender, from, to, series, amount);
    }
}

/// Covered calls on ether: a writer locks one ether per option, sells the option for a premium, and gets the ether back if the
/// option is bought back or expires out of the money.
contract OptionsDesk {
    struct Series {
        uint256 strike;
        uint64 expiry;
        bool settled;
        uint256 written;
        uint256 payoutPerOption;
    }

    struct Listing {
        address seller;
        uint256 series;
        uint256 amount;
        uint256 premium; // wei per whole option
    }

    uint256 private constant UNIT = 1e18;

    address public owner;
    SettlementOracle public oracle;
    OptionLedger public ledger;
    uint256 public feeBps;
    uint256 public feesAccrued;
    Series[] public series;
    Listing[] public listings;
    mapping(uint256 series => mapping(address => uint256)) public writtenBy;

    event SeriesOpened(uint256 indexed id, uint256 strike, uint64 expiry);
    event Written(uint256 indexed id, address indexed writer, uint256 amount);
    event Unwound(uint256 indexed id, address indexed writer, uint256 amount);
    event Listed(uint256 indexed listing, address indexed seller, uint256 indexed id, uint256 amount, uint256 premium);
    event Sold(uint256 indexed listing, address indexed buyer, uint256 amount, uint256 cost);
    event Settled(uint256 indexed id, uint256 price, uint256 payoutPerOption);
    event Exercised(uint256 indexed id, address indexed holder, uint256 amount, uint256 payout);
    event Reclaimed(uint256 indexed id, address indexed writer, uint256 amount);

    error NotOwner();
    error BadSeries();
    error BadAmount();
    error BadPayment();
    error PaymentFailed();
    error Initialised();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    function initialize(address owner_, SettlementOracle oracle_, OptionLedger ledger_, uint256 feeBps_) external {
        if (owner != address(0)) revert Initialised();
        owner = owner_;
        oracle = oracle_;
        ledger = ledger_;
        feeBps = feeBps_;
    }

    function openSeries(uint256 strike, uint64 expiry) external onlyOwner returns (uint256 id) {
        if (strike == 0 || expiry <= block.timestamp) revert BadSeries();
        id = series.length;
        series.push(Series(strike, expiry, false, 0, 0));
        emit SeriesOpened(id, strike, expiry);
    }

    function write(uint256 id) external payable {
        _requireRunning(id);
        if (msg.value == 0) revert BadAmount();
        series[id].written += msg.value;
        writtenBy[id][msg.sender] += msg.value;
        ledger.issue(msg.sender, id, msg.value);
        emit Written(id, msg.sender, msg.value);
    }

    /// Destroys options the writer holds (again) and frees their ether.
    function unwind(uint256 id, uint256 amount) external {
        _requireRunning(id);
        ledger.destroy(msg.sender, id, amount);
        unchecked {
            writtenBy[id][msg.sender] -= amount;
            series[id].written -= amount;
        }
        emit Unwound(id, msg.sender, amount);
        _pay(msg.sender, amount);
    }

    function list(uint256 id, uint256 amount, uint256 premium) external returns (uint256 listing) {
        _requireRunning(id);
        listing = listings.length;
        listings.push(Listing(msg.sender, id, amount, premium));
        ledger.transferFrom(msg.sender, address(this), id, amount);
        emit Listed(listing, msg.sender, id, amount, premium);
    }

    function unlist(uint256 listing) external {
        Listing storage offer = listings[listing];
        if (offer.seller != msg.sender) revert NotOwner();
        uint256 amount = offer.amount;
        offer.amount = 0;
        ledger.transferFrom(address(this), msg.sender, offer.series, amount);
    }

    function buy(uint256 listing, uint256 amount) external payable {
        Listing storage offer = listings[listing];
        if (amount == 0 || amount > offer.amount) revert BadAmount();
        uint256 cost = (amount * offer.premium) / UNIT;
        if (msg.value != cost) revert BadPayment();
        offer.amount -= amount;
        uint256 fee = (cost * feeBps) / 10_000;
        feesAccrued += fee;
        ledger.transferFrom(address(this), msg.sender, offer.series, amount);
        _pay(offer.seller, cost - fee);
        emit Sold(listing, msg.sender, amount, cost);
    }

    function settle(uint256 id) external {
        Series storage each = series[id];
        if (each.settled || block.timestamp < each.expiry) revert BadSeries();
        uint256 price = oracle.price();
        each.settled = true;
        each.payoutPerOption = price > each.strike ? ((price - each.strike) * UNIT) / price : 0;
        emit Settled(id, price, each.payoutPerOption);
    }

    function exercise(uint256 id, uint256 amount) external {
        if (!series[id].settled) revert BadSeries();
        ledger.destroy(msg.sender, id, amount);
        uint256 payout = (amount * series[id].payoutPerOption) / UNIT;
        emit Exercised(id, msg.sender, amount, payout);
        _pay(msg.sender, payout);
    }

    function reclaim(uint256 id) external {
        if (!series[id].settled) revert BadSeries();
        uint256 amount = writtenBy[id][msg.sender];
        writtenBy[id][msg.sender] = 0;
        uint256 left = (amount * (UNIT - series[id].payoutPerOption)) / UNIT;
        emit Reclaimed(id, msg.sender, left);
        _pay(msg.sender, left);
    }

    function setFee(uint256 feeBps_) external onlyOwner {
        if (feeBps_ > 500) revert BadAmount();
        feeBps = feeBps_;
    }

    function collectFees(address to) external onlyOwner {
        uint256 amount = feesAccrued;
        feesAccrued = 0;
        _pay(to, amount);
    }

    function _requireRunning(uint256 id) private view {
        if (id >= series.length || block.timestamp >= series[id].expiry) revert BadSeries();
    }

    function _pay(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed();
    }
}
