import { type Abi, BaseError, decodeErrorResult, parseAbi } from 'viem'
import type { Execution, Frame } from '../chain/types.ts'
import type { Hex } from '../core/hex.ts'
import { breakerAbi, guardShimAbi, patchGateAbi } from '../generated/contracts.ts'

/** What the contracts a batch meets refuse with, beside strings and panics. */
const ERRORS = [
  ...[...breakerAbi, ...guardShimAbi, ...patchGateAbi].filter(({ type }) => type === 'error'),
  ...parseAbi([
    'error AccessControlUnauthorizedAccount(address account, bytes32 neededRole)',
    'error ERC1967InvalidImplementation(address implementation)',
    'error InvalidInitialization()',
    'error ProxyDeniedAdminAccess()',
    'error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)',
    'error UUPSUnauthorizedCallContext()',
    'error UUPSUnsupportedProxiableUUID(bytes32 slot)',
  ]),
] as Abi

/** Why an execution failed: what it ended with, and what the deepest of the calls that failed in a row ended with. */
export function explainRevert({ frames }: Execution): string {
  const root = frames[0]!
  let deepest = root
  for (;;) {
    const child = deepest.children
      .map((index) => frames[index]!)
      .findLast(({ status }) => status !== 'success')
    if (!child || (child.output === '0x' && deepest.output !== '0x')) break
    deepest = child
  }
  if (deepest === root) return reasonOf(root)
  const { context, selector, caller } = deepest
  const inside = `${reasonOf(deepest)} (by ${context}, asked ${selector} by ${caller})`
  return root.output === deepest.output || root.output === '0x'
    ? inside
    : `${reasonOf(root)}, because of ${inside}`
}

function reasonOf({ output, error, status }: Frame): string {
  return decodeRevert(output) ?? error ?? status
}

/** null where the bytes are no error this tool knows. */
export function decodeRevert(output: Hex): string | null {
  if (output === '0x') return null
  try {
    const { errorName, args = [] } = decodeErrorResult({ abi: ERRORS, data: output })
    if (errorName === 'Error') return `"${args[0]}"`
    return `${errorName}(${args.map(String).join(', ')})`
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    return output.length > 138 ? `${output.slice(0, 138)}…` : output
  }
}
