import { getAddress, keccak256, stringToHex } from 'viem'
import type { Hex } from '../../core/hex.ts'
import type { Json } from '../../core/json.ts'
import type { Batch } from './types.ts'

interface SafeBatchOptions {
  readonly chainId: number
  readonly name: string
  readonly description: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

type Fields = { readonly [key: string]: Json }

/** What Safe's Transaction Builder takes: the version of the app whose format this is. */
const BUILDER_VERSION = '1.18.2'

/** A batch as a file for the Transaction Builder of Safe, to be dropped into the app by any owner. */
export function toSafeBatch({ sender, calls }: Batch, options: SafeBatchOptions): Fields {
  const { chainId, name, description, createdAt } = options
  const meta = {
    name,
    description,
    txBuilderVersion: BUILDER_VERSION,
    createdFromSafeAddress: getAddress(sender.address),
    createdFromOwnerAddress: '',
  }
  const transactions = calls.map(({ to, data }) => ({
    to: getAddress(to),
    value: '0',
    data,
    contractMethod: null,
    contractInputsValues: null,
  }))
  const batch = { version: '1.0', chainId: String(chainId), createdAt, meta, transactions }
  return { ...batch, meta: { ...meta, checksum: checksumOf(batch) } }
}

/**
 * The checksum the Transaction Builder writes into a file and compares when it reads one: keccak256 of a serialisation of its own, in which
 * an object is its sorted keys as a JSON list and then its values, and the name of the batch does not count.
 */
export function checksumOf(batch: Fields & { readonly meta: Fields }): Hex {
  const { checksum: _, ...meta } = batch.meta
  return keccak256(stringToHex(serialise({ ...batch, meta: { ...meta, name: null } })))
}

function serialise(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(serialise).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const fields = value as Fields
  const keys = Object.keys(fields).sort()
  return `{${JSON.stringify(keys)}${keys.map((key) => `${serialise(fields[key]!)},`).join('')}}`
}
