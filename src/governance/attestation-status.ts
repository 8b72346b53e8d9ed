import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress, ZERO_ADDRESS } from '../core/hex.ts'
import { breakerAbi, sentinelQuorumAbi } from '../generated/contracts.ts'
import type { Attestation, QuorumRef } from './attestation-data.ts'
import { readSentinelQuorum, type SentinelQuorumState } from './attestation-quorum.ts'
import { type PauserState, readPauser } from './read-pauser.ts'
import { readView } from './read-view.ts'

/** What the chain knows of what an attestation is about. */
export interface AttestationStatus {
  readonly quorum: SentinelQuorumState
  /** Through which it would freeze; null: at the Breaker, which the target asks itself. */
  readonly gate: Address | null
  /** What the Breaker knows of the quorum as a pauser of the target. */
  readonly pauser: PauserState
  /** Whether the incident was acted upon at the target. */
  readonly actedUpon: boolean
  /** As the contract computes it. */
  readonly digest: Hex
  /** When the freeze of each function ends, in seconds since the epoch; 0n if there was none. */
  readonly frozenUntil: readonly bigint[]
}

/**
 * Reads it at the latest block.
 *
 * @throws ATTESTATION_INVALID when it is for another chain, RPC_RESPONSE_INVALID when there is no SentinelQuorum, or it names no Breaker.
 */
export async function readAttestationStatus(
  rpc: Rpc,
  { quorum: address, chainId }: QuorumRef,
  attestation: Attestation,
): Promise<AttestationStatus> {
  if (rpc.chainId !== chainId) throw otherChain(rpc.chainId, chainId)
  const { target, incident, selectors } = attestation
  const quorum = await readSentinelQuorum(rpc, address)
  const { breaker } = quorum
  const atQuorum = { abi: sentinelQuorumAbi, address, what: 'a SentinelQuorum' } as const
  const atBreaker = { abi: breakerAbi, address: breaker, what: 'a Breaker' } as const
  const [gate, pauser, actedUpon, digest, frozenUntil] = await Promise.all([
    readView(rpc, atBreaker, 'gateOf', [target]),
    readPauser(rpc, { breaker, target, pauser: address }),
    readView(rpc, atQuorum, 'isActedUpon', [target, incident]),
    readView(rpc, atQuorum, 'hashAttestation', [attestation]),
    Promise.all(selectors.map((selector) => readView(rpc, atBreaker, 'frozenUntil', [target, selector]))),
  ])
  const known = toAddress(gate)
  return { quorum, gate: known === ZERO_ADDRESS ? null : known, pauser, actedUpon, digest, frozenUntil }
}

const otherChain = (here: number, there: number): SutureError =>
  new SutureError('ATTESTATION_INVALID', 'The attestation is for another chain.', {
    meta: ['field: chainId', `value: ${there}`, `fix: use a node of that chain; this one serves ${here}`],
  })
