import { readFileSync } from 'node:fs'
import { compileSolidity } from '../../support/compile-solidity.ts'

const NEWEST = { compiler: 'solc', runs: 200, evmVersion: 'cancun' } as const

const VAULTS = `
pragma solidity ^0.8.20;
import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

abstract contract Book is OwnableUpgradeable, UUPSUpgradeable {
  mapping(address => uint256) public balanceOf;
  function initialize(address owner_) external initializer { __Ownable_init(owner_); }
  function deposit() external payable { balanceOf[msg.sender] += msg.value; }
  function withdraw(uint256 amount) external virtual;
  function _authorizeUpgrade(address) internal override onlyOwner {}
  function _pay(uint256 amount) internal {
    (bool ok, ) = msg.sender.call{value: amount}("");
    require(ok, "refused");
  }
}
/// @dev Pays before it books.
contract Vault is Book {
  function withdraw(uint256 amount) external override {
    require(balanceOf[msg.sender] >= amount, "balance");
    _pay(amount);
    unchecked { balanceOf[msg.sender] -= amount; }
  }
}
contract FixedVault is Book {
  function withdraw(uint256 amount) external override {
    balanceOf[msg.sender] -= amount;
    _pay(amount);
  }
}
/// @dev What a committee that was bribed would upgrade to.
contract StealingVault is Book {
  function withdraw(uint256) external pure override { revert("closed"); }
  function sweep() external { _pay(address(this).balance); }
}
/// @dev Withdraws its one deposit so many times.
contract Thief {
  Book immutable vault;
  address immutable boss = msg.sender;
  uint256 left;
  constructor(Book vault_) { vault = vault_; }
  function strike(uint256 times) external payable {
    vault.deposit{value: msg.value}();
    left = times;
    vault.withdraw(msg.value);
    (bool ok, ) = boss.call{value: address(this).balance}("");
    require(ok);
  }
  receive() external payable { if (--left > 0) vault.withdraw(msg.value); }
}`

/** UUPS vaults: with a flaw, without, and one that steals; and a thief. */
export const compileVaults = () => compileSolidity(VAULTS, NEWEST)

/** `VoteToken`, `DaoGovernor` and `TimelockController`: the DAO the contracts themselves are tested with. */
export function compileGovernance() {
  const source = new URL('../../../contracts/test/governance/mocks/Dao.sol', import.meta.url)
  return compileSolidity(readFileSync(source, 'utf8'), NEWEST)
}
