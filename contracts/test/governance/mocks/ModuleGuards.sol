// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BaseModuleGuard} from "@safe/base/ModuleManager.sol";
import {Enum} from "@safe/libraries/Enum.sol";
import {ITransparentAdmin, IUpgradeableBeacon, IUUPSProxy} from "../../../src/interfaces/IUpgradeable.sol";

/// @dev Writes down everything a module makes its Safe do.
contract ModuleWitness is BaseModuleGuard {
    struct ModuleCall {
        address to;
        uint256 value;
        bytes data;
        Enum.Operation operation;
        address module;
    }

    ModuleCall[] private _calls;

    function calls() external view returns (ModuleCall[] memory) {
        return _calls;
    }

    function checkModuleTransaction(
        address to,
        uint256 value,
        bytes memory data,
        Enum.Operation operation,
        address module
    ) external returns (bytes32) {
        _calls.push(ModuleCall(to, value, data, operation, module));
        return bytes32(_calls.length);
    }

    function checkAfterModuleExecution(bytes32, bool) external pure {}
}

/// @dev Lets modules upgrade one contract and do nothing else.
contract UpgradesOnly is BaseModuleGuard {
    error NoUpgrade(address to, bytes data);

    address private immutable _admin;

    constructor(address admin) {
        _admin = admin;
    }

    function checkModuleTransaction(address to, uint256 value, bytes memory data, Enum.Operation operation, address)
        external
        view
        returns (bytes32)
    {
        bytes4 selector = bytes4(data);
        bool upgrade = selector == IUUPSProxy.upgradeToAndCall.selector
            || selector == ITransparentAdmin.upgradeAndCall.selector
            || selector == IUpgradeableBeacon.upgradeTo.selector;
        if (to != _admin || value != 0 || operation != Enum.Operation.Call || !upgrade) revert NoUpgrade(to, data);
        return 0;
    }

    function checkAfterModuleExecution(bytes32, bool) external pure {}
}
