// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title An implementation that runs whatever a beacon names
/// @notice For proxies the gate cannot own, or that call an initialiser at every upgrade (Aave v3: `PoolAddressesProvider.setPoolImpl`).
/// Such a proxy is upgraded once to a forwarder; from then on the gate governs the beacon.
///
/// The functions below answer only when the forwarder's own address is called. Called through a proxy, everything goes to the beacon's
/// implementation, with the same calldata, value, sender, storage, return data and revert data, but for one call: of the installing
/// call, which is known by sender and calldata and carries no value, the implementation's refusal is not passed on, nor what it returns.
interface IBeaconForwarder {
    /// @notice The forwarder has no functions for its own address but those of this interface.
    error CalledDirectly();
    /// @notice The beacon has no code, or names an implementation without code.
    error BeaconInvalid(address beacon);
    /// @notice The implementation refused the installing call otherwise than foreseen, or without a reason, which may be a lack of gas.
    error InstallFailed();

    /// @notice The beacon that is asked at every call.
    function forwarderBeacon() external payable returns (address);

    /// @notice Who makes the installing call, as the implementation sees it, e.g. the provider that upgrades the proxy.
    function forwarderInstaller() external payable returns (address);

    /// @notice `keccak256` of the installing call's calldata; zero if the proxy is upgraded without a call.
    function forwarderInstallCalldataHash() external payable returns (bytes32);
}
