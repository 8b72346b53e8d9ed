// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Issues notes for ether. A note is worth a power of two wei times the index, which grows with what the press earns; the shift is
/// cheaper than a multiplication. Notes are handed on, batched for shops, and redeemed at any time.
contract NotePress {
    uint256 private constant NOTE_BITS = 52;
    uint256 private constant INDEX_BITS = 40;

    address public immutable owner;
    uint256 public index = 1 << INDEX_BITS;
    uint256 public totalNotes;
    uint256 public redeemFeeBps;
    bool public issuing = true;
    mapping(address => uint256) public notesOf;
    mapping(address => mapping(address => bool)) public cashier;

    event Issued(address indexed by, address indexed holder, uint256 notes, uint256 cost);
    event Redeemed(address indexed holder, address indexed to, uint256 notes, uint256 paid);
    event HandedOn(address indexed from, address indexed to, uint256 notes);
    event Grown(uint256 index);

    error NotOwner();
    error NotCashier();
    error WrongPayment(uint256 cost);
    error Closed();
    error TooFast();
    error PaymentFailed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    constructor(uint256 redeemFeeBps_) {
        owner = msg.sender;
        redeemFeeBps = redeemFeeBps_;
    }

    function issue(uint256 notes) external payable {
        _issue(msg.sender, notes, msg.value);
    }

    /// Notes for several at once; what is paid is for all of them.
    function issueMany(address[] calldata holders, uint256[] calldata notes) external payable {
        uint256 left = msg.value;
        for (uint256 i = 0; i < holders.length; i++) {
            uint256 cost = worth(notes[i]);
            if (cost > left) revert WrongPayment(cost);
            _issue(holders[i], notes[i], cost);
            left -= cost;
        }
        if (left != 0) revert WrongPayment(msg.value - left);
    }

    function redeem(uint256 notes, address to) external {
        _redeem(msg.sender, notes, to);
    }

    function redeemFor(address holder, uint256 notes) external {
        if (!cashier[holder][msg.sender]) revert NotCashier();
        _redeem(holder, notes, holder);
    }

    function handOn(address to, uint256 notes) external {
        notesOf[msg.sender] -= notes;
        notesOf[to] += notes;
        emit HandedOn(msg.sender, to, notes);
    }

    function setCashier(address account, bool on) external {
        cashier[msg.sender][account] = on;
    }

    /// What the press has earned raises the worth of every note, by at most an eighth at a time.
    function grow() external payable onlyOwner {
        if (totalNotes == 0) revert Closed();
        unchecked {
            uint256 step = (msg.value << INDEX_BITS) / (totalNotes << NOTE_BITS);
            if (step > index >> 3) revert TooFast();
            index += step;
        }
        emit Grown(index);
    }

    function setIssuing(bool on) external onlyOwner {
        issuing = on;
    }

    function setRedeemFee(uint256 bps) external onlyOwner {
        if (bps > 100) revert TooFast();
        redeemFeeBps = bps;
    }

    function worth(uint256 notes) public view returns (uint256 value) {
        unchecked {
            value = (((notes << NOTE_BITS) >> 12) * index) >> (INDEX_BITS - 12);
        }
    }

    function _issue(address holder, uint256 notes, uint256 paid) private {
        if (!issuing) revert Closed();
        uint256 cost = worth(notes);
        if (paid != cost) revert WrongPayment(cost);
        notesOf[holder] += notes;
        totalNotes += notes;
        emit Issued(msg.sender, holder, notes, cost);
    }

    function _redeem(address holder, uint256 notes, address to) private {
        notesOf[holder] -= notes;
        totalNotes -= notes;
        uint256 value = worth(notes);
        uint256 paid = value - (value * redeemFeeBps) / 10_000;
        emit Redeemed(holder, to, notes, paid);
        (bool ok, ) = to.call{value: paid}("");
        if (!ok) revert PaymentFailed();
    }
}
