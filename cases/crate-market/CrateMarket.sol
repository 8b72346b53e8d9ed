// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IItemReceiver {
    function onERC1155Received(
        address operator,
        address from,
        uint256 id,
        uint256 value,
        bytes calldata data
    ) external returns (bytes4);
}

/// Crates with items of a game. Items are multi-tokens; the market buys them back at four fifths of what a crate costs.
contract CrateMarket {
    uint256 private constant KINDS = 4;

    struct Player {
        uint128 crates;
        uint64 opened;
        uint64 lastSeason;
    }

    address public owner;
    uint256 public cratePrice;
    uint64 public season;
    bool public paused;
    mapping(address => Player) public players;
    mapping(uint256 => mapping(address => uint256)) public balanceOf;
    mapping(address => mapping(address => bool)) public isApprovedForAll;
    mapping(uint256 => uint256) public supplyOf;

    event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value);
    event ApprovalForAll(address indexed account, address indexed operator, bool approved);
    event CratesBought(address indexed player, uint256 count);
    event SeasonStarted(uint64 season);

    error NotOwner();
    error NotApproved();
    error NoCrates();
    error WrongPayment();
    error AlreadyClaimed();
    error Refused();
    error Paused();
    error PaymentFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    constructor(uint256 cratePrice_) payable {
        owner = msg.sender;
        cratePrice = cratePrice_;
        season = 1;
    }

    receive() external payable {}

    function buyCrates(uint128 count) external payable {
        if (paused) revert Paused();
        if (msg.value != count * cratePrice) revert WrongPayment();
        players[msg.sender].crates += count;
        emit CratesBought(msg.sender, count);
    }

    /// Opens crates of the caller; `to` receives the items, all of one kind.
    function open(uint128 count, address to) external returns (uint256 id) {
        Player memory player = players[msg.sender];
        if (player.crates < count) revert NoCrates();
        id = (uint256(player.opened) + count + season) % KINDS;
        player.crates -= count;
        player.opened += uint64(count);
        _mint(to, id, count);
        players[msg.sender] = player;
    }

    /// One item for everybody who has opened a crate, once a season.
    function claimSeasonItem() external {
        Player storage player = players[msg.sender];
        if (player.opened == 0) revert NoCrates();
        if (player.lastSeason == season) revert AlreadyClaimed();
        player.lastSeason = season;
        _mint(msg.sender, KINDS, 1);
    }

    function giveCrates(address to, uint128 count) external {
        players[msg.sender].crates -= count;
        players[to].crates += count;
    }

    function sellBack(uint256 id, uint256 value) external {
        if (paused) revert Paused();
        balanceOf[id][msg.sender] -= value;
        supplyOf[id] -= value;
        emit TransferSingle(msg.sender, msg.sender, address(0), id, value);
        (bool ok, ) = msg.sender.call{value: (value * cratePrice * 4) / 5}("");
        if (!ok) revert PaymentFailed();
    }

    function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes calldata data) external {
        if (from != msg.sender && !isApprovedForAll[from][msg.sender]) revert NotApproved();
        balanceOf[id][from] -= value;
        balanceOf[id][to] += value;
        emit TransferSingle(msg.sender, from, to, id, value);
        _ask(from, to, id, value, data);
    }

    function setApprovalForAll(address operator, bool approved) external {
        isApprovedForAll[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    function startSeason() external onlyOwner {
        season += 1;
        emit SeasonStarted(season);
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function _mint(address to, uint256 id, uint256 value) private {
        balanceOf[id][to] += value;
        supplyOf[id] += value;
        emit TransferSingle(msg.sender, address(0), to, id, value);
        _ask(address(0), to, id, value, "");
    }

    function _ask(address from, address to, uint256 id, uint256 value, bytes memory data) private {
        if (to.code.length == 0) return;
        bytes4 answer = IItemReceiver(to).onERC1155Received(msg.sender, from, id, value, data);
        if (answer != IItemReceiver.onERC1155Received.selector) revert Refused();
    }
}
