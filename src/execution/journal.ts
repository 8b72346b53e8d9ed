import { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import { hashJson, toJson } from '../core/json.ts'
import type { Queries, Store } from '../core/store.ts'
import type { Fees, TransactionIntent } from './types.ts'

/** One signed transaction for an intent. */
export interface Attempt extends Fees {
  readonly hash: Hex
  readonly raw: Hex
  readonly nonce: bigint
  /** The head when it was signed. */
  readonly block: bigint
  /** Whether it must be kept from the public pool, by whichever process sends it again. */
  readonly private: boolean
}

export interface Entry {
  readonly id: string
  /** The nonce it uses now. Attempts may be of an earlier one that somebody else used up. */
  readonly nonce: bigint
  readonly gas: bigint
  /** The head when the first nonce was taken. */
  readonly firstBlock: bigint
  /** Oldest first, at least one. */
  readonly attempts: readonly Attempt[]
}

interface IntentRow {
  id: string
  nonce: bigint
  gas: bigint
  first_block: bigint
  content_hash: string
  signer: string
}

interface AttemptRow {
  hash: Hex
  raw: Hex
  nonce: bigint
  block: bigint
  max_fee_per_gas: string
  max_priority_fee_per_gas: string
  private: boolean
}

export interface Reservation {
  readonly gas: bigint
  /** The account's transaction count on chain. */
  readonly chainNonce: bigint
  readonly block: bigint
  /** Signs for the nonce that was found. */
  readonly sign: (nonce: bigint) => Promise<Attempt>
}

/** What was signed, kept before it is sent. Everything about exactly once rests on this table and the chain. */
export function createJournal(store: Store, chainId: number, signer: Address) {
  /** Nonces are handed out one at a time per account, whichever process asks. */
  const exclusively = <T>(work: (queries: Queries) => Promise<T>) =>
    store.transaction(async (queries) => {
      await queries.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `suture:nonce:${chainId}:${signer}`,
      ])
      return work(queries)
    })

  /** The first nonce neither the chain nor we have given away. No gaps: a nonce is taken only together with a signed transaction. */
  async function nextNonce(queries: Queries, chainNonce: bigint): Promise<bigint> {
    const rows = await queries.query<{ top: bigint | null }>(
      'SELECT max(nonce) AS top FROM intents WHERE chain_id = $1 AND signer = $2',
      [chainId, signer],
    )
    const top = rows[0]?.top ?? -1n
    return top + 1n > chainNonce ? top + 1n : chainNonce
  }

  return {
    /** The entry of an intent, or null. Refuses an id that was used for something else. */
    async find(intent: TransactionIntent): Promise<Entry | null> {
      const row = await findRow(store, intent)
      return row && { ...entryOf(row), attempts: await attemptsOf(store, row.id) }
    },

    /** Takes a nonce and keeps the signed transaction, both or neither. Does nothing where the intent already has one. */
    async reserve(intent: TransactionIntent, reservation: Reservation): Promise<void> {
      const { gas, chainNonce, block, sign } = reservation
      await exclusively(async (queries) => {
        if ((await findRow(queries, intent)) !== null) return
        const nonce = await nextNonce(queries, chainNonce)
        await queries.query(
          'INSERT INTO intents (id, chain_id, signer, content_hash, nonce, gas, first_block) VALUES ($1, $2, $3, $4, $5, $6, $7)',
          [intent.id, chainId, signer, contentHash(intent), nonce, gas, block],
        )
        await insertAttempt(queries, intent.id, await sign(nonce))
      })
    },

    /** Moves an intent to a new nonce. Only for a nonce proven to be used up by something else. */
    async reallocate(entry: Entry, reservation: Pick<Reservation, 'chainNonce' | 'sign'>): Promise<void> {
      await exclusively(async (queries) => {
        const nonce = await nextNonce(queries, reservation.chainNonce)
        const moved = await queries.query(
          'UPDATE intents SET nonce = $1 WHERE id = $2 AND nonce = $3 RETURNING id',
          [nonce, entry.id, entry.nonce],
        )
        // Another process may have moved it already.
        if (moved.length > 0) await insertAttempt(queries, entry.id, await reservation.sign(nonce))
      })
    },

    async addAttempt(entry: Entry, attempt: Attempt): Promise<void> {
      await insertAttempt(store, entry.id, attempt)
    },

    /** The newest attempt of every intent whose nonce lies in [from, to), by nonce. */
    async newestAttempts(from: bigint, to: bigint | null): Promise<readonly Attempt[]> {
      const rows = await store.query<AttemptRow>(
        `SELECT DISTINCT ON (i.nonce) a.* FROM intents i JOIN attempts a ON a.intent = i.id AND a.nonce = i.nonce
         WHERE i.chain_id = $1 AND i.signer = $2 AND i.nonce >= $3 AND ($4::bigint IS NULL OR i.nonce < $4)
         ORDER BY i.nonce, a.id DESC`,
        [chainId, signer, from, to],
      )
      return rows.map(attemptOf)
    },
  }

  async function findRow(queries: Queries, intent: TransactionIntent): Promise<IntentRow | null> {
    const rows = await queries.query<IntentRow>('SELECT * FROM intents WHERE id = $1', [intent.id])
    const row = rows[0]
    if (row === undefined) return null
    if (row.content_hash === contentHash(intent) && row.signer === signer) return row
    throw contentChanged(intent.id)
  }
}

export function contentChanged(id: string): SutureError {
  return new SutureError(
    'TRANSACTION_FAILED',
    'An intent of this id exists with another content or signer.',
    {
      meta: [`intent: ${id}`, 'fix: give every transaction its own intent id'],
    },
  )
}

/** What an intent does. Its urgency may differ when it is asked for again: that changes fees, not effects. */
export function contentHash(intent: TransactionIntent): Hex {
  const { chainId, to, data, value } = intent
  return hashJson(toJson({ chainId, to, data, value }))
}

async function attemptsOf(queries: Queries, intent: string): Promise<readonly Attempt[]> {
  const rows = await queries.query<AttemptRow>('SELECT * FROM attempts WHERE intent = $1 ORDER BY id', [
    intent,
  ])
  return rows.map(attemptOf)
}

async function insertAttempt(queries: Queries, intent: string, attempt: Attempt): Promise<void> {
  await queries.query(
    `INSERT INTO attempts (intent, nonce, hash, raw, max_fee_per_gas, max_priority_fee_per_gas, block, private)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hash) DO NOTHING`,
    [
      intent,
      attempt.nonce,
      attempt.hash,
      attempt.raw,
      attempt.maxFeePerGas,
      attempt.maxPriorityFeePerGas,
      attempt.block,
      attempt.private,
    ],
  )
}

function entryOf(row: IntentRow): Omit<Entry, 'attempts'> {
  return { id: row.id, nonce: row.nonce, gas: row.gas, firstBlock: row.first_block }
}

function attemptOf(row: AttemptRow): Attempt {
  return {
    hash: row.hash,
    raw: row.raw,
    nonce: row.nonce,
    block: row.block,
    private: row.private,
    maxFeePerGas: BigInt(row.max_fee_per_gas),
    maxPriorityFeePerGas: BigInt(row.max_priority_fee_per_gas),
  }
}
