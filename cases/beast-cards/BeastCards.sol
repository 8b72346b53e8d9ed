// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Collectible cards. What a card is turns out when it is minted; a card may be given back for what its rarity is worth.
contract BeastCards {
    enum Rarity {
        Common,
        Rare,
        Legendary
    }

    uint256 public constant PRICE = 0.05 ether;
    uint256 public constant MAX_PACK = 5;

    address public owner;
    bool public paused;
    uint256 public nextId = 1;
    mapping(uint256 => address) public ownerOf;
    mapping(address => uint256) public balanceOf;
    mapping(uint256 => address) public approvedFor;
    mapping(uint256 => Rarity) public rarityOf;
    mapping(Rarity => uint256) public worth;

    event Minted(uint256 indexed id, address indexed to, Rarity rarity);
    event Transfer(address indexed from, address indexed to, uint256 indexed id);
    event Approval(address indexed owner, address indexed spender, uint256 indexed id);
    event Redeemed(uint256 indexed id, address indexed holder, uint256 amount);

    error NotOwner();
    error NotHolder();
    error NotAllowed();
    error WrongPayment();
    error Paused();
    error BadCount();
    error PaymentFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    constructor() payable {
        owner = msg.sender;
        worth[Rarity.Common] = 0.01 ether;
        worth[Rarity.Rare] = 0.2 ether;
        worth[Rarity.Legendary] = 2 ether;
    }

    function mint() external payable returns (uint256) {
        if (msg.value != PRICE) revert WrongPayment();
        return _mint(msg.sender);
    }

    function mintTo(address to) external payable returns (uint256) {
        if (msg.value != PRICE) revert WrongPayment();
        return _mint(to);
    }

    function mintPack(uint256 count) external payable returns (uint256 first) {
        if (count == 0 || count > MAX_PACK) revert BadCount();
        if (msg.value != PRICE * count) revert WrongPayment();
        first = nextId;
        for (uint256 i = 0; i < count; i++) _mint(msg.sender);
    }

    function approve(address spender, uint256 id) external {
        if (ownerOf[id] != msg.sender) revert NotHolder();
        approvedFor[id] = spender;
        emit Approval(msg.sender, spender, id);
    }

    function transferFrom(address from, address to, uint256 id) external {
        if (ownerOf[id] != from || to == address(0)) revert NotHolder();
        if (msg.sender != from && msg.sender != approvedFor[id]) revert NotAllowed();
        delete approvedFor[id];
        balanceOf[from] -= 1;
        balanceOf[to] += 1;
        ownerOf[id] = to;
        emit Transfer(from, to, id);
    }

    function redeem(uint256 id) external {
        _redeem(id);
    }

    function redeemMany(uint256[] calldata ids) external {
        for (uint256 i = 0; i < ids.length; i++) _redeem(ids[i]);
    }

    function fund() external payable {}

    function setWorth(Rarity rarity, uint256 amount) external onlyOwner {
        worth[rarity] = amount;
    }

    function setPaused(bool on) external onlyOwner {
        paused = on;
    }

    function withdraw(address to, uint256 amount) external onlyOwner {
        _pay(to, amount);
    }

    function _mint(address to) private returns (uint256 id) {
        if (paused) revert Paused();
        if (to == address(0)) revert NotHolder();
        id = nextId++;
        uint256 roll = uint256(keccak256(abi.encode(block.prevrandao, block.timestamp, msg.sender, id))) % 1000;
        Rarity rarity = roll < 10 ? Rarity.Legendary : roll < 100 ? Rarity.Rare : Rarity.Common;
        rarityOf[id] = rarity;
        ownerOf[id] = to;
        balanceOf[to] += 1;
        emit Minted(id, to, rarity);
        emit Transfer(address(0), to, id);
    }

    function _redeem(uint256 id) private {
        if (ownerOf[id] != msg.sender) revert NotHolder();
        uint256 amount = worth[rarityOf[id]];
        delete ownerOf[id];
        delete approvedFor[id];
        balanceOf[msg.sender] -= 1;
        emit Transfer(msg.sender, address(0), id);
        emit Redeemed(id, msg.sender, amount);
        _pay(msg.sender, amount);
    }

    function _pay(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed();
    }
}
