import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { hashJson } from '../core/json.ts'
import type { Queries, Store } from '../core/store.ts'
import { decodeEvent, encodeEvent } from './codec.ts'
import type { IncidentEvent } from './types.ts'

/** One entry of the decision log. */
export interface LogEntry {
  /** Position in the whole log, ascending, not necessarily without gaps. */
  readonly id: bigint
  readonly incident: string
  readonly seq: number
  readonly event: IncidentEvent
  readonly at: Date
  readonly prevHash: Hex
  readonly hash: Hex
}

/** Where a log ended at some time. Kept elsewhere, it shows later that nothing was cut off. */
export interface LogHead {
  readonly id: bigint
  readonly hash: Hex
}

interface Row {
  id: bigint
  incident: string
  seq: number
  type: string
  payload: string
  at: Date
  prev_hash: Hex
  hash: Hex
}

const GENESIS: Hex = `0x${'00'.repeat(32)}`
const PAGE = 500

/**
 * Appends an event as number `seq` of its incident, chained to the newest entry of the whole log. Atomic. Returns null where
 * that number is not the next: what the event was based on is not what the log holds. The same event again is no second
 * entry, so an append whose answer was lost may be repeated.
 *
 * The time is part of what is hashed: the log is evidence of who knew what when, and a time that can be changed without
 * trace is none. (It is the host's clock all the same: unchanged since, not proven true.)
 */
export async function appendEvent(
  store: Store,
  entry: {
    readonly incident: string
    readonly seq: number
    readonly event: IncidentEvent
    readonly at: Date
  },
): Promise<LogHead | null> {
  const { incident, seq, event, at } = entry
  const { type } = event
  const payload = encodeEvent(event)
  return store.transaction(async (queries) => {
    await queries.query("SELECT pg_advisory_xact_lock(hashtextextended('suture:events', 0))")
    const near = await queries.query<Row>(
      'SELECT * FROM events WHERE incident = $1 AND seq IN ($2::int - 1, $2::int)',
      [incident, seq],
    )
    const taken = near.find((row) => row.seq === seq)
    if (taken !== undefined) return taken.payload === payload ? { id: taken.id, hash: taken.hash } : null
    if (seq > 0 && near.length === 0) return null
    const prev = (await readHead(queries))?.hash ?? GENESIS
    const hash = hashEntry({ prev, incident, seq, type, payload, at })
    const rows = await queries.query<{ id: bigint }>(
      `INSERT INTO events (incident, seq, type, payload, at, prev_hash, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      [incident, seq, type, payload, at, prev, hash],
    )
    return { id: rows[0]!.id, hash }
  })
}

/** The newest entry, or null for an empty log. */
export async function readHead(queries: Queries): Promise<LogHead | null> {
  const rows = await queries.query<LogHead>('SELECT id, hash FROM events ORDER BY id DESC LIMIT 1')
  return rows[0] ?? null
}

/** Entries after `after` in the order of the log, of one incident or all. */
export async function* readLog(
  queries: Queries,
  options: { readonly after?: bigint; readonly incident?: string } = {},
): AsyncGenerator<LogEntry> {
  for await (const row of readRows(queries, options)) yield entryOf(row)
}

/**
 * Checks every link from the first entry on. Finds any change, insertion, reordering and removal except of the newest entries;
 * those too when `head`, noted earlier, is given.
 *
 * @throws SutureError LOG_TAMPERED naming the row
 */
export async function verifyLog(queries: Queries, head?: LogHead): Promise<LogHead | null> {
  let newest: LogHead | null = null
  let sawHead = head === undefined
  const next = new Map<string, number>()
  for await (const row of readRows(queries, {})) {
    const { incident, seq, type, payload, at } = row
    const prev = newest?.hash ?? GENESIS
    if (row.prev_hash !== prev) throw tampered(row, 'its predecessor is not the entry before it')
    if (row.hash !== hashEntry({ prev, incident, seq, type, payload, at })) {
      throw tampered(row, 'its content does not hash to what it claims')
    }
    if (seq !== (next.get(incident) ?? 0)) throw tampered(row, 'its number does not follow')
    next.set(incident, seq + 1)
    newest = { id: row.id, hash: row.hash }
    sawHead ||= row.id === head!.id && row.hash === head!.hash
  }
  if (sawHead) return newest
  throw new SutureError('LOG_TAMPERED', 'The decision log lacks an entry it had before.', {
    meta: [`row: ${head!.id}`, `hash: ${head!.hash}`],
  })
}

async function* readRows(
  queries: Queries,
  options: { readonly after?: bigint; readonly incident?: string },
): AsyncGenerator<Row> {
  let after = options.after ?? -1n
  for (;;) {
    const rows = await queries.query<Row>(
      `SELECT * FROM events WHERE id > $1 AND ($2::text IS NULL OR incident = $2) ORDER BY id LIMIT ${PAGE}`,
      [after, options.incident ?? null],
    )
    yield* rows
    if (rows.length < PAGE) return
    after = rows.at(-1)!.id
  }
}

function hashEntry(entry: {
  prev: Hex
  incident: string
  seq: number
  type: string
  payload: string
  at: Date
}): Hex {
  return hashJson({ ...entry, at: entry.at.toISOString() })
}

function entryOf(row: Row): LogEntry {
  const { id, incident, seq, type, payload, at, prev_hash, hash } = row
  return { id, incident, seq, event: decodeEvent(type, payload), at, prevHash: prev_hash, hash }
}

function tampered(row: Row, reason: string): SutureError {
  return new SutureError(
    'LOG_TAMPERED',
    `Entry ${row.id} of the decision log was tampered with: ${reason}.`,
    {
      meta: [`row: ${row.id}`, `incident: ${row.incident}`, `seq: ${row.seq}`, `type: ${row.type}`],
    },
  )
}
