import type { Rpc } from '../chain/types.ts'
import type { Hex } from '../core/hex.ts'
import { readGateTarget } from '../governance/read-gate-target.ts'
import { hashRollback } from '../governance/typed-data.ts'
import type { RollbackRequest } from '../governance/types.ts'
import { type Examination, LONGEST_DEADLINE } from './reproduce.ts'

/**
 * Checks a request to take a restriction back, on the guardian's own node and believing nothing in it. Whether the restriction should go is
 * for the guardian to judge: no run can show it.
 */
export async function examineRollback(rpc: Rpc, request: RollbackRequest): Promise<readonly Examination[]> {
  const { gate, chainId, rollback, digest } = request
  const { target, nonce, deadline } = rollback
  const [state, block] = await Promise.all([
    readGateTarget(rpc, { gate, target }),
    rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false]),
  ])
  const left = deadline - BigInt(block.timestamp)
  const same = (what: string, actual: string, expected: string): Examination => {
    const passed = actual === expected
    return { what, passed, detail: passed ? actual : `${actual}, expected ${expected}` }
  }
  return [
    same('digest', digest, hashRollback({ gate, chainId }, rollback)),
    same('chain', String(rpc.chainId), String(chainId)),
    { what: 'deadline', passed: left > 0n && left <= LONGEST_DEADLINE, detail: `${left} s from now` },
    same('nonce', String(nonce), String(state.nonce)),
    {
      what: 'something to take back',
      passed: state.current !== state.original,
      detail:
        state.current === state.original ? 'the target runs its original' : `restriction at ${state.current}`,
    },
  ]
}
