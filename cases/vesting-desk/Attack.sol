// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IDesk {
    function release(uint256 id, uint256 asOf) external returns (uint256);

    function releaseTo(uint256 id, uint256 asOf, address to) external returns (uint256);
}

/// Holds a grant and takes it years early, in a few bites.
contract ImpatientHolder {
    function run(IDesk desk, uint256 id, uint256 asOf, uint256 bites, uint256 stride) external {
        for (uint256 i = 1; i <= bites; i++) desk.releaseTo(id, asOf + i * stride, msg.sender);
    }
}
