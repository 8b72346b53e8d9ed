import type { Account } from '../../chain/deployment/types.ts'
import { SutureError } from '../../core/errors.ts'
import type { Address, Hex } from '../../core/hex.ts'
import { type Json, toJson } from '../../core/json.ts'
import { toGovernorBatch } from './governor-batch.ts'
import { toSafeBatch } from './safe-batch.ts'
import { toTimelockBatch } from './timelock-batch.ts'
import type { Batch, BatchFile, BatchFormat } from './types.ts'

export interface RenderOptions {
  readonly chainId: number
  /** `onboard`, `exit`, …: the first part of the file names. */
  readonly name: string
  /** A sentence the people who sign will read. */
  readonly description: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** For timelocks. */
  readonly salt: Hex
  /** What to write for the accounts it fits; each account's own form when absent. */
  readonly as?: BatchFormat
  /** The Governor that proposes to a timelock. */
  readonly governor?: Address
}

/** Every batch as the file its sender takes, and all of them as plain calldata in one file. */
export function renderBatches(batches: readonly Batch[], options: RenderOptions): BatchFile[] {
  const { name, as } = options
  if (as && as !== 'calldata' && !batches.some(({ sender }) => accepts(sender, as, options))) {
    throw new SutureError('CONFIG_INVALID', 'No account that has to act takes a batch in this form.', {
      meta: [
        'field: --as',
        `value: ${as}`,
        `accounts: ${batches.map(({ sender }) => `${sender.address} (${sender.kind})`).join(', ')}`,
        as === 'governor' ? 'fix: name the Governor with --governor' : 'fix: leave out --as',
      ],
    })
  }
  const operations = new Map<Address, Hex>()
  const files = batches.flatMap((batch, index) => {
    const format = as && accepts(batch.sender, as, options) ? as : formatOf(batch.sender)
    if (format === 'calldata') return []
    const numbered = batches.length === 1 ? name : `${name}-${index + 1}`
    const content = renderBatch(batch, format, { ...options, operations })
    return [{ name: `${numbered}.${format}.json`, text: textOf(content) }]
  })
  return [...files, { name: `${name}.calldata.json`, text: textOf(plain(batches, options)) }]
}

/** The form an account takes by itself. */
export function formatOf({ kind }: Account): BatchFormat {
  return kind === 'safe' || kind === 'timelock' || kind === 'governor' ? kind : 'calldata'
}

function accepts(account: Account, format: BatchFormat, { governor }: RenderOptions): boolean {
  if (format === 'calldata' || account.kind === format) return true
  return format === 'governor' && governor !== undefined && account.kind === 'timelock'
}

interface Rendering extends RenderOptions {
  /** The last operation of each timelock so far: the next one must wait for it. */
  readonly operations: Map<Address, Hex>
}

function renderBatch(batch: Batch, format: BatchFormat, options: Rendering): Json {
  const { sender } = batch
  if (format === 'safe') return toSafeBatch(batch, options)
  if (format === 'governor') {
    const governor = sender.kind === 'governor' ? sender.address : options.governor!
    return toJson({
      ...toGovernorBatch(batch, { governor, description: options.description }),
      ...said(batch),
    })
  }
  const predecessor = options.operations.get(sender.address)
  const delay = sender.kind === 'timelock' ? sender.minDelay : 0n
  const operation = toTimelockBatch(batch, {
    salt: options.salt,
    delay,
    ...(predecessor ? { predecessor } : {}),
  })
  options.operations.set(sender.address, operation.operation)
  return toJson({ ...operation, ...said(batch) })
}

const said = ({ calls }: Batch) => ({ calls: calls.map(({ to, data, what }) => ({ to, data, what })) })

function plain(batches: readonly Batch[], { chainId, description }: RenderOptions): Json {
  const steps = batches.map(({ sender, calls }) => ({
    from: sender.address,
    account: sender.kind,
    calls: calls.map(({ to, data, what }) => ({ to, value: '0', data, what })),
  }))
  return { format: 'suture-batches/1', chainId, description, steps }
}

const textOf = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`
