// SPDX-License-Identifier: MIT
pragma solidity ^0.5.17;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Hands a token out season by season. The game server signs one voucher per player and season.
contract SeasonVouchers {
    struct Season {
        uint256 budget;
        uint256 spent;
        bool open;
    }

    IERC20 public token;
    address public owner;
    address public signer;
    address public guild;
    uint256 public guildBps;
    uint256 public season;
    mapping(uint256 => Season) public seasons;
    mapping(uint256 => mapping(address => uint256)) public claimed;
    mapping(address => uint256) public lifetime;
    mapping(address => address) public payoutOf;

    event SeasonOpened(uint256 indexed season, uint256 budget);
    event SeasonClosed(uint256 indexed season, uint256 left);
    event Claimed(uint256 indexed season, address indexed player, address indexed to, uint256 amount);
    event SignerChanged(address signer);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    constructor(IERC20 token_, address signer_, address guild_, uint256 guildBps_) public {
        token = token_;
        owner = msg.sender;
        signer = signer_;
        guild = guild_;
        guildBps = guildBps_;
    }

    function openSeason(uint256 budget) external onlyOwner {
        require(!seasons[season].open, "season is open");
        season += 1;
        seasons[season] = Season(budget, 0, true);
        require(token.transferFrom(msg.sender, address(this), budget), "transfer failed");
        emit SeasonOpened(season, budget);
    }

    function topUp(uint256 amount) external {
        require(seasons[season].open, "no season");
        seasons[season].budget += amount;
        require(token.transferFrom(msg.sender, address(this), amount), "transfer failed");
    }

    function claim(uint256 amount, uint8 v, bytes32 r, bytes32 s) external {
        _claim(msg.sender, amount, v, r, s);
    }

    /// For players without ether: anybody may hand their voucher in.
    function claimFor(address player, uint256 amount, uint8 v, bytes32 r, bytes32 s) external {
        _claim(player, amount, v, r, s);
    }

    function setPayout(address to) external {
        payoutOf[msg.sender] = to;
    }

    function closeSeason(address to) external onlyOwner {
        Season storage current = seasons[season];
        require(current.open, "no season");
        current.open = false;
        uint256 left = current.budget - current.spent;
        require(token.transfer(to, left), "transfer failed");
        emit SeasonClosed(season, left);
    }

    function setSigner(address to) external onlyOwner {
        require(to != address(0), "no signer");
        signer = to;
        emit SignerChanged(to);
    }

    function setGuild(address to, uint256 bps) external onlyOwner {
        require(bps <= 1000, "share too high");
        guild = to;
        guildBps = bps;
    }

    function voucherHash(address player, uint256 amount) public view returns (bytes32) {
        bytes32 voucher = keccak256(abi.encodePacked(address(this), season, player, amount));
        return keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", voucher));
    }

    function _claim(address player, uint256 amount, uint8 v, bytes32 r, bytes32 s) private {
        Season storage current = seasons[season];
        require(current.open, "no season");
        require(ecrecover(voucherHash(player, amount), v, r, s) == signer, "not a voucher");
        require(amount <= current.budget - current.spent, "budget is spent");
        current.spent += amount;
        claimed[season][player] += amount;
        lifetime[player] += amount;
        uint256 share = amount * guildBps / 10000;
        address to = payoutOf[player] == address(0) ? player : payoutOf[player];
        if (share > 0) require(token.transfer(guild, share), "transfer failed");
        require(token.transfer(to, amount - share), "transfer failed");
        emit Claimed(season, player, to, amount);
    }
}
