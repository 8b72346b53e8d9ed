// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A contract wallet: the kind of user that a rule "only externally owned accounts" would lock out.
contract Wallet {
    address public immutable owner;

    event Executed(address indexed target, uint256 value, bytes data);

    error NotOwner();

    constructor(address owner_) {
        owner = owner_;
    }

    receive() external payable virtual {}

    function execute(address target, uint256 value, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != owner) revert NotOwner();
        (bool ok, bytes memory result) = target.call{value: value}(data);
        if (!ok) {
            assembly {
                revert(add(result, 32), mload(result))
            }
        }
        emit Executed(target, value, data);
        return result;
    }

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC721Received.selector;
    }
}

/// A contract wallet that keeps books of what it is paid, which costs more than the 2300 gas of `send`.
contract BookkeepingWallet is Wallet {
    mapping(address => uint256) public receivedFrom;
    uint256 public payments;

    constructor(address owner_) Wallet(owner_) {}

    receive() external payable override {
        receivedFrom[msg.sender] += msg.value;
        payments += 1;
    }
}
