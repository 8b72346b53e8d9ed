// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title A stand-in implementation that can refuse functions of the implementation behind it.
/// @notice The functions below answer only when the shim's own address is called. Called through a proxy, everything but what is frozen
/// goes to the original, with the same calldata, value, sender, storage, return data and revert data.
interface IGuardShim {
    /// @notice The function is frozen now.
    error FunctionFrozen(bytes4 selector);
    /// @notice The shim has no functions for its own address but those of this interface.
    error CalledDirectly();
    /// @notice The implementation behind the shim has destroyed itself.
    error OriginalGone(address original);
    /// @notice The new implementation does not name the ERC-1967 implementation slot as its `proxiableUUID`.
    error NotProxiable(address implementation);

    /// @notice The Breaker that is asked.
    function shimBreaker() external payable returns (address);

    /// @notice Who may move a UUPS proxy away from the shim: the gate, or the Safe through which it acts.
    function shimUpgrader() external payable returns (address);

    /// @notice The address under which the Breaker knows the contract: the proxy, the beacon of many, or the key of a facet.
    function shimTarget() external payable returns (address);

    /// @notice The implementation behind the shim.
    function shimOriginal() external payable returns (address);
}
