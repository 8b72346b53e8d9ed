import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Abi, encodeDeployData, encodeFunctionData, keccak256, stringToHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Address, type Hex, toAddress, toWord, ZERO_ADDRESS } from '../core/hex.ts'
import { type LocalNode, startLocalNode } from './local-node.ts'
import { resolveContract } from './resolve-proxy.ts'

const require = createRequire(import.meta.url)

const SOURCE = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import "@openzeppelin/contracts/proxy/Clones.sol";

contract Vault { uint256 public total; function start() external { total = 1; } }
contract UpgradeableVault is UUPSUpgradeable { uint256 public total; function start() external { total = 1; } function _authorizeUpgrade(address) internal override {} }
contract Factory {
  event Made(address instance);
  function plain(address target) external { emit Made(Clones.clone(target)); }
  function withArguments(address target) external { emit Made(Clones.cloneWithImmutableArgs(target, hex"c0ffee")); }
}
contract Diamond {
  struct Facet { address facet; bytes4[] selectors; }
  address immutable first; address immutable second;
  constructor(address a, address b) { first = a; second = b; }
  function facets() external view returns (Facet[] memory list) {
    list = new Facet[](2);
    list[0].facet = first; list[0].selectors = new bytes4[](2);
    list[0].selectors[0] = 0x7a0ed627; list[0].selectors[1] = 0x01020304;
    list[1].facet = second; list[1].selectors = new bytes4[](1);
    list[1].selectors[0] = 0xaabbccdd;
  }
}
contract AcceptsAnything { fallback() external payable {} }
contract AnswersWithNonsense { fallback(bytes calldata) external returns (bytes memory) { return hex"ffffffff"; } }
`

interface Artifact {
  abi: Abi
  evm: { bytecode: { object: string }; deployedBytecode: { object: string } }
}
let artifacts: Record<string, Artifact>
let node: LocalNode
let sender: Address
beforeAll(async () => {
  node = await startLocalNode()
  sender = (await node.rpc.request<Address[]>('eth_accounts'))[0]!
  const input = {
    language: 'Solidity',
    sources: { 'test.sol': { content: SOURCE } },
    settings: {
      evmVersion: 'cancun',
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode', 'evm.deployedBytecode'] } },
    },
  }
  const findImport = (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') })
  const output = JSON.parse(require('solc').compile(JSON.stringify(input), { import: findImport }))
  artifacts = Object.assign({}, ...(Object.values(output.contracts) as Record<string, Artifact>[]))
})
afterAll(() => node.stop())

interface Receipt {
  readonly status: Hex
  readonly contractAddress: Address
  readonly logs: readonly { readonly data: Hex }[]
}

async function send(to: Address | null, data: Hex): Promise<Receipt> {
  const hash = await node.rpc.request<Hex>('eth_sendTransaction', [
    { from: sender, ...(to ? { to } : {}), data },
  ])
  const find = () => node.rpc.request<Receipt | null>('eth_getTransactionReceipt', [hash])
  await expect.poll(find).toMatchObject({ status: '0x1' })
  return (await find())!
}

async function deploy(name: string, args: readonly unknown[] = []): Promise<Address> {
  const { abi, evm } = artifacts[name]!
  const data = encodeDeployData({ abi, bytecode: `0x${evm.bytecode.object}`, args })
  return toAddress((await send(null, data)).contractAddress)
}

const START: Hex = '0xbe9a6555'

const set = (address: Address, slot: Hex, value: Address) =>
  node.rpc.request('anvil_setStorageAt', [address, slot, toWord(BigInt(value))])

test('a contract that is no proxy stands for itself, and so does an account without code', async () => {
  for (const address of [await deploy('Vault'), sender]) {
    expect(await resolveContract(node.rpc, address)).toEqual({
      address,
      kind: 'none',
      implementation: address,
    })
  }
})

test('a plain ERC-1967 proxy leads to its implementation', async () => {
  const implementation = await deploy('Vault')
  const address = await deploy('ERC1967Proxy', [implementation, START])
  expect(await resolveContract(node.rpc, address)).toEqual({ address, kind: 'erc1967', implementation })
})

test('an ERC-1967 proxy whose implementation upgrades itself is UUPS', async () => {
  const implementation = await deploy('UpgradeableVault')
  const address = await deploy('ERC1967Proxy', [implementation, START])
  expect(await resolveContract(node.rpc, address)).toEqual({ address, kind: 'uups', implementation })
})

test('a transparent proxy names its admin', async () => {
  const implementation = await deploy('Vault')
  const address = await deploy('TransparentUpgradeableProxy', [implementation, sender, START])
  const resolved = await resolveContract(node.rpc, address)
  expect(resolved).toMatchObject({ kind: 'transparent', implementation })
  expect(resolved.admin).toMatch(/^0x[0-9a-f]{40}$/)
  expect(resolved.admin).not.toBe(ZERO_ADDRESS)
})

test('a beacon proxy leads through its beacon, and follows it when it changes', async () => {
  const [implementation, next] = [await deploy('Vault'), await deploy('UpgradeableVault')]
  const beacon = await deploy('UpgradeableBeacon', [implementation, sender])
  const address = await deploy('BeaconProxy', [beacon, START])
  expect(await resolveContract(node.rpc, address)).toEqual({
    address,
    kind: 'beacon',
    implementation,
    beacon,
  })
  const block = BigInt(await node.rpc.request<Hex>('eth_blockNumber'))
  const { abi } = artifacts.UpgradeableBeacon!
  await send(beacon, encodeFunctionData({ abi, functionName: 'upgradeTo', args: [next] }))
  expect((await resolveContract(node.rpc, address)).implementation).toBe(next)
  expect((await resolveContract(node.rpc, address, block)).implementation).toBe(implementation)
})

test.each(['plain', 'withArguments'])(
  'a minimal proxy (%s) leads to what it delegates to',
  async (functionName) => {
    const [implementation, factory] = [await deploy('Vault'), await deploy('Factory')]
    const { abi } = artifacts.Factory!
    const { logs } = await send(factory, encodeFunctionData({ abi, functionName, args: [implementation] }))
    const address: Address = `0x${logs[0]!.data.slice(26)}`
    expect(await resolveContract(node.rpc, address)).toEqual({ address, kind: 'minimal', implementation })
  },
)

test.each([
  ['with PUSH0', (target: string) => `0x5f5f365f5f37365f73${target}5af43d5f5f3e5f3d91602a57fd5bf3`],
  ['as an account with lent code', (target: string) => `0xef0100${target}`],
])('a minimal proxy %s leads to what it delegates to', async (_name, code) => {
  const implementation = await deploy('Vault')
  const address: Address = '0x00000000000000000000000000000000000c0de1'
  await node.rpc.request('anvil_setCode', [address, code(implementation.slice(2))])
  expect(await resolveContract(node.rpc, address)).toEqual({ address, kind: 'minimal', implementation })
})

test('a diamond lists its facets by selector', async () => {
  const [first, second] = [await deploy('Vault'), await deploy('UpgradeableVault')]
  const address = await deploy('Diamond', [first, second])
  expect(await resolveContract(node.rpc, address)).toEqual({
    address,
    kind: 'diamond',
    implementation: first,
    facets: { '0x7a0ed627': first, '0x01020304': first, '0xaabbccdd': second },
  })
})

test.each(['AcceptsAnything', 'AnswersWithNonsense'])('a fallback that %s makes no diamond', async (name) => {
  expect(await resolveContract(node.rpc, await deploy(name))).toMatchObject({ kind: 'none' })
})

test('slots older than ERC-1967 are read', async () => {
  const [implementation, address] = [await deploy('Vault'), await deploy('AcceptsAnything')]
  await set(address, keccak256(stringToHex('org.zeppelinos.proxy.implementation')), implementation)
  expect(await resolveContract(node.rpc, address)).toEqual({ address, kind: 'erc1967', implementation })
  await set(address, keccak256(stringToHex('org.zeppelinos.proxy.admin')), sender)
  expect(await resolveContract(node.rpc, address)).toEqual({
    address,
    kind: 'transparent',
    implementation,
    admin: toAddress(sender),
  })
  const other = await deploy('AcceptsAnything')
  await set(other, keccak256(stringToHex('PROXIABLE')), implementation)
  expect(await resolveContract(node.rpc, other)).toEqual({ address: other, kind: 'uups', implementation })
})

test('an address in capitals is resolved in lower case', async () => {
  const address = await deploy('Vault')
  const loud = `0x${address.slice(2).toUpperCase()}` as Address
  expect((await resolveContract(node.rpc, loud)).address).toBe(address)
})

test('an answer that is not bytes is refused', async () => {
  const broken = {
    ...node.rpc,
    batch: async (calls: readonly unknown[]) => calls.map(() => ({ ok: true, result: 7 }) as const),
  }
  await expect(resolveContract(broken, sender)).rejects.toMatchObject({ code: 'RPC_RESPONSE_INVALID' })
})
