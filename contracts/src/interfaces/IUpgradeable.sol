// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

// What the gate calls to change implementations. Named by kind, because OpenZeppelin 4 and 5 differ: under 4, `upgradeToAndCall` and
// `upgradeAndCall` call the new implementation even with empty data, and most implementations revert on that.

/// @notice A proxy whose implementation upgrades it (ERC-1822). `upgradeTo` is there before OpenZeppelin 5 only.
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
