pragma solidity ^0.4.24;

/// The code of wallets with several owners: small payments by one of them, everything else by as many as agreed.
contract WalletLibrary {
    struct Proposal {
        address to;
        uint256 value;
        bytes data;
        uint256 confirmations;
        bool done;
    }

    address public code; // belongs to the wallet that delegates here
    uint256 public numOwners;
    uint256 public required;
    uint256 public dayLimit;
    uint256 public spentToday;
    uint256 public lastDay;
    mapping(address => bool) public isOwner;
    Proposal[] public proposals;
    mapping(uint256 => mapping(address => bool)) public confirmed;

    event Initialised(uint256 owners, uint256 required, uint256 dayLimit);
    event Proposed(uint256 indexed id, address indexed by, address to, uint256 value);
    event Confirmed(uint256 indexed id, address indexed by);
    event Executed(address indexed to, uint256 value, bytes data);
    event OwnerChanged(address indexed owner, bool on);

    modifier onlyOwner() {
        require(isOwner[msg.sender]);
        _;
    }

    /// What the owners decide together the wallet calls on itself.
    modifier onlyWallet() {
        require(msg.sender == address(this));
        _;
    }

    function initWallet(address[] owners, uint256 required_, uint256 dayLimit_) public {
        require(required_ > 0 && required_ <= owners.length);
        for (uint256 i = 0; i < owners.length; i++) isOwner[owners[i]] = true;
        numOwners = owners.length;
        required = required_;
        dayLimit = dayLimit_;
        lastDay = now / 1 days;
        emit Initialised(owners.length, required_, dayLimit_);
    }

    function execute(address to, uint256 value, bytes data) public onlyOwner returns (uint256 id) {
        if (to != address(this) && underLimit(value)) {
            perform(to, value, data);
            return 0;
        }
        id = proposals.length;
        proposals.push(Proposal(to, value, data, 0, false));
        emit Proposed(id, msg.sender, to, value);
        confirm(id);
    }

    function confirm(uint256 id) public onlyOwner {
        Proposal storage proposal = proposals[id];
        require(!proposal.done && !confirmed[id][msg.sender]);
        confirmed[id][msg.sender] = true;
        proposal.confirmations += 1;
        emit Confirmed(id, msg.sender);
        if (proposal.confirmations < required) return;
        proposal.done = true;
        perform(proposal.to, proposal.value, proposal.data);
    }

    function revoke(uint256 id) public onlyOwner {
        require(!proposals[id].done && confirmed[id][msg.sender]);
        confirmed[id][msg.sender] = false;
        proposals[id].confirmations -= 1;
    }

    function addOwner(address owner) public onlyWallet {
        require(!isOwner[owner]);
        isOwner[owner] = true;
        numOwners += 1;
        emit OwnerChanged(owner, true);
    }

    function removeOwner(address owner) public onlyWallet {
        require(isOwner[owner] && numOwners > required);
        isOwner[owner] = false;
        numOwners -= 1;
        emit OwnerChanged(owner, false);
    }

    function setRequired(uint256 count) public onlyWallet {
        require(count > 0 && count <= numOwners);
        required = count;
    }

    function setDayLimit(uint256 limit) public onlyWallet {
        dayLimit = limit;
    }

    function underLimit(uint256 value) internal returns (bool) {
        if (now / 1 days > lastDay) {
            lastDay = now / 1 days;
            spentToday = 0;
        }
        if (spentToday + value < spentToday || spentToday + value > dayLimit) return false;
        spentToday += value;
        return true;
    }

    function perform(address to, uint256 value, bytes memory data) internal {
        require(to.call.value(value)(data));
        emit Executed(to, value, data);
    }
}

/// One wallet: an address, its owners' ether, and calls handed to the library.
contract DelegatingWallet {
    address public code;

    event Deposited(address indexed from, uint256 value);

    constructor(address library_) public {
        code = library_;
    }

    function() public payable {
        if (msg.data.length == 0) {
            emit Deposited(msg.sender, msg.value);
            return;
        }
        address target = code;
        assembly {
            calldatacopy(0, 0, calldatasize)
            let ok := delegatecall(gas, target, 0, calldatasize, 0, 0)
            returndatacopy(0, 0, returndatasize)
            switch ok
                case 0 {
                    revert(0, returndatasize)
                }
                default {
                    return(0, returndatasize)
                }
        }
    }
}
