// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IVouchers {
    function claimFor(address player, uint256 amount, uint8 v, bytes32 r, bytes32 s) external;
}

/// Hands the same voucher in again and again.
contract VoucherRepeater {
    function run(IVouchers vouchers, address player, uint256 amount, uint8 v, bytes32 r, bytes32 s, uint256 times) external {
        for (uint256 i = 0; i < times; i++) vouchers.claimFor(player, amount, v, r, s);
    }
}
