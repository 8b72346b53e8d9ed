// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title The stablecoin of the demo: six decimals, issued by whoever deployed it.
contract Dollar is ERC20 {
    address public immutable issuer = msg.sender;

    error NotIssuer();

    constructor() ERC20("Harbor Dollar", "HUSD") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        if (msg.sender != issuer) revert NotIssuer();
        _mint(to, amount);
    }
}
