import pg from 'pg'
import type { Logger } from 'pino'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { messageOf, SutureError } from './errors.ts'
import { migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations.ts'
import { toStoreError } from './store-error.ts'

export interface Queries {
  /**
   * Runs one statement; int8 columns come back as bigint, timestamptz as Date.
   *
   * @throws SutureError STORE_UNAVAILABLE (retryable) where the database cannot be reached or asks to try again.
   */
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<readonly R[]>
}

/** The one durable place. Everything that must survive `kill -9` goes through it. */
export interface Store extends Queries {
  /** All statements of `work` happen or none does. A failed transaction is not repeated: who asks knows whether it may. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /**
   * Takes a lock that only one process can hold, or throws STORE_LEASED. It ends with this process, however that ends.
   */
  lease(name: string): Promise<Lease>
  close(): Promise<void>
}

export interface Lease {
  /** Aborted when the connection that holds the lock breaks: from then on somebody else may hold it. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

interface StoreOptions {
  /** `postgres://…`. Without it a PostgreSQL of our own is started in `dataDir`. */
  url?: string | undefined
  /** Folder for the embedded database; kept between runs. */
  dataDir: string
  logger: Logger
}

const CONNECT_TIMEOUT_MS = 5_000
/** Longest a statement may take; nothing here is an analytical query. */
const QUERY_TIMEOUT_MS = 30_000

/**
 * Opens the store and brings its schema up to date.
 *
 * @throws SutureError STORE_UNAVAILABLE when the database cannot be reached or started, STORE_MISMATCH when its schema is
 * newer than this version of Suture or was changed by hand.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { url, dataDir, logger } = options
  if (url !== undefined) return openPool(url, logger)
  const server = await startEmbeddedPostgres({ dataDir, logger })
  try {
    return await openPool(server.url, logger, server)
  } catch (error) {
    await server.release()
    throw error
  }
}

interface Backing {
  /** Starts the server again if it died. */
  revive(): Promise<void>
  release(): Promise<void>
}

async function openPool(url: string, logger: Logger, backing?: Backing): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'suture',
    types: { getTypeParser },
  })
  // Connections break when the server goes away, between two statements too; unheard, that would end the process. What was
  // running on one fails by itself.
  pool.on('error', (error) => logger.warn({ reason: messageOf(error) }, 'a database connection broke'))
  pool.on('connect', (client) => client.on('error', () => undefined))
  try {
    const store = createStore(pool, backing)
    await migrate(store, MIGRATIONS)
    return store
  } catch (error) {
    await pool.end()
    throw error
  }
}

function createStore(pool: pg.Pool, backing?: Backing): Store {
  /** Every failure passes here: gets its type, and wakes the embedded server where it has died. */
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      const typed = toStoreError(error)
      if (typed.code === 'STORE_UNAVAILABLE') await backing?.revive().catch(() => undefined)
      throw typed
    }
  }
  const on = (client: pg.Pool | pg.PoolClient): Queries => ({
    query: <R extends object>(text: string, values: readonly unknown[] = []) =>
      guard(async () => (await client.query<R>(text, [...values])).rows),
  })
  const leases = new Set<Lease>()
  return {
    ...on(pool),
    transaction: async (work) => {
      const client = await guard(() => pool.connect())
      return inTransaction(client, on(client), work)
    },
    lease: (name) =>
      guard(async () => {
        const lease = await takeLease(await pool.connect(), name)
        leases.add(lease)
        return lease
      }),
    close: async () => {
      // The pool waits for every connection that is out.
      await Promise.all([...leases].map((lease) => lease.release()))
      await pool.end()
      await backing?.release()
    },
  }
}

async function inTransaction<T>(
  client: pg.PoolClient,
  queries: Queries,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  let broken: Error | undefined
  try {
    await queries.query('BEGIN')
    const result = await work(queries)
    await queries.query('COMMIT')
    return result
  } catch (error) {
    // A connection that cannot even roll back is thrown away; the server rolls back when it is gone.
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    client.release(broken)
  }
}

async function takeLease(client: pg.PoolClient, name: string): Promise<Lease> {
  const lost = new AbortController()
  const taken = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
    [`suture:${name}`],
  )
  if (taken.rows[0]?.taken !== true) {
    client.release()
    throw new SutureError('STORE_LEASED', `Another process holds "${name}".`, {
      meta: [`lease: ${name}`, 'fix: stop the other process, or let it do the work'],
      retryable: true,
    })
  }
  let released = false
  const end = (error?: Error) => {
    if (released) return
    released = true
    lost.abort()
    client.release(error ?? true)
  }
  client.on('error', end)
  // Releasing with an error closes the connection, and the lock goes with it.
  return { lost: lost.signal, release: async () => end() }
}

const INT8 = 20

const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  oid === INT8 && format !== 'binary'
    ? BigInt
    : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser']
