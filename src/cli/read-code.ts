import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolveContract } from '../chain/resolve-proxy.ts'
import { createRpc } from '../chain/rpc.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress, toQuantity } from '../core/hex.ts'
import { readJsonFile } from '../core/read-json.ts'

/** Where code named on the command line may be found. */
export interface CodeSource {
  readonly rpcUrl?: string
  readonly chainId?: string
}

interface Subject {
  readonly code: Hex
  readonly about: { readonly [key: string]: unknown }
}

/**
 * Runtime bytecode named on the command line: an address (behind a proxy that of the implementation), the bytecode itself, an artifact of
 * Foundry or Hardhat, or a text file with nothing but bytecode.
 *
 * @throws BYTECODE_INVALID, CONFIG_INVALID when there is no node to ask for an address.
 */
export async function readCode(what: string, options: CodeSource): Promise<Subject> {
  if (/^0x[0-9a-fA-F]{40}$/.test(what)) return readAccount(toAddress(what), options)
  if (/^0x([0-9a-fA-F]{2})+$/.test(what)) return { code: what.toLowerCase() as Hex, about: {} }
  if (existsSync(what)) return { code: await readFileCode(what), about: { file: what } }
  throw new SutureError('BYTECODE_INVALID', 'This is neither an address, nor bytecode, nor a file.', {
    meta: [
      `value: ${what.slice(0, 80)}`,
      'fix: give 0x and 40 digits, 0x and an even number of digits, or a path',
    ],
  })
}

async function readAccount(address: Address, { rpcUrl, chainId = '1' }: CodeSource): Promise<Subject> {
  if (rpcUrl === undefined) {
    throw new SutureError('CONFIG_INVALID', 'An address needs a node to be looked up at.', {
      meta: ['field: --rpc-url', 'fix: give --rpc-url, or set RPC_URL'],
    })
  }
  const rpc = createRpc({ urls: [rpcUrl], chainId: Number(chainId) })
  try {
    const resolved = await resolveContract(rpc, address)
    const code = await rpc.request<Hex>('eth_getCode', [resolved.implementation, 'latest'])
    const block = await rpc.request<Hex>('eth_blockNumber')
    if (code === '0x') {
      throw new SutureError('BYTECODE_INVALID', 'There is no code at this address.', {
        meta: [
          `address: ${resolved.implementation}`,
          `block: ${block}`,
          'fix: check the address and the chain',
        ],
      })
    }
    return { code, about: { ...resolved, block: toQuantity(BigInt(block)) } }
  } finally {
    rpc.close()
  }
}

async function readFileCode(file: string): Promise<Hex> {
  const text = (await readFile(file, 'utf8')).trim()
  if (/^(0x)?([0-9a-fA-F]{2})+$/.test(text)) return `0x${text.replace(/^0x/, '').toLowerCase()}`
  return bytecodeIn(await readJsonFile(file), file)
}

/** Foundry and Hardhat artifacts, or any object with `bytecode`. */
function bytecodeIn(value: unknown, file: string): Hex {
  const artifact = (value ?? {}) as { deployedBytecode?: string | { object?: string }; bytecode?: string }
  const { deployedBytecode, bytecode } = artifact
  const found =
    typeof deployedBytecode === 'object' ? deployedBytecode?.object : (deployedBytecode ?? bytecode)
  if (typeof found === 'string' && /^0x([0-9a-fA-F]{2})+$/.test(found)) return found.toLowerCase() as Hex
  throw new SutureError('BYTECODE_INVALID', 'The file holds no runtime bytecode.', {
    meta: [`file: ${file}`, 'field: deployedBytecode', 'fix: give a Foundry or Hardhat artifact'],
  })
}
