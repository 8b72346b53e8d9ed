// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title A contract wallet with one owner.
contract SmartWallet {
    address public immutable owner;

    event Received(address indexed from, uint256 amount);

    error NotOwner();

    constructor(address owner_) payable {
        owner = owner_;
    }

    receive() external payable {
        emit Received(msg.sender, msg.value);
    }

    function execute(address target, uint256 value, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != owner) revert NotOwner();
        return Address.functionCallWithValue(target, data, value);
    }
}
