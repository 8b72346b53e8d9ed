// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IERC721Receiver {
    function onERC721Received(address operator, address from, uint256 id, bytes calldata data) external returns (bytes4);
}

/// Club passes (ERC-721). Some are given away, one to an account; every pass can be returned for its backing.
contract MembershipPass {
    string public constant name = "Membership Pass";
    string public constant symbol = "PASS";

    address public owner;
    uint256 public price;
    uint256 public backing;
    uint256 public freeLeft;
    uint256 public nextId;
    uint256 public outstanding;
    bool public claimOpen;
    mapping(uint256 => address) public ownerOf;
    mapping(address => uint256) public balanceOf;
    mapping(uint256 => address) public getApproved;
    mapping(address => mapping(address => bool)) public isApprovedForAll;
    mapping(address => bool) public claimed;

    event Transfer(address indexed from, address indexed to, uint256 indexed id);
    event Approval(address indexed owner, address indexed approved, uint256 indexed id);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);
    event Claimed(address indexed by, address indexed to, uint256 id);
    event Returned(address indexed by, uint256 id, uint256 amount);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor(uint256 price_, uint256 backing_, uint256 free_) payable {
        owner = msg.sender;
        price = price_;
        backing = backing_;
        freeLeft = free_;
        claimOpen = true;
    }

    function buy(address to) external payable returns (uint256 id) {
        require(msg.value == price, "wrong price");
        id = _safeMint(to);
    }

    function claim() external returns (uint256 id) {
        id = _claim(msg.sender);
    }

    function claimTo(address to) external returns (uint256 id) {
        id = _claim(to);
    }

    function giveBack(uint256 id) external {
        require(ownerOf[id] == msg.sender, "not yours");
        _setOwner(msg.sender, address(0), id);
        outstanding -= 1;
        (bool ok, ) = msg.sender.call{value: backing}("");
        require(ok, "payment failed");
        emit Returned(msg.sender, id, backing);
    }

    function transferFrom(address from, address to, uint256 id) public {
        require(ownerOf[id] == from && to != address(0), "not the owner");
        require(
            msg.sender == from || getApproved[id] == msg.sender || isApprovedForAll[from][msg.sender],
            "not approved"
        );
        _setOwner(from, to, id);
    }

    function safeTransferFrom(address from, address to, uint256 id) external {
        transferFrom(from, to, id);
        _requireReceiver(from, to, id);
    }

    function approve(address to, uint256 id) external {
        require(ownerOf[id] == msg.sender, "not yours");
        getApproved[id] = to;
        emit Approval(msg.sender, to, id);
    }

    function setApprovalForAll(address operator, bool on) external {
        isApprovedForAll[msg.sender][operator] = on;
        emit ApprovalForAll(msg.sender, operator, on);
    }

    function addBacking() external payable {}

    function setPrice(uint256 to) external onlyOwner {
        require(to >= backing, "below backing");
        price = to;
    }

    function setClaimOpen(bool on) external onlyOwner {
        claimOpen = on;
    }

    function takeSurplus(address payable to) external onlyOwner {
        to.transfer(address(this).balance - (outstanding + freeLeft) * backing);
    }

    function _claim(address to) private returns (uint256 id) {
        require(claimOpen && freeLeft > 0, "none to give");
        require(!claimed[msg.sender], "claimed before");
        freeLeft -= 1;
        id = _safeMint(to);
        claimed[msg.sender] = true;
        emit Claimed(msg.sender, to, id);
    }

    function _safeMint(address to) private returns (uint256 id) {
        id = nextId++;
        outstanding += 1;
        _setOwner(address(0), to, id);
        _requireReceiver(address(0), to, id);
    }

    function _setOwner(address from, address to, uint256 id) private {
        if (from != address(0)) balanceOf[from] -= 1;
        if (to != address(0)) balanceOf[to] += 1;
        delete getApproved[id];
        ownerOf[id] = to;
        emit Transfer(from, to, id);
    }

    function _requireReceiver(address from, address to, uint256 id) private {
        if (to.code.length == 0) return;
        bytes4 answer = IERC721Receiver(to).onERC721Received(msg.sender, from, id, "");
        require(answer == IERC721Receiver.onERC721Received.selector, "not a receiver");
    }
}
