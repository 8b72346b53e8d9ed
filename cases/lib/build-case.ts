import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { SutureError } from '../../src/core/errors.ts'
import { type Hex, hexOf, toAddress, toQuantity } from '../../src/core/hex.ts'
import { compileUnit } from './compile.ts'
import { type CaseNode, startCaseNode } from './node.ts'
import { replayCase } from './replay.ts'
import type {
  Artifacts,
  CaseDeclaration,
  CaseFile,
  CaseTransaction,
  CompilationUnit,
  Fix,
  Step,
} from './types.ts'
import { createWorld, quantities } from './world.ts'

const CHAIN_ID = 1
/** The set-up begins a hundred thousand blocks and a million seconds (11.5 days) before the attack. */
const SETUP = { number: 20_000_000n, timestamp: 1_720_000_000n }
const BLOCK: CaseFile['block'] = {
  number: toQuantity(20_100_000n),
  timestamp: toQuantity(1_721_000_000n),
  baseFeePerGas: '0x0',
  gasLimit: toQuantity(30_000_000n),
  coinbase: '0x00000000000000000000000000000000c01bba5e',
  prevRandao: `0x${'5e'.repeat(32)}`,
}
/** Anvil puts it into every genesis; no case uses it. */
const CREATE2_FACTORY = '0x4e59b44847b379578588920ca78fbf26c0b4956c'

/** What every case may deploy besides its own sources. Without PUSH0, so that it runs on every hardfork. */
const SHARED: readonly CompilationUnit[] = [
  {
    compiler: '0.8.30',
    optimizerRuns: 200,
    evmVersion: 'london',
    files: ['Wallet.sol', 'BatchWallet.sol', 'Tokens.sol', 'Proxies.sol', 'Exchange.sol'],
  },
  { compiler: '0.5.17', optimizerRuns: 200, evmVersion: 'istanbul', files: ['LegacyProxy.sol'] },
]

export interface BuiltCase {
  readonly file: CaseFile
  readonly variants: readonly (readonly CaseTransaction[])[]
}

/**
 * Builds a case from its declaration: compiles, deploys and sets up on a fresh node, takes the state, then runs history, attack
 * and variants on it to see that they do what the author says, and to measure the loss. Then the same with the fixed sources, on
 * which the history must go as before and no attack may pay. The same declaration gives the same result.
 *
 * @throws SutureError `CASE_INVALID` where the case is not what its author says
 */
export async function buildCase<Parts>(
  name: string,
  declaration: CaseDeclaration<Parts>,
  folder: string,
): Promise<BuiltCase> {
  const { file, history, attacks } = await prepare(name, declaration, folder, [])
  const replay = await replayCase(file)
  expectStatuses(`${name} history`, history, replay.history)
  const lost: (readonly bigint[])[] = []
  for (const [index, attack] of attacks.entries()) {
    const run = index === 0 ? replay : await replayCase(file, attack.map(quantities))
    expectStatuses(attackName(name, index), attack, run.attack)
    expectLoss(attackName(name, index), run.lost)
    lost.push(run.lost)
  }
  await expectFixed(name, declaration, folder)
  const loss = file.loss.map((entry, index) => ({ ...entry, amount: toQuantity(lost[0]![index]!) }))
  const variants = attacks.slice(1).map((variant) => variant.map(quantities))
  return { file: { ...file, loss }, variants }
}

async function expectFixed<Parts>(
  name: string,
  declaration: CaseDeclaration<Parts>,
  folder: string,
): Promise<void> {
  const fixed = await prepare(name, declaration, folder, declaration.fix)
  for (const [index, attack] of fixed.attacks.entries()) {
    const run = await replayCase(fixed.file, attack.map(quantities))
    expectStatuses(`${name} history when fixed`, fixed.history, run.history)
    if (run.lost.some((amount) => amount > 0n))
      throw new SutureError(
        'CASE_INVALID',
        `The ${attackName(name, index)} pays although the source is fixed.`,
        {
          meta: [`lost: ${run.lost.join(', ')}`],
        },
      )
  }
}

