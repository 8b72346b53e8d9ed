// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title The price of one ether in dollars (six decimals), as the protocol's oracle operator reports it.
contract PriceFeed is Ownable {
    uint256 public price;

    event PriceReported(uint256 price);

    constructor(address operator, uint256 price_) Ownable(operator) {
        price = price_;
    }

    function report(uint256 price_) external onlyOwner {
        price = price_;
        emit PriceReported(price_);
    }
}
