// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPatchGate, Kind, Target} from "../interfaces/IPatchGate.sol";
import {ITransparentAdmin, IUpgradeableBeacon, IUUPSProxy} from "../interfaces/IUpgradeable.sol";

/// @title How each kind of target changes its implementation
/// @dev A new kind is a branch here and a value of {Kind}.
library Upgrades {
    /// @notice Makes `target` run `implementation` and, if there is data, call it.
    function upgradeTo(Target storage t, address target, address implementation, bytes memory data) internal {
        Kind kind = t.kind;
        if (kind == Kind.Uups) {
            IUUPSProxy(target).upgradeToAndCall(implementation, data);
        } else if (kind == Kind.UupsLegacy) {
            if (data.length == 0) IUUPSProxy(target).upgradeTo(implementation);
            else IUUPSProxy(target).upgradeToAndCall(implementation, data);
        } else if (kind == Kind.Transparent) {
            ITransparentAdmin(t.admin).upgradeAndCall(target, implementation, data);
        } else if (kind == Kind.TransparentLegacy) {
            if (data.length == 0) ITransparentAdmin(t.admin).upgrade(target, implementation);
            else ITransparentAdmin(t.admin).upgradeAndCall(target, implementation, data);
        } else if (kind == Kind.Beacon) {
            if (data.length != 0) revert IPatchGate.DataNotSupported();
            IUpgradeableBeacon(target).upgradeTo(implementation);
        } else {
            revert IPatchGate.KindInvalid();
        }
    }

    /// @notice Whether the code the target runs also holds the way to upgrade it.
    function upgradesItself(Kind kind) internal pure returns (bool) {
        return kind == Kind.Uups || kind == Kind.UupsLegacy;
    }
}
