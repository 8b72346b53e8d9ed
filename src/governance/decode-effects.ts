import { type Abi, decodeErrorResult, decodeEventLog } from 'viem'
import type { Hex } from '../core/hex.ts'
import {
  breakerAbi,
  guardShimAbi,
  patchGateAbi,
  restrictionVerifierAbi,
  sentinelQuorumAbi,
} from '../generated/contracts.ts'
import type { Log } from './read-logs.ts'

const ABI: Abi = [
  ...patchGateAbi,
  ...breakerAbi,
  ...restrictionVerifierAbi,
  ...guardShimAbi,
  ...sentinelQuorumAbi,
]

/** An event in words: `Restricted(target: 0x…, patched: 0x…, nonce: 3, …)`; by its topic when no contract of Suture declares it. */
export function describeLog({ address, topics, data }: Log): string {
  try {
    const { eventName, args } = decodeEventLog({ abi: ABI, topics: [...topics] as [Hex, ...Hex[]], data })
    return `${eventName}(${describeArguments(args)})`
  } catch {
    return `event ${topics[0] ?? 'without topic'} of ${address}`
  }
}

/** What a call reverted with, in words: `DeadlinePassed(1700000000)`. */
export function describeRevert(data: Hex): string {
  if (data === '0x') return 'reverted without saying why'
  try {
    const { errorName, args } = decodeErrorResult({ abi: ABI, data })
    return `${errorName}(${describeArguments(args)})`
  } catch {
    return `reverted with ${data.slice(0, 74)}${data.length > 74 ? '…' : ''}`
  }
}

function describeArguments(args: unknown): string {
  if (args === undefined) return ''
  if (Array.isArray(args)) return args.map(describeValue).join(', ')
  return Object.entries(Object(args))
    .map(([name, value]) => `${name}: ${describeValue(value)}`)
    .join(', ')
}

const describeValue = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(describeValue).join(', ')}]` : String(value)
