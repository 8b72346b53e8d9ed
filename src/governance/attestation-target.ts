import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress, ZERO_ADDRESS } from '../core/hex.ts'
import { breakerAbi, sentinelQuorumAbi } from '../generated/contracts.ts'
import { findGateTargets } from './find-gate-target.ts'
import { readView } from './read-view.ts'

interface Sought {
  readonly quorum: Address
  /** Needed where the gate knows the contract by another address: behind a beacon, or a diamond. */
  readonly gate: Address | null
  /** What users call. */
  readonly account: Address
  readonly selectors: readonly Hex[]
}

/**
 * The address by which gate and Breaker know the functions. A contract no gate knows asks the Breaker by its own.
 *
 * @throws CONFIG_INVALID when the functions belong to several targets: each needs an attestation of its own.
 */
export async function findAttestedTarget(rpc: Rpc, sought: Sought): Promise<Address> {
  const { account, selectors } = sought
  const gate = sought.gate ?? (await gateOf(rpc, sought))
  const targets = gate ? await findGateTargets(rpc, { gate, account, selectors }) : new Map<Address, Hex[]>()
  const [first] = targets
  if (!first) return account
  const [target, known] = first
  if (known.length === selectors.length) return target
  const missing = selectors.filter((selector) => !known.includes(selector))
  throw new SutureError('CONFIG_INVALID', 'The functions do not belong to one target of the gate.', {
    meta: [
      'field: <function...>',
      `value: ${missing.join(', ')}`,
      `fix: attest to ${known.join(', ')} by itself, and to the others after it`,
    ],
  })
}

async function gateOf(rpc: Rpc, { quorum, account }: Sought): Promise<Address | null> {
  const atQuorum = { abi: sentinelQuorumAbi, address: quorum, what: 'a SentinelQuorum' } as const
  const breaker = toAddress(await readView(rpc, atQuorum, 'breaker', []))
  const atBreaker = { abi: breakerAbi, address: breaker, what: 'a Breaker' } as const
  const gate = toAddress(await readView(rpc, atBreaker, 'gateOf', [account]))
  return gate === ZERO_ADDRESS ? null : gate
}
