// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SolidStateDiamond} from "@solidstate/contracts/proxy/diamond/SolidStateDiamond.sol";

contract Coin is ERC20("Coin", "COIN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Keeps coins. Its keeper, who may empty it, is the gate: whoever can make the gate call what it likes gets everything.
abstract contract Bank {
    error NotKeeper();

    address public keeper;
    Coin public coin;
    uint256 public total;
    mapping(address account => uint256) public balanceOf;

    modifier onlyKeeper() {
        if (msg.sender != keeper) revert NotKeeper();
        _;
    }

    function initialize(address keeper_, Coin coin_) external {
        if (keeper != address(0)) revert NotKeeper();
        keeper = keeper_;
        coin = coin_;
    }

    function deposit(uint256 amount) external returns (uint256) {
        coin.transferFrom(msg.sender, address(this), amount);
        total += amount;
        return balanceOf[msg.sender] += amount;
    }

    function withdraw(uint256 amount) external returns (uint256 left) {
        left = balanceOf[msg.sender] -= amount;
        total -= amount;
        coin.transfer(msg.sender, amount);
    }

    function transfer(address to, uint256 amount) external returns (uint256 left) {
        left = balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function empty(address to) external onlyKeeper {
        coin.transfer(to, coin.balanceOf(address(this)));
    }
}

contract PlainBank is Bank {}

contract UupsBank is Bank, UUPSUpgradeable {
    function _authorizeUpgrade(address) internal override onlyKeeper {}
}

contract Diamond is SolidStateDiamond {}

/// @dev What thieves would like a target to run.
contract Loot is UUPSUpgradeable {
    function empty(Coin coin, address to) external {
        coin.transfer(to, coin.balanceOf(address(this)));
    }

    function _authorizeUpgrade(address) internal override {}
}