/** The case without its losses, and what its author expects of it. The first attack is the case's, the others are variants. */
async function prepare<Parts>(
  name: string,
  declaration: CaseDeclaration<Parts>,
  folder: string,
  fixes: readonly Fix[],
) {
  const artifacts = compileAll(declaration.units, folder, fixes)
  const { parts, alloc } = await setUp(declaration, artifacts)
  const history = declaration.history(parts)
  const attack = declaration.attack(parts, artifacts)
  const file: CaseFile = {
    format: 'suture-case/1',
    name,
    source: `own re-creation: ${declaration.about}`,
    chainId: CHAIN_ID,
    hardfork: declaration.hardfork,
    block: BLOCK,
    alloc,
    protected: declaration.protect(parts).map((contract) => contract.address),
    history: history.map(quantities),
    attack: attack.map(quantities),
    loss: declaration.loss(parts).map((loss) => ({ ...loss, amount: '0x0' })),
    class: declaration.class,
  }
  return { file, history, attacks: [attack, ...declaration.variants(parts, artifacts)] }
}

const attackName = (name: string, index: number) => `${name} ${index === 0 ? 'attack' : `variant ${index}`}`

function compileAll(units: readonly CompilationUnit[], folder: string, fixes: readonly Fix[]): Artifacts {
  const shared = SHARED.map((unit) => compileUnit(unit, join(import.meta.dirname, 'sol')))
  return Object.assign({}, ...shared, ...units.map((unit) => compileUnit(unit, folder, fixes)))
}

async function setUp<Parts>(declaration: CaseDeclaration<Parts>, artifacts: Artifacts) {
  const { hardfork } = declaration
  const node = await startCaseNode({ chainId: CHAIN_ID, hardfork, block: BLOCK, first: SETUP, alloc: {} })
  try {
    const parts = await declaration.setUp(createWorld(node, artifacts, SETUP.timestamp))
    return { parts, alloc: await dumpAlloc(node) }
  } finally {
    await node.stop()
  }
}

interface DumpedAccount {
  readonly nonce: number
  readonly balance: Hex
  readonly code: Hex
  readonly storage: Readonly<Record<Hex, Hex>>
}

async function dumpAlloc(node: CaseNode): Promise<CaseFile['alloc']> {
  const dump = Buffer.from((await node.request<Hex>('anvil_dumpState')).slice(2), 'hex')
  const { accounts } = JSON.parse(gunzipSync(dump).toString()) as { accounts: Record<Hex, DumpedAccount> }
  const kept = sortedEntries(accounts).filter(
    ([address, { nonce, balance, code }]) =>
      toAddress(address) !== CREATE2_FACTORY && (nonce > 0 || BigInt(balance) > 0n || code !== '0x'),
  )
  return Object.fromEntries(
    kept.map(([address, { nonce, balance, code, storage }]) => {
      const slots = sortedEntries(storage)
        .map(([slot, value]) => [word(slot), word(value)] as const)
        .filter(([, value]) => BigInt(value) !== 0n)
      return [
        toAddress(address),
        {
          balance: toQuantity(BigInt(balance)),
          nonce: toQuantity(nonce),
          ...(code === '0x' ? {} : { code }),
          ...(slots.length === 0 ? {} : { storage: Object.fromEntries(slots) }),
        },
      ]
    }),
  )
}

const word = (value: Hex): Hex => hexOf(Buffer.from(value.slice(2).padStart(64, '0'), 'hex'))

function sortedEntries<T>(record: Readonly<Record<Hex, T>>): [Hex, T][] {
  return (Object.entries(record) as [Hex, T][]).sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
}

function expectStatuses(what: string, steps: readonly Step[], statuses: readonly boolean[]): void {
  const wrong = steps.flatMap((step, index) =>
    step.reverts === !statuses[index]
      ? []
      : [`#${index} ${step.reverts ? 'succeeded' : 'reverted'}: ${step.data.slice(0, 10)} to ${step.to}`],
  )
  if (wrong.length > 0)
    throw new SutureError('CASE_INVALID', `The transactions of ${what} do not end as declared.`, {
      meta: wrong,
    })
}

function expectLoss(what: string, lost: readonly bigint[]): void {
  if (!lost.some((amount) => amount > 0n))
    throw new SutureError('CASE_INVALID', `The ${what} takes nothing.`, {
      meta: [`lost: ${lost.join(', ')}`],
    })
}
