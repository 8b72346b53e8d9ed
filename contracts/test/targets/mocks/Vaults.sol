// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {UUPSUpgradeable} from "openzeppelin-4/proxy/utils/UUPSUpgradeable.sol";
import {Vault} from "../../mocks/Originals.sol";

/// @dev Upgrades itself with OpenZeppelin 4.9.6.
contract Oz4UupsVault is Vault, UUPSUpgradeable {
    function _authorizeUpgrade(address) internal override onlyOwner {}
}

contract Oz4UupsVaultV2 is Vault, UUPSUpgradeable {
    function version() external pure returns (uint256) {
        return 2;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}

/// @dev Upgrades itself as OpenZeppelin did before 4.5: there is no `proxiableUUID`, and an implementation is taken only after it has
/// shown, by a delegated `upgradeTo`, that the proxy could come back.
contract RollbackTestedVault is Vault {
    error UpgradeBreaksUpgrades();

    address private immutable _self = address(this);
    /// @dev Where no variable of a vault is.
    bytes32 private constant TESTING = keccak256("rollback is being tested");

    function upgradeTo(address implementation) external onlyOwner {
        _upgrade(implementation, "");
    }

    function upgradeToAndCall(address implementation, bytes calldata data) external payable onlyOwner {
        _upgrade(implementation, data);
    }

    function _upgrade(address implementation, bytes memory data) private {
        address before = ERC1967Utils.getImplementation();
        require(address(this) != _self, "not through a proxy");
        ERC1967Utils.upgradeToAndCall(implementation, data);
        if (_testing()) return;
        _setTesting(true);
        (bool success,) = implementation.delegatecall(abi.encodeCall(this.upgradeTo, (before)));
        _setTesting(false);
        if (!success || ERC1967Utils.getImplementation() != before) revert UpgradeBreaksUpgrades();
        ERC1967Utils.upgradeToAndCall(implementation, "");
    }

    function _testing() private view returns (bool testing) {
        bytes32 slot = TESTING;
        assembly {
            testing := sload(slot)
        }
    }

    function _setTesting(bool testing) private {
        bytes32 slot = TESTING;
        assembly {
            sstore(slot, testing)
        }
    }
}
