import { startLocalNode } from '../../src/chain/local-node.ts'
import type { Rpc } from '../../src/chain/types.ts'
import { SutureError } from '../../src/core/errors.ts'
import { bytesOf, type Hex, toQuantity, toWord } from '../../src/core/hex.ts'
import { buildCfg, type Cfg } from '../../src/evm/cfg.ts'
import { functionEntry } from '../../src/evm/cfg-functions.ts'
import { OP } from '../../src/evm/opcodes.ts'
import { assemblePatch } from '../../src/patching/assemble.ts'
import { checkCertificate } from '../../src/patching/checker/check-certificate.ts'
import { sitesForEntry } from '../../src/patching/entry.ts'
import { buildSiteMap, type SiteMap } from '../../src/patching/site-map.ts'
import type { PlacedGuard } from '../../src/patching/types.ts'
import { createRandom } from '../../test/support/random.ts'
import { type CallTrace, traceCall } from '../../test/support/traced-call.ts'
import { poolOf } from '../differential/plan.ts'
import type { Subject, SubjectCall } from '../differential/subject.ts'
import { CALLER_SLOT, KINDS, LIMIT_SLOT, type SeenCall } from './kinds.ts'

/** What one set of guards costs in one call of one contract. */
export interface GuardCost {
  readonly kind: string
  readonly contract: string
  /** Bytes appended for it: guards, instructions that moved there, ways back; not what a patch has once. */
  readonly bytes: number
  /** Gas of the call beyond what it takes on the original. */
  readonly gas: number
  /** Gas of the call on the original, with the 21,000 and the calldata of a transaction. */
  readonly before: number
}

/** Padding and the code that refuses, once for each patch. */
const ONCE = 47
/** Calls measured for each contract, and places for each kind in one call. */
const CALLS = 4
const PLACES = 1
/** Calls tried until so many succeed. */
const FIRST_TRIED = 24
const MAX = 2n ** 256n - 1n

/** Costs on one contract, from calls that succeed on its recorded state and end the same with the guards; none where none does. */
export async function measureGuards(subject: Subject): Promise<GuardCost[]> {
  const { address, alloc, chainId, number, timestamp } = subject
  const node = await startLocalNode({
    chainId,
    hardfork: 'cancun',
    genesis: alloc,
    blockNumber: number,
    timestamp,
  })
  try {
    const code = bytesOf(alloc[address]!.code)
    const cfg = buildCfg(code)
    const contract: Contract = { subject, code, cfg, siteMap: buildSiteMap(cfg), rpc: node.rpc }
    const costs: GuardCost[] = []
    let succeeded = 0
    const pool = poolOf(createRandom(1), subject).calls.filter(({ to }) => to === address)
    for (const call of pool.slice(0, FIRST_TRIED)) {
      if (succeeded === CALLS) break
      const trace = await run(contract, call)
      if (!trace || trace.failed) continue
      succeeded++
      costs.push(...(await measureCall(contract, call, trace)))
    }
    return costs
  } finally {
    await node.stop()
  }
}

interface Contract {
  readonly subject: Subject
  readonly code: Uint8Array
  readonly cfg: Cfg
  readonly siteMap: SiteMap
  readonly rpc: Rpc
}

async function measureCall(contract: Contract, call: SubjectCall, before: CallTrace): Promise<GuardCost[]> {
  const seen: SeenCall = {
    from: call.from,
    once: instructionsOnce(before),
    entry: entryOf(contract, call.data),
  }
  const costs: GuardCost[] = []
  for (const { name, place } of KINDS) {
    for (const placed of place(seen).slice(0, PLACES)) {
      const patched = patch(contract, placed)
      const after = patched && (await run(contract, call, patched))
      if (!after || after.failed || after.output !== before.output) continue
      const bytes = bytesOf(patched).length - contract.code.length - ONCE
      costs.push({
        kind: name,
        contract: contract.subject.name,
        bytes,
        gas: after.gas - before.gas,
        before: before.gas,
      })
    }
  }
  return costs
}

/** null where the node gives no trace. */
async function run({ subject, rpc }: Contract, call: SubjectCall, code?: Hex): Promise<CallTrace | null> {
  const { from, to, value, data } = call
  const slots = { [toWord(CALLER_SLOT)]: toWord(BigInt(from)), [toWord(LIMIT_SLOT)]: toWord(MAX) }
  const overrides = {
    [from]: { balance: toQuantity(10n ** 24n) },
    [subject.address]: { ...(code ? { code } : {}), stateDiff: slots },
  }
  try {
    return await traceCall(rpc, { from, to, data, value: toQuantity(value) }, overrides)
  } catch {
    return null
  }
}

const WRAPS: Readonly<Record<number, (a: bigint, b: bigint) => boolean>> = {
  [OP.ADD]: (a, b) => a + b > MAX,
  [OP.SUB]: (a, b) => a < b,
  [OP.MUL]: (a, b) => a * b > MAX,
}
const NAMES: Readonly<Record<string, number>> = { ADD: OP.ADD, SUB: OP.SUB, MUL: OP.MUL, CALL: OP.CALL }

function instructionsOnce({ steps }: CallTrace): Map<number, number[]> {
  const times = new Map<number, number>()
  for (const { pc, depth } of steps) if (depth === 1) times.set(pc, (times.get(pc) ?? 0) + 1)
  const once = new Map<number, number[]>()
  for (const { pc, op, depth, stack } of steps) {
    const opcode = NAMES[op]
    if (depth !== 1 || opcode === undefined || times.get(pc) !== 1) continue
    const [a, b] = [BigInt(stack.at(-1)!), BigInt(stack.at(-2)!)]
    if (!WRAPS[opcode]?.(a, b)) once.set(opcode, [...(once.get(opcode) ?? []), pc])
  }
  return once
}

function entryOf({ cfg, siteMap }: Contract, data: Hex): number[] {
  return (
    possibly(() => {
      const { entries } = functionEntry(cfg, data.slice(0, 10) as Hex)
      return [...new Set(entries.flatMap((entry) => sitesForEntry(cfg, siteMap, entry)))]
    }) ?? []
  )
}

function patch({ code, siteMap }: Contract, guards: readonly PlacedGuard[]): Hex | null {
  const made = possibly(() => assemblePatch({ code, siteMap, guards }))
  if (!made) return null
  const claim = { original: code, patched: bytesOf(made.runtime), certificate: made.certificate }
  if (checkCertificate({ ...claim, siteMapRoot: siteMap.root }).accepted) return made.runtime
  throw new SutureError('CERTIFICATE_REJECTED', 'A patch of the benchmark is no restriction.')
}

/** null where there is no room for a guard. */
function possibly<T>(make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    if (error instanceof SutureError && error.code === 'PATCH_IMPOSSIBLE') return null
    throw error
  }
}
