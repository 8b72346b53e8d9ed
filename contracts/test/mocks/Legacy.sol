// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Vault} from "./Originals.sol";

/// @dev Upgrades as OpenZeppelin 4 has them: `upgradeTo`, and an `upgradeToAndCall` that calls even with empty data.
contract LegacyUupsVault is Vault {
    address private immutable _self = address(this);

    function proxiableUUID() external view returns (bytes32) {
        require(address(this) == _self, "delegated");
        return ERC1967Utils.IMPLEMENTATION_SLOT;
    }

    function upgradeTo(address implementation) external onlyOwner {
        _upgrade(implementation);
    }

    function upgradeToAndCall(address implementation, bytes calldata data) external payable onlyOwner {
        _upgrade(implementation);
        Address.functionDelegateCall(implementation, data);
    }

    function _upgrade(address implementation) private {
        require(address(this) != _self && ERC1967Utils.getImplementation() == _self, "not through the proxy");
        ERC1967Utils.upgradeToAndCall(implementation, "");
    }
}

/// @dev The admin as OpenZeppelin 4 has it, before a proxy of OpenZeppelin 5.
contract LegacyProxyAdmin {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function upgrade(address proxy, address implementation) external {
        require(msg.sender == _owner, "not the owner");
        LegacyUupsVault(proxy).upgradeToAndCall(implementation, "");
    }
}
