// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IPatchGate, Kind, Target} from "../interfaces/IPatchGate.sol";
import {IDiamond, ISafe, ITransparentAdmin, IUpgradeableBeacon, IUUPSProxy} from "../interfaces/IUpgradeable.sol";

/// @title How each kind of target changes its implementation
/// @dev A new kind is a branch here and a value of {Kind}.
library Upgrades {
    /// @notice Calldata to which a {GuardShim} answers with its own address, whoever asks.
    bytes32 internal constant PROBE = keccak256("suture.GuardShim.probe");

    /// @notice Makes `target` run `implementation` and, if there is data, call it.
    /// @param selectors of a facet, the functions that move with it; not read otherwise.
    function upgradeTo(
        Target storage t,
        address target,
        bytes4[] storage selectors,
        address implementation,
        bytes memory data
    ) internal {
        address via = t.via;
        bytes memory call = t.kind == Kind.Facet
            ? _encodeCut(selectors, implementation, data)
            : _encode(t.kind, target, implementation, data);
        if (via == address(0)) {
            Address.functionCall(t.admin, call);
        } else if (!ISafe(via).execTransactionFromModule(t.admin, 0, call, ISafe.Operation.Call)) {
            revert IPatchGate.SafeRefused(via);
        }
    }

    /// @notice Whether the code the target runs may also hold the way to upgrade it. Of a `Direct` proxy only the owner says that it does
    /// not: a UUPS proxy of old obeys the same call.
    function upgradesItself(Kind kind) internal pure returns (bool) {
        return kind == Kind.Uups || kind == Kind.UupsLegacy || kind == Kind.Direct;
    }

    /// @notice Whether the target is upgraded by calling its ProxyAdmin.
    function hasAdmin(Kind kind) internal pure returns (bool) {
        return kind == Kind.Transparent || kind == Kind.TransparentLegacy;
    }

    function _encode(Kind kind, address target, address implementation, bytes memory data)
        private
        pure
        returns (bytes memory)
    {
        if (kind == Kind.Transparent || (kind == Kind.TransparentLegacy && data.length != 0)) {
            return abi.encodeCall(ITransparentAdmin.upgradeAndCall, (target, implementation, data));
        }
        if (kind == Kind.TransparentLegacy) return abi.encodeCall(ITransparentAdmin.upgrade, (target, implementation));
        if (kind == Kind.Uups || (kind != Kind.Beacon && data.length != 0)) {
            return abi.encodeCall(IUUPSProxy.upgradeToAndCall, (implementation, data));
        }
        if (data.length != 0) revert IPatchGate.DataNotSupported();
        return abi.encodeCall(IUpgradeableBeacon.upgradeTo, (implementation));
    }

    /// @dev ERC-2535: what is called with `data` is `init`, which is zero when there is none.
    function _encodeCut(bytes4[] memory selectors, address facet, bytes memory data)
        private
        pure
        returns (bytes memory)
    {
        IDiamond.FacetCut[] memory cuts = new IDiamond.FacetCut[](1);
        cuts[0] = IDiamond.FacetCut(facet, IDiamond.FacetCutAction.Replace, selectors);
        return abi.encodeCall(IDiamond.diamondCut, (cuts, data.length == 0 ? address(0) : facet, data));
    }
}
