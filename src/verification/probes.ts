import type { Execution, Step } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import { selectorsAt } from './selectors.ts'
import type { Probe, VerificationRequest } from './types.ts'

/** Somebody no contract knows. */
const STRANGER: Address = '0x00000000000000000000000000000000deca1fed'
const MOST_GAS = 30_000_000n
const ARGUMENTS = 4
const HISTORY_SENDERS = 2
/** No function has it but by a collision: what answers is the fallback function. */
const UNKNOWN_SELECTOR: Hex = '0xf1a2b3c4'

/** The accounts to probe: what the operator owns, and what is patched. */
export function probeTargets(request: VerificationRequest): Address[] {
  const { protection, codes } = request
  return [...new Set([...protection.contracts, ...protection.implementations.keys()])]
    .filter((target) => codes[target] !== undefined && codes[target] !== '0x')
    .sort()
}

/**
 * Calls to every function of every target: four argument words of zeros, of ones, of a protected address, of the caller followed by
 * ones; from a stranger and from senders of history; on the state everything starts from, and a smaller set on the state history left.
 *
 * Made-up arguments reach only what accepts them; deeper behaviour is history's to show.
 */
export function planProbes(request: VerificationRequest, attacked: FunctionsUsed): Probe[] {
  const senders = [STRANGER, ...new Set(request.history.map(({ transaction }) => transaction.from))]
  const callers = senders.slice(0, 1 + HISTORY_SENDERS)
  // Whoever repeats this has the contracts from the bundle, in another order than the configuration's.
  const [owned] = [...request.protection.contracts].sort()
  return probeTargets(request).flatMap((target) => {
    // Behind a proxy code works on the proxy's storage; called by itself it has none, and knows no caller from another.
    const isFront = request.protection.contracts.has(target)
    const selectors = [...selectorsAt(target, request), UNKNOWN_SELECTOR, '0x' as Hex]
    return selectors.flatMap((selector) =>
      (isFront ? callers : [STRANGER]).flatMap((from) =>
        callsTo(selector, from, owned ?? target).flatMap(({ data, moments, chosen = false }) => {
          const isEarly = (moment: Probe['moment']) => moment === 'before' && !chosen
          return (isFront ? moments : moments.slice(0, 1)).map((moment): Probe => {
            const anchor = moment === 'before' ? firstAnchor(request) : lastAnchor(request)
            const { block } = anchor
            const gas = block.gasLimit < MOST_GAS ? block.gasLimit : MOST_GAS
            const transaction = { from, to: target, data, value: 0n, gas }
            return {
              target,
              selector,
              attacked: attacked[isEarly(moment) ? 'alone' : 'together'].has(target + selector),
              strict: isEarly(moment),
              moment,
              step: { ...anchor, transaction },
            }
          })
        }),
      ),
    )
  })
}

/** What the attack uses: each transaction by itself on the state before, or all of them in order. */
interface FunctionsUsed {
  readonly alone: ReadonlySet<string>
  readonly together: ReadonlySet<string>
}

interface ProbeCall {
  readonly data: Hex
  /** Whether the arguments fit the caller, as an attacker's would. Senseless ones must go on having the same effect. */
  readonly chosen?: boolean
  readonly moments: readonly Probe['moment'][]
}

function callsTo(selector: Hex, caller: Address, owned: Address): ProbeCall[] {
  if (selector === '0x') return [{ data: '0x', moments: ['before', 'after'] }]
  const one = '1'.padStart(64, '0')
  const wordOf = (address: Address) => address.slice(2).padStart(64, '0')
  const data = (words: string): Hex => `${selector}${words}`
  return [
    { data: data('0'.repeat(64 * ARGUMENTS)), moments: ['before', 'after'] },
    { data: data(one.repeat(ARGUMENTS)), moments: ['before'] },
    { data: data(wordOf(owned).repeat(ARGUMENTS)), moments: ['before'] },
    { data: data(wordOf(caller) + one.repeat(ARGUMENTS - 1)), moments: ['before', 'after'], chosen: true },
  ]
}

type Sequences = Pick<VerificationRequest, 'history' | 'attack'>
/** A block, and the state it stands on. */
type Anchor = Omit<Step, 'transaction'>

/** The block before everything. */
export function firstAnchor({ history, attack }: Sequences): Anchor {
  const { transaction: _transaction, block, ...rest } = (history[0] ?? attack[0]) as Step
  return { ...rest, block: { ...block, number: block.number - 1n, timestamp: block.timestamp - 1n } }
}

/** The attack's block. */
export function lastAnchor({ history, attack }: Sequences): Anchor {
  const { transaction: _transaction, ...anchor } = (attack[0] ?? history.at(-1)) as Step
  return anchor
}

/**
 * The functions an attack uses: `account + selector` of its transactions and of every call in the given executions of them. On the state
 * before history only what each transaction reaches by itself counts, the strict reading: what an attack reaches only in sequence
 * must go on working there. After history, where the attack belongs, what the sequence reaches counts as well.
 */
export function functionsUsed(
  attack: readonly Step[],
  executions: readonly (Execution | null)[],
): ReadonlySet<string> {
  const used = new Set<string>()
  for (const { transaction } of attack) {
    if (transaction.to) used.add(transaction.to + transaction.data.slice(0, 10))
  }
  for (const execution of executions) {
    for (const { code, selector } of execution?.frames ?? []) used.add(code + selector)
  }
  return used
}
