// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Breaker} from "../../src/Breaker.sol";
import {PatchGate} from "../../src/PatchGate.sol";
import {RestrictionVerifier} from "../../src/RestrictionVerifier.sol";
import {Base} from "../Base.sol";
import {Stage} from "./Stage.sol";

/// @dev Somebody on the stage.
abstract contract Actor is Base {
    Stage internal immutable stage;
    PatchGate internal immutable gate;
    Breaker internal immutable breaker;
    RestrictionVerifier internal immutable verifier;

    constructor(Stage stage_) {
        stage = stage_;
        gate = stage_.theGate();
        breaker = stage_.theBreaker();
        verifier = stage_.theVerifier();
    }

    /// @dev Calls as `sender`, and counts `what` when it goes through.
    function attempt(bytes32 what, address sender, address to, bytes memory data)
        internal
        returns (bool success, bytes memory returned)
    {
        vm.prank(sender, sender);
        (success, returned) = to.call(data);
        if (success) stage.note(what);
    }
}
