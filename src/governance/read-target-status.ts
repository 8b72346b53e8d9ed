import { type AbiEvent, decodeEventLog, encodeEventTopics, getAbiItem } from 'viem'
import type { Rpc } from '../chain/types.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { breakerAbi, patchGateAbi } from '../generated/contracts.ts'
import { readGateTarget } from './read-gate-target.ts'
import { findBlockAt, readLogs } from './read-logs.ts'
import { type PauserState, readPauser } from './read-pauser.ts'
import { readView } from './read-view.ts'
import { type GateKind, kindOf } from './target-kinds.ts'
import type { GateTarget } from './types.ts'

interface StatusOptions {
  readonly gate: Address
  /** The address the gate knows it by. */
  readonly target: Address
  /** Block from which to look for pausers: that of the Breaker's deployment or before. Without it none are looked for. */
  readonly pausersFrom?: bigint
}

export interface Freeze {
  readonly selector: Hex
  /** Seconds since the epoch. */
  readonly until: bigint
}

/** Everything gate and Breaker know of a target. Times in seconds since the epoch, durations in seconds. */
export interface TargetStatus extends GateTarget {
  readonly gate: Address
  readonly target: Address
  readonly kind: GateKind
  /** What the gate calls to upgrade. */
  readonly admin: Address
  /** The Safe through which it calls; null for a direct call. */
  readonly via: Address | null
  readonly shimmed: boolean
  /** Whether a restriction is in place that the owner has not ratified. */
  readonly provisional: boolean
  readonly provisionalPeriod: bigint
  /** The facet's functions; empty for other kinds. */
  readonly selectors: readonly Hex[]
  readonly owner: Address
  readonly breaker: Address
  /** Whether the Breaker takes this gate for the target's. */
  readonly armed: boolean
  /** Freezes that last. */
  readonly freezes: readonly Freeze[]
  /** null where nobody looked. */
  readonly pausers: readonly (PauserState & { readonly pauser: Address })[] | null
  /** The chain's clock when it was read. */
  readonly now: bigint
}

const ZERO = toAddress(`0x${'0'.repeat(40)}`)
const FROZEN = getAbiItem({ abi: breakerAbi, name: 'Frozen' })
const PAUSER_SET = getAbiItem({ abi: breakerAbi, name: 'PauserSet' })

/**
 * Reads what gate and Breaker know of a target, at the latest block. Which functions were frozen, and who was ever a pauser, is taken
 * from the Breaker's events; what is still true of them is then asked.
 *
 * @throws APPROVAL_INVALID when the gate does not know the target, RPC_RESPONSE_INVALID when there is no PatchGate at the address.
 */
export async function readTargetStatus(rpc: Rpc, options: StatusOptions): Promise<TargetStatus> {
  const { gate, target, pausersFrom } = options
  const atGate = { abi: patchGateAbi, address: gate, what: 'a PatchGate' } as const
  const [known, state, selectors, owner, provisionalPeriod, at, block] = await Promise.all([
    readGateTarget(rpc, { gate, target }),
    readView(rpc, atGate, 'targetOf', [target]),
    readView(rpc, atGate, 'selectorsOf', [target]),
    readView(rpc, atGate, 'owner', []),
    readView(rpc, atGate, 'provisionalPeriod', []),
    readView(rpc, atGate, 'breaker', []),
    rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false]),
  ])
  const breaker = toAddress(at)
  const now = BigInt(block.timestamp)
  const [armedGate, freezes, pausers] = await Promise.all([
    readView(rpc, { abi: breakerAbi, address: breaker, what: 'a Breaker' }, 'gateOf', [target]),
    readFreezes(rpc, { breaker, target, now }),
    pausersFrom === undefined ? null : readPausers(rpc, { breaker, target, fromBlock: pausersFrom }),
  ])
  return {
    ...known,
    gate,
    target,
    kind: kindOf(state.kind),
    admin: toAddress(state.admin),
    via: toAddress(state.via) === ZERO ? null : toAddress(state.via),
    shimmed: state.shimmed,
    provisional: known.current !== known.original,
    provisionalPeriod,
    selectors,
    owner: toAddress(owner),
    breaker,
    armed: toAddress(armedGate) === gate,
    freezes,
    pausers,
    now,
  }
}

interface BreakerRef {
  readonly breaker: Address
  readonly target: Address
  readonly fromBlock: bigint
}

async function readFreezes(
  rpc: Rpc,
  { breaker, target, now }: Omit<BreakerRef, 'fromBlock'> & { readonly now: bigint },
): Promise<Freeze[]> {
  const at = { abi: breakerAbi, address: breaker, what: 'a Breaker' } as const
  // What was frozen before that is over, whatever it was.
  const fromBlock = await findBlockAt(rpc, now - (await readView(rpc, at, 'maxDuration', [])))
  const selectors = await readNamed(rpc, { breaker, target, fromBlock }, FROZEN, 'selector')
  const ends = await Promise.all(
    selectors.map((selector) => readView(rpc, at, 'frozenUntil', [target, selector])),
  )
  return selectors.map((selector, i) => ({ selector, until: ends[i]! })).filter(({ until }) => until > now)
}

async function readPausers(rpc: Rpc, ref: BreakerRef): Promise<(PauserState & { pauser: Address })[]> {
  const accounts = await readNamed(rpc, ref, PAUSER_SET, 'pauser')
  const states = await Promise.all(
    accounts.map(async (account) => {
      const pauser = toAddress(account)
      return { pauser, ...(await readPauser(rpc, { ...ref, pauser })) }
    }),
  )
  return states.filter(({ budget }) => budget > 0n)
}

/** Every value an event's argument ever had for the target, ascending. */
async function readNamed(
  rpc: Rpc,
  { breaker, target, fromBlock }: BreakerRef,
  event: AbiEvent,
  argument: string,
): Promise<Hex[]> {
  const abi = [event]
  const topics = encodeEventTopics({ abi, eventName: event.name, args: { target } }) as Hex[]
  const logs = await readLogs(rpc, { address: breaker, topics }, fromBlock)
  const values = logs.map(({ topics: found, data }) => {
    const { args } = decodeEventLog({ abi, topics: [...found] as [Hex, ...Hex[]], data })
    return (args as unknown as Readonly<Record<string, Hex>>)[argument]!
  })
  return [...new Set(values)].sort()
}
