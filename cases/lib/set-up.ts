import { getContractAddress } from 'viem'
import { type Address, toAddress } from '../../src/core/hex.ts'
import { actor, call, encode } from './steps.ts'
import type { Contract, World } from './types.ts'
import { artifactOf } from './world.ts'

export const ETHER = 10n ** 18n

/** So many people, the same ones every time. */
export function crowd(caseName: string, count: number): readonly Address[] {
  return Array.from({ length: count }, (_, index) => actor(`${caseName}/user ${index}`))
}

export async function fundAll(world: World, accounts: readonly Address[], wei: bigint): Promise<void> {
  for (const account of accounts) await world.fund(account, wei)
}

/** A contract wallet of this owner, with ether of its own. */
export async function deployWallet(world: World, owner: Address, wei = 0n): Promise<Contract> {
  const wallet = await world.deploy('Wallet', [owner], owner)
  if (wei > 0n) await world.fund(wallet.address, wei)
  return wallet
}

/** A contract wallet of this owner that can make several calls in one transaction, with ether of its own. */
export async function deployBatchWallet(world: World, owner: Address, wei = 0n): Promise<Contract> {
  const wallet = await world.deploy('BatchWallet', [owner], owner)
  if (wei > 0n) await world.fund(wallet.address, wei)
  return wallet
}

/** How the protocol is reached: `legacy` is a plain delegatecall proxy of old compilers with its implementation in the ERC-1967 slot. */
export type ProxyChoice = 'legacy' | 'erc1967' | 'transparent' | 'clone'

/** Deploys `name` behind a proxy and initialises it. The result has the proxy's address and the implementation's ABI. */
export async function deployProxied(
  world: World,
  kind: ProxyChoice,
  name: string,
  plan: { deployer: Address; initialize: readonly unknown[]; admin?: Address },
): Promise<Contract> {
  const { deployer, initialize, admin = deployer } = plan
  const { abi } = artifactOf(world.artifacts, name)
  const implementation = (await world.deploy(name, [], deployer)).address
  const data = encode({ abi }, 'initialize', initialize)
  if (kind === 'erc1967') {
    const { address } = await world.deploy('ERC1967Proxy', [implementation, data], deployer)
    return { address, abi }
  }
  if (kind === 'transparent') {
    const { address } = await world.deploy(
      'TransparentUpgradeableProxy',
      [implementation, admin, data],
      deployer,
    )
    return { address, abi }
  }
  const address =
    kind === 'legacy'
      ? (await world.deploy('LegacyProxy', [implementation, admin], deployer)).address
      : await cloneOf(world, implementation, deployer)
  await world.run(call(deployer, { address, abi }, 'initialize', initialize))
  return { address, abi }
}

async function cloneOf(world: World, implementation: Address, deployer: Address): Promise<Address> {
  const factory = await world.deploy('CloneFactory', [], deployer)
  await world.run(call(deployer, factory, 'clone', [implementation]))
  return toAddress(getContractAddress({ from: factory.address, nonce: 1n }))
}
