// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @dev The Merkle tree over the runs of a contract.
library SiteMap {
    /// @param leaves at least `count`; filled up with zeros to a power of two.
    /// @return root of the tree.
    /// @return proofs of the first `count` leaves.
    function tree(bytes32[] memory leaves, uint256 count)
        internal
        pure
        returns (bytes32 root, bytes32[][] memory proofs)
    {
        uint256 depth = 0;
        while (1 << depth < leaves.length) {
            ++depth;
        }
        bytes32[] memory nodes = new bytes32[](1 << depth);
        for (uint256 i = 0; i < leaves.length; ++i) {
            nodes[i] = leaves[i];
        }
        proofs = new bytes32[][](count);
        for (uint256 i = 0; i < count; ++i) {
            proofs[i] = new bytes32[](depth);
        }
        for (uint256 level = 0; level < depth; ++level) {
            for (uint256 i = 0; i < count; ++i) {
                proofs[i][level] = nodes[(i >> level) ^ 1];
            }
            for (uint256 i = 0; i < nodes.length >> (level + 1); ++i) {
                nodes[i] = parent(nodes[2 * i], nodes[2 * i + 1]);
            }
        }
        return (nodes[0], proofs);
    }

    function parent(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }
}
