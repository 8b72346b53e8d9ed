// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

/// @dev An implementation that shows what arrives and what it gives back.
contract Mirror is Multicall {
    error Refused(uint256 code, string why);

    uint256 public stored;

    function echo(bytes calldata data) external payable returns (address, uint256, bytes memory) {
        return (msg.sender, msg.value, data);
    }

    function store(uint256 value) public {
        stored = value;
    }

    function storeDouble(uint256 value) external {
        store(2 * value);
    }

    function refuse(uint256 code) external pure {
        revert Refused(code, "because");
    }

    function refuseSilently() external pure {
        assembly {
            revert(0, 0)
        }
    }

    function panic(uint256 zero) external pure returns (uint256) {
        return 1 / zero;
    }

    /// @dev Selectors the shim has too.
    function shimOriginal() external payable returns (uint256) {
        return msg.value;
    }

    function proxiableUUID() external pure returns (bytes32) {
        return keccak256("not a slot");
    }

    function upgradeTo(address anything) external payable returns (address, uint256) {
        return (anything, msg.value);
    }

    receive() external payable {
        stored = msg.value;
    }

    fallback(bytes calldata data) external payable returns (bytes memory) {
        return bytes.concat("fallback:", data);
    }
}

/// @dev A vault that forgets to check a balance: `withdraw` wraps.
abstract contract Vault {
    error NotOwner();

    address public owner;
    mapping(address account => uint256) public balanceOf;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    function initialize(address owner_) external {
        if (owner != address(0)) revert NotOwner();
        owner = owner_;
    }

    function deposit(uint256 amount) external {
        balanceOf[msg.sender] += amount;
    }

    function withdraw(uint256 amount) external returns (uint256 left) {
        unchecked {
            left = balanceOf[msg.sender] - amount;
        }
        balanceOf[msg.sender] = left;
    }

    function setOwner(address owner_) external onlyOwner {
        owner = owner_;
    }
}

contract PlainVault is Vault {}

contract PlainVaultV2 is Vault {
    function version() external pure returns (uint256) {
        return 2;
    }
}

contract UupsVault is Vault, UUPSUpgradeable {
    function _authorizeUpgrade(address) internal override onlyOwner {}
}

contract UupsVaultV2 is Vault, UUPSUpgradeable {
    uint256 public version;

    function setVersion(uint256 version_) external {
        version = version_;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}
