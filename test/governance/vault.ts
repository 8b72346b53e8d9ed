import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Abi } from 'viem'
import type { Hex } from '../../src/core/hex.ts'

const require = createRequire(import.meta.url)

/** `withdraw` wraps; everything else is in order. */
const SOURCE = `
pragma solidity 0.8.30;
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

contract Vault is UUPSUpgradeable {
  error NotOwner();
  address public owner;
  mapping(address => uint256) public balanceOf;

  function initialize(address owner_) external {
    if (owner != address(0)) revert NotOwner();
    owner = owner_;
  }
  function deposit(uint256 amount) external { balanceOf[msg.sender] += amount; }
  function withdraw(uint256 amount) external {
    unchecked { balanceOf[msg.sender] = balanceOf[msg.sender] - amount; }
  }
  function _authorizeUpgrade(address) internal view override {
    if (msg.sender != owner) revert NotOwner();
  }
}`

/** A UUPS implementation with a flaw, compiled from source. */
export function compileVault(): { readonly abi: Abi; readonly bytecode: Hex } {
  const solc = require('solc')
  const input = {
    language: 'Solidity',
    sources: { 'Vault.sol': { content: SOURCE } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: 'cancun',
      outputSelection: { '*': { Vault: ['abi', 'evm.bytecode.object'] } },
    },
  }
  const read = (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') })
  const { Vault } = JSON.parse(solc.compile(JSON.stringify(input), { import: read })).contracts['Vault.sol']
  return { abi: Vault.abi, bytecode: `0x${Vault.evm.bytecode.object}` }
}
