import {
  type ContractFunctionArgs,
  type ContractFunctionName,
  decodeFunctionResult,
  encodeFunctionData,
} from 'viem'
import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import type { GateTarget } from './types.ts'

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
    callGate(rpc, gate, 'targetOf', [target]),
    callGate(rpc, gate, 'guardians', []),
    callGate(rpc, gate, 'threshold', []),
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
  return toAddress(await callGate(rpc, gate, 'predict', [target, salt]))
}

type ViewName = ContractFunctionName<typeof patchGateAbi, 'view'>

async function callGate<const Name extends ViewName>(
  rpc: Rpc,
  gate: Address,
  functionName: Name,
  args: ContractFunctionArgs<typeof patchGateAbi, 'view', Name>,
) {
  const data = encodeFunctionData({ abi: patchGateAbi, functionName, args } as never)
  const output = await rpc.request<Hex>('eth_call', [{ to: gate, data }, 'latest'])
  try {
    return decodeFunctionResult<typeof patchGateAbi, Name>({
      abi: patchGateAbi,
      functionName,
      data: output,
    } as never)
  } catch (cause) {
    throw new SutureError('RPC_RESPONSE_INVALID', 'The gate did not answer as a PatchGate does.', {
      meta: [
        `gate: ${gate}`,
        `function: ${functionName}`,
        `answer: ${output}`,
        'fix: name the address of a PatchGate',
      ],
      cause,
    })
  }
}
