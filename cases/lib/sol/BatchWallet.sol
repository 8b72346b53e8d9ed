// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Wallet} from "./Wallet.sol";

/// A contract wallet that makes several calls in one transaction, all or none.
contract BatchWallet is Wallet {
    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    error CallFailed(uint256 index);

    constructor(address owner_) Wallet(owner_) {}

    function executeAll(Call[] calldata calls) external {
        if (msg.sender != owner) revert NotOwner();
        for (uint256 i = 0; i < calls.length; i++) {
            (bool ok, ) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            if (!ok) revert CallFailed(i);
        }
    }
}
