// SPDX-License-Identifier: MIT
pragma solidity 0.7.6;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Dollars lent against ether. The rate says how much ether a lot of a thousand dollars takes; late loans may be taken over.
contract PawnOffice {
    struct Loan {
        address payable holder;
        uint256 collateral;
        uint256 debt;
        uint256 due;
    }

    uint256 public constant LOT = 1000e18;

    IERC20 public dollar;
    address public owner;
    uint256 public etherPerLot;
    uint256 public term;
    uint256 public feeBps;
    uint256 public totalDebt;
    bool public closed;
    Loan[] public loans;

    event Opened(uint256 indexed id, address indexed holder, uint256 collateral, uint256 debt);
    event Raised(uint256 indexed id, uint256 amount);
    event Repaid(uint256 indexed id, uint256 amount);
    event Closed(uint256 indexed id, uint256 collateral);
    event TakenOver(uint256 indexed id, address indexed by);
    event RateSet(uint256 etherPerLot);

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier onlyHolder(uint256 id) {
        require(loans[id].holder == msg.sender, "holder only");
        _;
    }

    function initialize(IERC20 dollar_, address owner_, uint256 etherPerLot_, uint256 term_) external {
        require(owner == address(0), "initialised");
        dollar = dollar_;
        owner = owner_;
        etherPerLot = etherPerLot_;
        term = term_;
        feeBps = 50;
    }

    function open(uint256 amount) external payable returns (uint256 id) {
        require(!closed, "closed");
        uint256 debt = amount + (amount * feeBps) / 10000;
        require(msg.value >= collateralFor(debt), "too little collateral");
        id = loans.length;
        loans.push(Loan(msg.sender, msg.value, debt, block.timestamp + term));
        totalDebt += debt;
        emit Opened(id, msg.sender, msg.value, debt);
        require(dollar.transfer(msg.sender, amount), "transfer failed");
    }

    function raise(uint256 id, uint256 amount) external onlyHolder(id) {
        require(!closed && block.timestamp <= loans[id].due, "closed");
        uint256 debt = amount + (amount * feeBps) / 10000;
        require(loans[id].collateral >= collateralFor(loans[id].debt + debt), "too little collateral");
        loans[id].debt += debt;
        totalDebt += debt;
        emit Raised(id, debt);
        require(dollar.transfer(msg.sender, amount), "transfer failed");
    }

    function addCollateral(uint256 id) external payable {
        require(loans[id].holder != address(0), "no such loan");
        loans[id].collateral += msg.value;
    }

    function repay(uint256 id, uint256 amount) external {
        require(amount <= loans[id].debt, "too much");
        loans[id].debt -= amount;
        totalDebt -= amount;
        emit Repaid(id, amount);
        require(dollar.transferFrom(msg.sender, address(this), amount), "transfer failed");
    }

    function close(uint256 id) external onlyHolder(id) {
        Loan memory loan = loans[id];
        delete loans[id];
        totalDebt -= loan.debt;
        emit Closed(id, loan.collateral);
        require(dollar.transferFrom(msg.sender, address(this), loan.debt), "transfer failed");
        _pay(loan.holder, loan.collateral);
    }

    /// Whoever pays the debt of a late loan has its collateral.
    function takeOver(uint256 id) external {
        Loan memory loan = loans[id];
        require(loan.holder != address(0) && block.timestamp > loan.due, "not late");
        delete loans[id];
        totalDebt -= loan.debt;
        emit TakenOver(id, msg.sender);
        require(dollar.transferFrom(msg.sender, address(this), loan.debt), "transfer failed");
        _pay(msg.sender, loan.collateral);
    }

    function setRate(uint256 etherPerLot_) external onlyOwner {
        require(etherPerLot_ > 0, "no rate");
        etherPerLot = etherPerLot_;
        emit RateSet(etherPerLot_);
    }

    function setTerms(uint256 term_, uint256 feeBps_) external onlyOwner {
        require(feeBps_ <= 300, "fee too high");
        term = term_;
        feeBps = feeBps_;
    }

    function setClosed(bool on) external onlyOwner {
        closed = on;
    }

    function withdrawDollars(address to, uint256 amount) external onlyOwner {
        require(dollar.transfer(to, amount), "transfer failed");
    }

    function collateralFor(uint256 debt) public view returns (uint256) {
        return (debt / LOT) * etherPerLot;
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        require(ok, "payment failed");
    }
}
