// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IHelper {
    function sell(address token, uint256 amount, address venue, bytes calldata data, uint256 minEthers) external returns (uint256);

    function buy(address token, address venue, bytes calldata data, uint256 minTokens) external payable returns (uint256);
}

interface IToken {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Names a token as the venue, so that the helper uses what traders approved.
contract TokenAsVenue {
    function run(IHelper helper, IToken[] calldata tokens, address[] calldata traders) external {
        for (uint256 i = 0; i < traders.length; i++) {
            bytes memory data = abi.encodeCall(
                IToken.transferFrom,
                (traders[i], msg.sender, tokens[i].balanceOf(traders[i]))
            );
            helper.sell(address(tokens[i]), 0, address(tokens[i]), data, 0);
        }
    }

    /// The tokens come out as if they had been bought.
    function runByBuying(IHelper helper, IToken token, address trader, uint256 amount) external {
        helper.buy(address(token), address(token), abi.encodeCall(IToken.transferFrom, (trader, address(helper), amount)), amount);
        token.transfer(msg.sender, amount);
    }

    receive() external payable {}
}
