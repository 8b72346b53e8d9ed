import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import { readView } from './read-view.ts'
import type { GateTarget } from './types.ts'

const gateAt = (address: Address) => ({ abi: patchGateAbi, address, what: 'a PatchGate' }) as const

/** `Kind.None`: the gate does not know the target. */
const UNKNOWN = 0

/**
 * What a PatchGate knows of a target, at the latest block.
 *
 * @throws APPROVAL_INVALID when the gate does not know the target.
 * @throws RPC_RESPONSE_INVALID when there is no PatchGate at the address.
 */
export async function readGateTarget(
  rpc: Rpc,
  { gate, target }: { readonly gate: Address; readonly target: Address },
): Promise<GateTarget> {
  const [state, guardians, threshold] = await Promise.all([
    readView(rpc, gateAt(gate), 'targetOf', [target]),
    readView(rpc, gateAt(gate), 'guardians', []),
    readView(rpc, gateAt(gate), 'threshold', []),
  ])
  if (state.kind === UNKNOWN) {
    throw new SutureError('APPROVAL_INVALID', 'The gate does not know the target.', {
      meta: [`gate: ${gate}`, `target: ${target}`, 'fix: register the target at the gate'],
    })
  }
  return {
    original: toAddress(state.original),
    originalCodeHash: state.originalCodeHash,
    siteMapRoot: state.siteMapRoot,
    current: toAddress(state.current),
    live: toAddress(state.shimmed ? state.currentShim : state.current),
    nonce: state.nonce,
    provisionalUntil: BigInt(state.restrictableUntil),
    guardians: guardians.map(toAddress),
    threshold: Number(threshold),
  }
}

/** Where a PatchGate will put the code of the restriction with this salt, whatever the code. */
export async function predictPatched(
  rpc: Rpc,
  { gate, target, salt }: { readonly gate: Address; readonly target: Address; readonly salt: Hex },
): Promise<Address> {
  return toAddress(await readView(rpc, gateAt(gate), 'predict', [target, salt]))
}
