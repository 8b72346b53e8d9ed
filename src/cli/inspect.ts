import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import { resolveContract } from '../chain/resolve-proxy.ts'
import { createRpc } from '../chain/rpc.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, bytesOf, type Hex, toAddress, toQuantity } from '../core/hex.ts'
import { readJsonFile } from '../core/read-json.ts'
import { buildCfg } from '../evm/cfg.ts'
import { recoverFunctions } from '../evm/cfg-functions.ts'
import { buildSiteMap } from '../patching/site-map.ts'
import { print, printJson } from './output.ts'

interface InspectOptions {
  readonly rpcUrl?: string
  readonly chainId?: string
  readonly json?: boolean
}

export const inspectCommand = new Command('inspect')
  .description(
    'what Suture can see and patch of a contract: proxy, functions, control flow, patchable windows',
  )
  .argument(
    '<what>',
    'an address (with --rpc-url), runtime bytecode as 0x…, or a JSON file with a bytecode in it',
  )
  .addOption(new Option('--rpc-url <url>', 'node to ask').env('RPC_URL'))
  .option('--chain-id <id>', 'the chain the node must serve', '1')
  .option('--json', 'print one object')
  .action(async (what: string, options: InspectOptions) => {
    const subject = await readSubject(what, options)
    const cfg = buildCfg(bytesOf(subject.code))
    const functions = recoverFunctions(cfg)
    const siteMap = buildSiteMap(cfg)
    const patchable = siteMap.runs.reduce((bytes, { start, end }) => bytes + end - start, 0)
    const found = {
      ...subject.about,
      bytes: (subject.code.length - 2) / 2,
      blocks: cfg.blocks.size,
      reachedBlocks: cfg.reached.size,
      unresolvedJumps: cfg.unresolved.size,
      functions: functions.map(({ selector, entries }) => ({ selector, entries })),
      siteMap: { root: siteMap.root, runs: siteMap.runs.length, patchableBytes: patchable },
    }
    if (options.json) printJson(found)
    else describe(found)
  })

interface Subject {
  readonly code: Hex
  readonly about: { readonly [key: string]: unknown }
}

async function readSubject(what: string, options: InspectOptions): Promise<Subject> {
  if (/^0x[0-9a-fA-F]{40}$/.test(what)) return readAccount(toAddress(what), options)
  if (/^0x([0-9a-fA-F]{2})+$/.test(what)) return { code: what.toLowerCase() as Hex, about: {} }
  if (existsSync(what)) return { code: bytecodeIn(await readJsonFile(what), what), about: { file: what } }
  throw new SutureError('BYTECODE_INVALID', 'This is neither an address, nor bytecode, nor a file.', {
    meta: [
      `value: ${what.slice(0, 80)}`,
      'fix: give 0x and 40 digits, 0x and an even number of digits, or a path',
    ],
  })
}

async function readAccount(address: Address, { rpcUrl, chainId = '1' }: InspectOptions): Promise<Subject> {
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

function describe(found: { readonly [key: string]: unknown }): void {
  for (const [key, value] of Object.entries(found)) {
    if (key === 'functions') {
      const functions = value as readonly { readonly selector: Hex; readonly entries: readonly number[] }[]
      print(`functions: ${functions.length}`)
      for (const { selector, entries } of functions)
        print(`  ${selector} at ${entries.map((pc) => `0x${pc.toString(16)}`).join(', ')}`)
    } else print(`${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  }
}
