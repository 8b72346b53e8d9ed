// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {OwnableInternal} from "@solidstate/contracts/access/ownable/OwnableInternal.sol";
import {DiamondBase} from "@solidstate/contracts/proxy/diamond/base/DiamondBase.sol";
import {DiamondReadable} from "@solidstate/contracts/proxy/diamond/readable/DiamondReadable.sol";
import {SolidStateDiamond} from "@solidstate/contracts/proxy/diamond/SolidStateDiamond.sol";
import {DiamondWritable} from "@solidstate/contracts/proxy/diamond/writable/DiamondWritable.sol";
import {DiamondWritableInternal} from "@solidstate/contracts/proxy/diamond/writable/DiamondWritableInternal.sol";

/// @dev SolidState's reference diamond: its own functions are immutable.
contract ReferenceDiamond is SolidStateDiamond {}

/// @dev SolidState's cut function as a facet of its own, as most other diamonds have it: it can itself be replaced.
contract CutFacet is DiamondWritable {}

/// @dev A diamond all of whose functions but the loupe's can be replaced, `diamondCut` included.
contract CuttableDiamond is DiamondBase, DiamondReadable, DiamondWritableInternal, OwnableInternal {
    constructor(FacetCut[] memory cuts, address owner) {
        _diamondCut(cuts, address(0), "");
        _setOwner(owner);
    }
}
