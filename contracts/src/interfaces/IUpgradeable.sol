// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

// What the gate calls to change implementations. Named by kind, because OpenZeppelin 4 and 5 differ: under 4, `upgradeToAndCall` and
// `upgradeAndCall` call the new implementation even with empty data, and most implementations revert on that.

/// @notice A proxy that is upgraded by calling it: its implementation does it (ERC-1822), or it obeys its admin. `upgradeTo` is there
/// before OpenZeppelin 5 only.
interface IUUPSProxy {
    function upgradeTo(address implementation) external;
    function upgradeToAndCall(address implementation, bytes calldata data) external payable;
}

/// @notice The admin of transparent proxies. `upgrade` is there before OpenZeppelin 5 only.
interface ITransparentAdmin {
    function upgrade(address proxy, address implementation) external;
    function upgradeAndCall(address proxy, address implementation, bytes calldata data) external payable;
}

/// @notice A beacon that its owner upgrades.
interface IUpgradeableBeacon {
    function upgradeTo(address implementation) external;
    function implementation() external view returns (address);
}

/// @notice A diamond (ERC-2535).
interface IDiamond {
    enum FacetCutAction {
        Add,
        Replace,
        Remove
    }

    struct FacetCut {
        address facetAddress;
        FacetCutAction action;
        bytes4[] functionSelectors;
    }

    function diamondCut(FacetCut[] calldata cuts, address init, bytes calldata data) external;
    function facetAddress(bytes4 selector) external view returns (address);
}

/// @notice A Safe, as its modules see it.
interface ISafe {
    enum Operation {
        Call,
        DelegateCall
    }

    function execTransactionFromModule(address to, uint256 value, bytes calldata data, Operation operation)
        external
        returns (bool success);
}
