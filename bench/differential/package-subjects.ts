import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Abi, encodeDeployData } from 'viem'
import { startLocalNode } from '../../src/chain/local-node.ts'
import type { Genesis, Rpc } from '../../src/chain/types.ts'
import { type Address, bytesOf, type Hex, toQuantity } from '../../src/core/hex.ts'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { ARTIFACTS, OPENZEPPELIN_4, OPENZEPPELIN_5, SOLIDSTATE } from './package-sources.ts'
import { LONGEST_CODE, type Subject } from './subject.ts'

const ROOT = join(import.meta.dirname, '../..')
const DEPLOYER: Address = '0x00000000000000000000000000000000000b0001'
const SHORTEST_CODE = 200

interface Creation {
  readonly name: string
  readonly abi: Abi
  readonly creation: Hex
}

/**
 * Contracts of packages from npm, each deployed on a node of its own kind of arguments, so that constructors have run: what one
 * deploys itself is in its world too. What refuses such arguments, or is longer than guards leave room for, is left out.
 */
export async function packageSubjects(): Promise<Subject[]> {
  const node = await startLocalNode({
    hardfork: 'cancun',
    accounts: 0,
    autoImpersonate: true,
    mining: 'manual',
  })
  try {
    await node.rpc.request('anvil_setBalance', [DEPLOYER, toQuantity(10n ** 24n)])
    const deployed: { readonly name: string; readonly address: Address }[] = []
    for (const creation of creations()) {
      const address = await deploy(node.rpc, creation)
      if (address !== null) deployed.push({ name: creation.name, address })
    }
    const alloc = await readState(node.rpc)
    return deployed
      .filter(({ address }) => isPatchable(alloc[address]!.code))
      .map(({ name, address }) => ({
        name,
        source: 'package' as const,
        address,
        chainId: 31_337,
        number: 1_000n,
        timestamp: 1_800_000_000n,
        alloc,
        calls: [],
      }))
  } finally {
    await node.stop()
  }
}

function creations(): Creation[] {
  const newest = { compiler: 'solc', runs: 200, evmVersion: 'cancun' } as const
  const compiled = [
    compileSolidity(OPENZEPPELIN_5, newest),
    compileSolidity(OPENZEPPELIN_4, { compiler: 'solc-0.8.19', runs: 200 }),
    compileSolidity(SOLIDSTATE, newest),
  ].flatMap((contracts) => Object.entries(contracts).map(([name, contract]) => ({ name, ...contract })))
  const artifacts = ARTIFACTS.map((path) => {
    const {
      contractName: name,
      abi,
      bytecode: creation,
    } = JSON.parse(readFileSync(join(ROOT, 'node_modules', path), 'utf8')) as {
      contractName: string
      abi: Abi
      bytecode: Hex
    }
    return { name, abi, creation }
  })
  return [...compiled, ...artifacts].filter(({ creation }) => creation.length > 2 && !creation.includes('__'))
}

async function deploy(rpc: Rpc, { abi, creation }: Creation): Promise<Address | null> {
  const inputs = abi.find((item) => item.type === 'constructor')?.inputs ?? []
  const data = encodeDeployData({ abi, bytecode: creation, args: inputs.map(({ type }) => argumentOf(type)) })
  const gas = toQuantity(12_000_000)
  const hash = await rpc.request<Hex>('eth_sendTransaction', [{ from: DEPLOYER, data, gas }])
  await rpc.request('evm_mine')
  const { status, contractAddress } = await rpc.request<{ status: Hex; contractAddress: Address | null }>(
    'eth_getTransactionReceipt',
    [hash],
  )
  return BigInt(status) === 1n ? contractAddress : null
}

/** The simplest value most constructors accept. */
function argumentOf(type: string): unknown {
  if (type.endsWith('[]')) return [argumentOf(type.slice(0, -2))]
  if (type === 'address') return DEPLOYER
  if (type === 'bool') return true
  if (type === 'string') return 'name'
  if (type === 'bytes') return '0x'
  if (type.startsWith('bytes')) return `0x${'00'.repeat(Number(type.slice(5)))}`
  return 1_000n
}

interface DumpedAccount {
  readonly balance: Hex
  readonly nonce: number
  readonly code: Hex
  readonly storage: Readonly<Record<Hex, Hex>>
}

/** Every account of the node. */
async function readState(rpc: Rpc): Promise<Genesis> {
  const dump = gunzipSync(bytesOf(await rpc.request<Hex>('anvil_dumpState'))).toString()
  const { accounts } = JSON.parse(dump) as { accounts: Record<Address, DumpedAccount> }
  return Object.fromEntries(
    Object.entries(accounts).map(([address, { balance, nonce, code, storage }]) => [
      address,
      { balance: BigInt(balance), nonce: BigInt(nonce), code, storage },
    ]),
  )
}

function isPatchable(code: Hex): boolean {
  const length = (code.length - 2) / 2
  return length >= SHORTEST_CODE && length <= LONGEST_CODE
}
