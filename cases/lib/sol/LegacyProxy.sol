// SPDX-License-Identifier: MIT
pragma solidity ^0.5.0;

/// A delegatecall proxy as it was written before libraries of proxies: implementation and admin in their ERC-1967 slots.
contract LegacyProxy {
    bytes32 private constant IMPLEMENTATION = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    bytes32 private constant ADMIN = 0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103;

    event Upgraded(address indexed implementation);

    constructor(address implementation, address admin) public {
        _store(IMPLEMENTATION, implementation);
        _store(ADMIN, admin);
    }

    function upgradeTo(address implementation) external {
        if (msg.sender != _load(ADMIN)) return _delegate();
        _store(IMPLEMENTATION, implementation);
        emit Upgraded(implementation);
    }

    function() external payable {
        _delegate();
    }

    function _delegate() private {
        address implementation = _load(IMPLEMENTATION);
        assembly {
            calldatacopy(0, 0, calldatasize)
            let ok := delegatecall(gas, implementation, 0, calldatasize, 0, 0)
            returndatacopy(0, 0, returndatasize)
            switch ok
                case 0 {
                    revert(0, returndatasize)
                }
                default {
                    return(0, returndatasize)
                }
        }
    }

    function _load(bytes32 slot) private view returns (address value) {
        assembly {
            value := sload(slot)
        }
    }

    function _store(bytes32 slot, address value) private {
        assembly {
            sstore(slot, value)
        }
    }
}
