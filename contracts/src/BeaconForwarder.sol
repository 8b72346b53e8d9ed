// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBeacon} from "@openzeppelin/contracts/proxy/beacon/IBeacon.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {IBeaconForwarder} from "./interfaces/IBeaconForwarder.sol";

/// @title BeaconForwarder
/// @notice Whoever controls the beacon controls every proxy that runs this code: at worst, everything they hold. That must be the gate
/// alone (Kind.Beacon). Anyone else can do through the forwarder what the implementation lets them do.
///
/// Before a proxy is upgraded to a forwarder, the following must be true, and no constructor can see it:
/// - the beacon is owned by the gate, registered there, and names the implementation the proxy runs now;
/// - the proxy is initialised: made by the installer today, the installing call is refused by that implementation, with a reason. The
///   reason is that it is initialised; any other is to be looked at. If the call would be accepted, it initialises the proxy, as it
///   would without the forwarder;
/// - nobody else can upgrade the proxy at will: who can do so can leave the gate, in either direction.
///
/// What changes for users: a call costs some 8,000 gas more if it is the transaction's first; plain transfers with a stipend of 2,300
/// gas fail, as they do at most proxies. The proxy's ERC-1967 slot names the forwarder. A UUPS implementation therefore refuses its own
/// `upgradeToAndCall` and whatever else carries `onlyProxy`: such a proxy leaves only by way of an implementation that makes the move,
/// given to the beacon by the gate's owner. Some from before OpenZeppelin 4.5 take no forwarder: they try the way back first.
/// @dev It has no storage; all it knows are immutables. So there is nothing reentrancy could find half done. The refusal is swallowed
/// only if it is the one foreseen: who executes a proposal chooses the gas, and must not turn a lack of it into a skipped initialisation.
contract BeaconForwarder is IBeaconForwarder, Proxy {
    address private immutable _self = address(this);
    IBeacon private immutable _beacon;
    address private immutable _installer;
    bytes32 private immutable _installCalldataHash;
    bytes32 private immutable _refusalHash;

    /// @param beacon_ owned by the gate.
    /// @param installer_ the sender of the installing call.
    /// @param installCalldataHash_ hash of its calldata, e.g. of `initialize(provider)`.
    /// @param refusalHash_ hash of the data with which the implementation refuses that call, e.g. of "already initialized".
    constructor(address beacon_, address installer_, bytes32 installCalldataHash_, bytes32 refusalHash_) {
        if (beacon_.code.length == 0 || IBeacon(beacon_).implementation().code.length == 0) {
            revert BeaconInvalid(beacon_);
        }
        _beacon = IBeacon(beacon_);
        _installer = installer_;
        _installCalldataHash = installCalldataHash_;
        _refusalHash = refusalHash_;
    }

    /// @dev Runs the function for the forwarder's own address only; through a proxy the selector is the implementation's to answer.
    modifier onlyDirect() {
        if (address(this) != _self) _fallback();
        _;
    }

    // Payable and not view, so that through a proxy a function of the implementation with the same selector sees what it would see
    // without us.

    /// @inheritdoc IBeaconForwarder
    function forwarderBeacon() external payable onlyDirect returns (address) {
        return address(_beacon);
    }

    /// @inheritdoc IBeaconForwarder
    function forwarderInstaller() external payable onlyDirect returns (address) {
        return _installer;
    }

    /// @inheritdoc IBeaconForwarder
    function forwarderInstallCalldataHash() external payable onlyDirect returns (bytes32) {
        return _installCalldataHash;
    }

    /// @notice What a UUPS proxy asks of an implementation before it takes it.
    function proxiableUUID() external payable onlyDirect returns (bytes32) {
        return ERC1967Utils.IMPLEMENTATION_SLOT;
    }

    // ---- inside ----

    function _implementation() internal view override returns (address) {
        return _beacon.implementation();
    }

    function _fallback() internal override {
        if (address(this) == _self) revert CalledDirectly();
        if (_isInstalling()) _install();
        else super._fallback();
    }

    function _isInstalling() private view returns (bool) {
        return msg.sender == _installer && msg.value == 0 && keccak256(msg.data) == _installCalldataHash;
    }

    /// @dev Makes the call all the same, so that an initialisation the implementation would accept is never skipped.
    function _install() private {
        (bool success, bytes memory reason) = _implementation().delegatecall(msg.data);
        if (!success && (reason.length == 0 || keccak256(reason) != _refusalHash)) revert InstallFailed();
    }
}
