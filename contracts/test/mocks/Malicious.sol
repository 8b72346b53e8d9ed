// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ISafe} from "../../src/interfaces/IUpgradeable.sol";

/// @dev A guardian that is a contract, and not an honest one.
contract FickleGuardian is IERC1271 {
    enum Mood {
        Agreeable,
        Contrary,
        Hungry,
        Verbose,
        Garbled,
        Meddling
    }

    Mood public mood;
    address private immutable _gate;
    bytes private _call;

    constructor(address gate) {
        _gate = gate;
    }

    function become(Mood mood_, bytes calldata call) external {
        mood = mood_;
        _call = call;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        Mood now_ = mood;
        if (now_ == Mood.Agreeable) return IERC1271.isValidSignature.selector;
        if (now_ == Mood.Contrary) return bytes4(0);
        if (now_ == Mood.Meddling) {
            // All a static call can do is look; what it tries to change fails.
            (bool success,) = _gate.staticcall(_call);
            return success ? IERC1271.isValidSignature.selector : bytes4(0);
        }
        assembly {
            if eq(now_, 2) { invalid() }
            // The right answer, but so long that whoever copied all of it would pay for it.
            if eq(now_, 3) {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 1000000)
            }
        }
        assembly {
            mstore(0, not(0))
            return(0, 7)
        }
    }
}

/// @dev A beacon that calls somebody while it is upgraded.
contract Busybody {
    address public implementation;
    address public to;
    bytes public call;
    bool public succeeded;
    bytes public reason;

    constructor(address implementation_) {
        implementation = implementation_;
    }

    function whenUpgraded(address to_, bytes calldata call_) external {
        (to, call) = (to_, call_);
    }

    function upgradeTo(address implementation_) external {
        implementation = implementation_;
        if (to != address(0)) (succeeded, reason) = to.call(call);
    }
}

/// @dev A Safe that does not always do what its module asks.
contract FickleSafe is ISafe {
    bool public refuses;

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    function execTransactionFromModule(address to, uint256 value, bytes calldata data, Operation)
        external
        returns (bool success)
    {
        if (!refuses) (success,) = to.call{value: value}(data);
    }
}
