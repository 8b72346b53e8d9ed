// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IMarket {
    function sellBack(uint256 id, uint256 value) external;
}

/// A contract wallet that can hold items, and sells the kinds it does not collect the moment they come in.
contract ItemWallet {
    address public immutable owner;
    IMarket public immutable market;
    mapping(uint256 => bool) public unwanted;

    constructor(IMarket market_) {
        owner = msg.sender;
        market = market_;
    }

    receive() external payable {}

    function setUnwanted(uint256 id, bool on) external {
        require(msg.sender == owner, "owner only");
        unwanted[id] = on;
    }

    function execute(address target, uint256 value, bytes calldata data) external returns (bytes memory) {
        require(msg.sender == owner, "owner only");
        return make(target, value, data);
    }

    function executeTwice(address target, bytes calldata data) external {
        require(msg.sender == owner, "owner only");
        make(target, 0, data);
        make(target, 0, data);
    }

    function onERC1155Received(address, address, uint256 id, uint256 value, bytes calldata) external returns (bytes4) {
        if (unwanted[id]) market.sellBack(id, value);
        return this.onERC1155Received.selector;
    }

    function make(address target, uint256 value, bytes calldata data) private returns (bytes memory) {
        (bool ok, bytes memory result) = target.call{value: value}(data);
        require(ok, "call failed");
        return result;
    }
}
