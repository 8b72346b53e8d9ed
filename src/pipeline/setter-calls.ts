import { type Execution, type Origin, Taint } from '../chain/types.ts'
import { type Address, addressOfWord, type Hex, toWord, ZERO_ADDRESS } from '../core/hex.ts'
import { entries, observed } from '../diagnosis/evidence.ts'
import { visitOrigin } from '../diagnosis/origins.ts'
import { OP } from '../evm/opcodes.ts'
import type { Setter } from '../patching/state/setters.ts'
import { encodeSetter, type SetterCall } from '../patching/state/state-patch.ts'
import { overlayPatches } from '../verification/overlay-patches.ts'
import { lastAnchor } from '../verification/probes.ts'
import { attackersIn } from './attack-trial.ts'
import { stateBefore, type Witnessed } from './scene.ts'

const GAS = 5_000_000n
/** Accounts tried as the caller of one setter. */
const CALLERS = 6
/** Words of calldata while it is not known how many a function takes: none refuses more than it needs. */
const MANY_WORDS = 16
/** Returns the word of storage at the slot that is the first word of its calldata. */
const READER_CODE: Hex = '0x6000355460005260206000f3'

const BOUNDS: ReadonlySet<number> = new Set([OP.LT, OP.GT, OP.SLT, OP.SGT])
const EQUALITIES: ReadonlySet<number> = new Set([OP.EQ, OP.SUB, OP.XOR])

/** Who may call a setter, and with how many argument words. */
export interface Caller {
  readonly from: Address
  readonly words: number
}

/** A setter of a protected contract, and the words its arguments have when they change nothing. */
export interface Placed {
  readonly target: Address
  readonly setter: Setter
  readonly now: readonly bigint[]
  /** Functions of the same contract that ask for authority. */
  readonly guarded: ReadonlySet<Hex>
}

/** A call on the state before the attack. */
export async function callBefore(witnessed: Witnessed, call: SetterCall): Promise<Execution> {
  const { run, attack, history, benign, protection } = witnessed
  const anchor = lastAnchor({ attack, history })
  const { gasLimit } = anchor.block
  const transaction = { ...call, value: 0n, gas: gasLimit < GAS ? gasLimit : GAS }
  const state = stateBefore(attack, benign)
  const steps = [{ ...anchor, transaction }]
  const { executions } = await run({ steps, state, watch: protection.contracts, provenance: true })
  return executions[0]!
}

/** What stands in a slot before the attack. */
export async function readSlot(witnessed: Witnessed, target: Address, slot: bigint): Promise<bigint> {
  const { run, attack, history, benign } = witnessed
  const anchor = lastAnchor({ attack, history })
  const transaction = { from: ZERO_ADDRESS, to: target, data: toWord(slot), value: 0n, gas: GAS }
  const reader = { target, kind: 'state', runtime: READER_CODE, certificate: null } as const
  const state = overlayPatches(stateBefore(attack, benign), [reader])
  const { executions } = await run({ steps: [{ ...anchor, transaction }], state })
  const { output } = executions[0]!
  return output === '0x' ? 0n : BigInt(output)
}

/**
 * Who may call a setter: of the accounts its own code compares the caller with, and of those that used guarded functions of the contract in
 * history, the first that a call which changes nothing (or nearly) succeeds for. Null where there is none, and where the attacker
 * himself may call it.
 *
 * Failure mode: the holder of a role kept in a mapping, who did nothing in history, is not found; nor is one whose setter refuses both
 * the present value and its neighbours.
 */
