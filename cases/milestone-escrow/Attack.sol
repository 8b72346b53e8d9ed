// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IEscrow {
    function shutDown(address payable to) external;
}

/// Shuts the escrow down in its own favour.
contract ShutDownCaller {
    function run(IEscrow escrow) external {
        escrow.shutDown(payable(msg.sender));
    }

    function runAndKeep(IEscrow escrow) external {
        escrow.shutDown(payable(address(this)));
    }

    receive() external payable {}
}

/// The first in one transaction, by the constructor.
contract ShutDownAtOnce {
    constructor(IEscrow escrow) {
        escrow.shutDown(payable(msg.sender));
    }
}
