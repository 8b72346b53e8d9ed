// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

/// The upgrade function of an ERC-1967 implementation (UUPS), by hand.
abstract contract Upgradeable {
    bytes32 private constant IMPLEMENTATION = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    address private immutable self = address(this);

    event Upgraded(address indexed implementation);

    error NotThroughProxy();
    error NotUpgradeable();
    error UpgradeFailed();

    function proxiableUUID() external view returns (bytes32) {
        if (address(this) != self) revert NotThroughProxy();
        return IMPLEMENTATION;
    }

    function upgradeToAndCall(address implementation, bytes calldata data) external payable {
        if (address(this) == self) revert NotThroughProxy();
        _authorizeUpgrade();
        if (Upgradeable(implementation).proxiableUUID() != IMPLEMENTATION) revert NotUpgradeable();
        assembly {
            sstore(IMPLEMENTATION, implementation)
        }
        emit Upgraded(implementation);
        if (data.length == 0) return;
        (bool ok, ) = implementation.delegatecall(data);
        if (!ok) revert UpgradeFailed();
    }

    function _authorizeUpgrade() internal view virtual;
}
