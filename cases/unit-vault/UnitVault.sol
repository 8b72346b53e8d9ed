// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// A fund in whole units, issued at one dollar (six decimals) each. Income makes a unit worth more.
contract UnitVault {
    uint256 public constant ISSUE_PRICE = 1e6;

    IERC20 public asset;
    address public owner;
    address public manager;
    uint256 public totalAssets;
    uint256 public totalUnits;
    bool public depositsPaused;
    mapping(address => uint256) public unitsOf;

    event Deposited(address indexed payer, address indexed holder, uint256 assets, uint256 units);
    event Withdrawn(address indexed holder, address indexed to, uint256 assets, uint256 units);
    event Moved(address indexed from, address indexed to, uint256 units);
    event Income(address indexed from, uint256 assets);

    error NotOwner();
    error NotManager();
    error Paused();
    error Initialised();
    error TransferFailed();
    error NothingBought();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    function initialize(IERC20 asset_, address owner_, address manager_) external {
        if (owner != address(0)) revert Initialised();
        asset = asset_;
        owner = owner_;
        manager = manager_;
    }

    function deposit(uint256 assets, address holder) external returns (uint256 units) {
        if (depositsPaused) revert Paused();
        units = totalUnits == 0 ? assets / ISSUE_PRICE : (assets * totalUnits) / totalAssets;
        if (units == 0 && assets > 0) revert NothingBought();
        totalAssets += assets;
        totalUnits += units;
        unitsOf[holder] += units;
        if (!asset.transferFrom(msg.sender, address(this), assets)) revert TransferFailed();
        emit Deposited(msg.sender, holder, assets, units);
    }

    /// Takes out an amount.
    function withdraw(uint256 assets) external returns (uint256) {
        return _withdraw(assets, msg.sender);
    }

    function withdrawTo(uint256 assets, address to) external returns (uint256) {
        return _withdraw(assets, to);
    }

    /// Pays several at once, as employers do.
    function withdrawToMany(uint256[] calldata assets, address[] calldata to) external {
        for (uint256 i = 0; i < to.length; i++) _withdraw(assets[i], to[i]);
    }

    /// Gives back units for what they are worth.
    function redeem(uint256 units, address to) external returns (uint256 assets) {
        assets = assetsOf(units);
        _burn(units, assets, to);
    }

    function move(address to, uint256 units) external {
        unitsOf[msg.sender] -= units;
        unitsOf[to] += units;
        emit Moved(msg.sender, to, units);
    }

    function addIncome(uint256 assets) external {
        if (msg.sender != manager) revert NotManager();
        totalAssets += assets;
        if (!asset.transferFrom(msg.sender, address(this), assets)) revert TransferFailed();
        emit Income(msg.sender, assets);
    }

    function setManager(address to) external onlyOwner {
        manager = to;
    }

    function setDepositsPaused(bool on) external onlyOwner {
        depositsPaused = on;
    }

    function assetsOf(uint256 units) public view returns (uint256) {
        return totalUnits == 0 ? units * ISSUE_PRICE : (units * totalAssets) / totalUnits;
    }

    function _withdraw(uint256 assets, address to) private returns (uint256 units) {
        units = (assets * totalUnits) / totalAssets;
        _burn(units, assets, to);
    }

    function _burn(uint256 units, uint256 assets, address to) private {
        unitsOf[msg.sender] -= units;
        totalUnits -= units;
        totalAssets -= assets;
        if (!asset.transfer(to, assets)) revert TransferFailed();
        emit Withdrawn(msg.sender, to, assets, units);
    }
}
