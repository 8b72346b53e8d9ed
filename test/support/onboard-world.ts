import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Abi, decodeFunctionResult, encodeDeployData, encodeFunctionData, parseAbi } from 'viem'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { type Address, type Hex, toAddress } from '../../src/core/hex.ts'
import {
  breakerAbi,
  breakerBytecode,
  patchGateAbi,
  patchGateBytecode,
  restrictionVerifierAbi,
  restrictionVerifierBytecode,
} from '../../src/generated/contracts.ts'
import type { Batch } from '../../src/governance/batches/types.ts'
import type { CompiledContract } from './compile-solidity.ts'

const require = createRequire(import.meta.url)

interface Receipt {
  readonly status: Hex
  readonly contractAddress: Address
}

/** A node on which anybody may be the sender, and what is needed to act on it. */
export interface World {
  readonly node: LocalNode
  readonly accounts: readonly Address[]
  send(from: Address, to: Address | null, data: Hex, value?: bigint): Promise<Receipt>
  /** Whether the call would succeed. */
  works(from: Address, to: Address, data: Hex): Promise<boolean>
  read(to: Address, signature: string, args?: readonly unknown[]): Promise<unknown>
  create(contract: Pick<CompiledContract, 'abi' | 'creation'>, args?: readonly unknown[]): Promise<Address>
  /** Every call of the batches by its sender. */
  perform(batches: readonly Batch[]): Promise<void>
}

export async function startWorld(): Promise<World> {
  const node = await startLocalNode({ autoImpersonate: true, hardfork: 'prague' })
  const accounts = (await node.rpc.request<Address[]>('eth_accounts')).map(toAddress)
  const fund = (address: Address) => node.rpc.request('anvil_setBalance', [address, '0x56bc75e2d63100000'])

  /** A node that mines on demand answers before it has mined. */
  async function awaitReceipt(hash: Hex): Promise<Receipt> {
    for (;;) {
      const receipt = await node.rpc.request<Receipt | null>('eth_getTransactionReceipt', [hash])
      if (receipt) return receipt
      await sleep(5)
    }
  }
  async function send(from: Address, to: Address | null, data: Hex, value = 0n): Promise<Receipt> {
    await fund(from)
    const call = { from, ...(to ? { to } : {}), data, value: `0x${value.toString(16)}`, gas: '0xf00000' }
    const hash = await node.rpc.request<Hex>('eth_sendTransaction', [call])
    const receipt = await awaitReceipt(hash)
    if (receipt.status === '0x1') return receipt
    // The reason is not in the receipt.
    await node.rpc.request('eth_call', [call, 'latest'])
    throw new TypeError(`a transaction from ${from} to ${to} failed`)
  }
  async function works(from: Address, to: Address, data: Hex): Promise<boolean> {
    const [outcome] = await node.rpc.batch([{ method: 'eth_call', params: [{ from, to, data }, 'latest'] }])
    return outcome!.ok
  }
  async function read(to: Address, signature: string, args: readonly unknown[] = []): Promise<unknown> {
    const abi = parseAbi([`function ${signature}` as string]) as Abi
    const data = encodeFunctionData({ abi, args } as never)
    const output = await node.rpc.request<Hex>('eth_call', [{ to, data }, 'latest'])
    return decodeFunctionResult({ abi, data: output } as never)
  }
  async function create(
    { abi, creation }: Pick<CompiledContract, 'abi' | 'creation'>,
    args: readonly unknown[] = [],
  ) {
    const data = encodeDeployData({ abi, bytecode: creation, args })
    return toAddress((await send(accounts[0]!, null, data)).contractAddress)
  }
  async function perform(batches: readonly Batch[]): Promise<void> {
    for (const { from, to, data } of batches.flatMap(({ calls }) => calls)) await send(from, to, data)
  }
  return { node, accounts, send, works, read, create, perform }
}

/** A gate with its breaker and verifier; guardians are of no matter here. */
export async function deployGate(
  world: World,
  owner: Address,
  breakerOwner = owner,
): Promise<{ gate: Address; breaker: Address }> {
  const breaker = await world.create({ abi: breakerAbi as Abi, creation: breakerBytecode }, [
    breakerOwner,
    86_400n,
    7_776_000n,
  ])
  const verifier = await world.create(
    { abi: restrictionVerifierAbi as Abi, creation: restrictionVerifierBytecode },
    [owner, []],
  )
  return { breaker, gate: await deployGateOf(world, { owner, breaker, verifier }) }
}

interface GateParts {
  readonly owner: Address
  readonly breaker: Address
  readonly verifier: Address
}

export function deployGateOf(world: World, { owner, breaker, verifier }: GateParts): Promise<Address> {
  const guardians = [`0x${'01'.repeat(20)}`, `0x${'02'.repeat(20)}`]
  const args = [owner, breaker, verifier, 604_800n, guardians, 2n]
  return world.create({ abi: patchGateAbi as Abi, creation: patchGateBytecode }, args)
}

/** A contract another project compiled, from its package. */
export function readArtifact(file: string): Pick<CompiledContract, 'abi' | 'creation'> {
  const { abi, bytecode } = JSON.parse(readFileSync(require.resolve(file), 'utf8'))
  return { abi, creation: bytecode }
}

const ZERO: Address = '0x0000000000000000000000000000000000000000'

export const encode = (signature: string, args: readonly unknown[] = []): Hex =>
  encodeFunctionData({ abi: parseAbi([`function ${signature}` as string]), args } as never)

/** A Safe of one owner. */
export async function deploySafe(world: World, owner: Address): Promise<Address> {
  const folder = '@safe-global/safe-smart-account/build/artifacts/contracts'
  const singleton = await world.create(readArtifact(`${folder}/Safe.sol/Safe.json`))
  const safe = await world.create(readArtifact(`${folder}/proxies/SafeProxy.sol/SafeProxy.json`), [singleton])
  const setup = encode('setup(address[],uint256,address,bytes,address,address,uint256,address)', [
    [owner],
    1n,
    ZERO,
    '0x',
    ZERO,
    ZERO,
    0n,
    ZERO,
  ])
  await world.send(owner, safe, setup)
  return safe
}

/** One transaction of a Safe, as its only owner signs it: by being the sender. */
export async function sendBySafe(
  world: World,
  { safe, owner }: { safe: Address; owner: Address },
  { to, data }: { to: Address; data: Hex },
): Promise<void> {
  const signature = `0x${owner.slice(2).padStart(64, '0')}${'00'.repeat(32)}01` as Hex
  const call = encode(
    'execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)',
    [to, 0n, data, 0, 0n, 0n, 0n, ZERO, ZERO, signature],
  )
  await world.send(owner, safe, call)
}