export async function findCaller(witnessed: Witnessed, placed: Placed): Promise<Caller | null> {
  const { target, setter, now } = placed
  const attackers = attackersIn(witnessed)
  const asAttacker = await callBefore(witnessed, {
    from: witnessed.attack[0]!.transaction.from,
    to: target,
    data: encodeSetter(setter.selector, padded(now, MANY_WORDS)),
  })
  if (asAttacker.status === 'success') return null
  const { accounts, words } = readRefusal(asAttacker, target)
  const candidates = [...new Set([...accounts, ...trustedInHistory(witnessed, placed)])].filter(
    (account) => account !== target && account !== ZERO_ADDRESS && !attackers.has(account),
  )
  for (const from of candidates.slice(0, CALLERS)) {
    const caller = { from, words: Math.max(words, now.length) }
    if (await isLetIn(witnessed, { ...placed, caller })) return caller
  }
  return null
}

async function isLetIn(
  witnessed: Witnessed,
  { target, setter, now, caller }: Placed & { readonly caller: Caller },
): Promise<boolean> {
  const { argument } = setter.parameters[0]!
  const less = now.map((word, at) => (at === argument && word > 0n ? word - 1n : word))
  const more = now.map((word, at) => (at === argument ? word + 1n : word))
  for (const words of [now, less, more]) {
    const data = encodeSetter(setter.selector, padded(words, caller.words))
    const { status } = await callBefore(witnessed, { from: caller.from, to: target, data })
    if (status === 'success') return true
  }
  return false
}

/** Arguments with zeros behind them. */
export function padded(words: readonly bigint[], count: number): bigint[] {
  return Array.from({ length: Math.max(count, words.length) }, (_, at) => words[at] ?? 0n)
}

/** The accounts the caller was compared with before a call was refused, and the size of calldata that was asked for. */
function readRefusal(
  execution: Execution,
  target: Address,
): { readonly accounts: readonly Address[]; readonly words: number } {
  const accounts = new Set<Address>()
  let words = 0
  const seen = new Set<Origin>()
  for (const { observation, frames } of observed([execution])) {
    for (const { frame, condition } of observation.branches) {
      if (frames[frame]!.context !== target) continue
      visitOrigin(condition, seen, (node) => {
        if (node.op !== 'compute') return
        const account = comparedWithCaller(node)
        if (account) accounts.add(account)
        words = Math.max(words, wordsAsked(node))
      })
    }
  }
  return { accounts: [...accounts], words }
}

type Computation = Extract<Origin, { readonly op: 'compute' }>

/** The account a comparison holds the caller against, wherever it was kept: in a slot, in the code, in another contract. */
function comparedWithCaller({ opcode, inputs }: Computation): Address | null {
  if (!EQUALITIES.has(opcode)) return null
  const caller = inputs.find(({ taint }) => taint === Taint.caller)
  const other = inputs.find((input) => input !== caller)
  return caller && other && (other.taint & Taint.calldata) === 0 ? addressOfWord(other.value) : null
}

/** Compilers compare the size of calldata, with or without the four bytes of the selector, with what a function's arguments take. */
function wordsAsked({ opcode, inputs }: Computation): number {
  if (!BOUNDS.has(opcode)) return 0
  const size = inputs.find(isSizeOfCalldata)
  const asked = inputs.find(({ op }) => op === 'constant')
  if (!size || !asked) return 0
  return Math.min(MANY_WORDS, Number(asked.value / 32n))
}

function isSizeOfCalldata(origin: Origin): boolean {
  if (origin.op === 'environment') return origin.opcode === OP.CALLDATASIZE
  return origin.op === 'compute' && origin.inputs.some(isSizeOfCalldata) && origin.inputs.every(isFixed)
}

const isFixed = (origin: Origin): boolean => origin.op === 'constant' || origin.op === 'environment'

/** Who used guarded functions of the contract: callers of the setter itself first. */
function trustedInHistory(
  { benign, protection }: Witnessed,
  { target, setter, guarded }: Placed,
): readonly Address[] {
  const calls = benign.executions
    .flatMap((execution) => entries(execution, protection))
    .filter((frame) => frame.context === target && !frame.reverted && guarded.has(frame.selector))
  const own = calls.filter(({ selector }) => selector === setter.selector)
  return [...own, ...calls].map(({ caller }) => caller)
}
