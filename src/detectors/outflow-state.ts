import type { Address } from '../core/hex.ts'

/** What benign traffic moved out of one holder in one token. Integers are decimal strings so that the state survives JSON. */
export interface OutflowProfile {
  /** Transactions in which something left. */
  readonly count: number
  /** Largest amount one transaction took, as far as it could be trusted. */
  readonly largest: string
  /** How often a share of the holdings between 2^-(i+1) and 2^-i left in one transaction. */
  readonly shares: readonly number[]
}

/** What a holder had when the window began, and what it lost since: many small outflows add up here. */
export interface OutflowWindow {
  /** Block the window began with. */
  readonly since: string
  readonly tokens: { readonly [token: string]: { readonly base: string; readonly net: string } }
}

export interface OutflowState {
  readonly profiles: { readonly [holderAndToken: string]: OutflowProfile }
  readonly windows: { readonly [holder: string]: OutflowWindow }
  /** How often a function of a protected contract, used by a caller, moved the value of third parties. */
  readonly pulls: { readonly [functionAndCaller: string]: number }
}

export const initialOutflowState: OutflowState = { profiles: {}, windows: {}, pulls: {} }

export const profileKey = (holder: Address, token: Address | 'native'): string => `${holder}|${token}`

const BUCKETS = 16
const EMPTY: OutflowProfile = { count: 0, largest: '0', shares: new Array<number>(BUCKETS).fill(0) }
/** One transaction may at most multiply what counts as usual by this, so that an attacker cannot teach it in one go. */
const GROWTH = 2n

/** `profile` with one more outflow. `share` is null where the holdings are not known. */
export function foldOutflow(
  profile: OutflowProfile = EMPTY,
  flow: { readonly amount: bigint; readonly share: number | null },
): OutflowProfile {
  const usual = BigInt(profile.largest)
  const trusted = profile.count === 0 || flow.amount <= usual * GROWTH ? flow.amount : usual * GROWTH
  const shares = [...profile.shares]
  if (flow.share !== null && flow.share > 0) shares[bucketOf(flow.share)]!++
  return {
    count: profile.count + 1,
    largest: (trusted > usual ? trusted : usual).toString(),
    shares,
  }
}

function bucketOf(share: number): number {
  return Math.min(BUCKETS - 1, Math.max(0, Math.floor(-Math.log2(share))))
}

/** The share below which `quantile` of the learned outflows lie, rounded up to a power of two; null without observations. */
export function usualShare({ shares }: OutflowProfile, quantile: number): number | null {
  const total = shares.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let above = total * (1 - quantile)
  for (const [index, count] of shares.entries()) {
    if (count > above) return 2 ** -index
    above -= count
  }
  return 2 ** -(BUCKETS - 1)
}

/** Blocks over which small outflows add up. */
const WINDOW_BLOCKS = 10n

/** The holder's window as it stands at `block`; an empty new one where the last is over. */
export function windowAt(window: OutflowWindow | undefined, block: bigint): OutflowWindow {
  const age = window ? block - BigInt(window.since) : -1n
  return window && age >= 0n && age < WINDOW_BLOCKS ? window : { since: block.toString(), tokens: {} }
}

/**
 * `window` after a transaction left the holder with `before - net` of a token. Measured against what the window began with, so that
 * a balance that changed in between without a transfer (a token whose ledger can be rewritten) counts as well.
 */
export function foldWindow(
  window: OutflowWindow,
  flow: { readonly token: string; readonly before: bigint; readonly net: bigint },
): OutflowWindow {
  const base = window.tokens[flow.token]?.base ?? flow.before.toString()
  const net = (BigInt(base) - flow.before + flow.net).toString()
  return { ...window, tokens: { ...window.tokens, [flow.token]: { base, net } } }
}

/** `window` begun anew for the tokens in it: what left so far was rightly paid out and does not count against what follows. */
export function rebase(window: OutflowWindow): OutflowWindow {
  const tokens = Object.entries(window.tokens).map(([token, { base, net }]) => {
    const left = BigInt(base) - BigInt(net)
    return [token, { base: left.toString(), net: '0' }] as const
  })
  return { ...window, tokens: Object.fromEntries(tokens) }
}
