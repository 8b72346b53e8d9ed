import { keccak256, stringToHex } from 'viem'
import { SutureError } from './errors.ts'
import type { Queries, Store } from './store.ts'

export interface Migration {
  /** Ascending from 1 without gaps. */
  readonly id: number
  readonly name: string
  readonly sql: string
}

interface Applied {
  id: number
  name: string
  hash: string
}

/**
 * Applies what is missing, all in one transaction under a lock: two processes that start together migrate once, and a
 * failure leaves the schema as it was.
 *
 * @throws SutureError STORE_MISMATCH when the database knows migrations we do not, or knows them with another text.
 */
export async function migrate(store: Store, migrations: readonly Migration[]): Promise<void> {
  await store.transaction(async (queries) => {
    await queries.query("SELECT pg_advisory_xact_lock(hashtextextended('suture:migrate', 0))")
    await queries.query(
      'CREATE TABLE IF NOT EXISTS migrations (id int PRIMARY KEY, name text NOT NULL, hash text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
    )
    const applied = await queries.query<Applied>('SELECT id, name, hash FROM migrations ORDER BY id')
    for (const row of applied) requireKnown(row, migrations)
    for (const migration of migrations.slice(applied.length)) await apply(queries, migration)
  })
}

function requireKnown(row: Applied, migrations: readonly Migration[]): void {
  const known = migrations[row.id - 1]
  if (known !== undefined && hashOf(known) === row.hash) return
  throw new SutureError('STORE_MISMATCH', `Migration ${row.id} of the database is not the one known here.`, {
    meta: [
      `database: ${row.id} ${row.name}`,
      `known: ${known === undefined ? 'none' : `${known.id} ${known.name}`}`,
      'fix: use the version of Suture that last opened this database, or a newer one',
    ],
  })
}

async function apply(queries: Queries, migration: Migration): Promise<void> {
  await queries.query(migration.sql)
  await queries.query('INSERT INTO migrations (id, name, hash) VALUES ($1, $2, $3)', [
    migration.id,
    migration.name,
    hashOf(migration),
  ])
}

function hashOf(migration: Migration): string {
  return keccak256(stringToHex(migration.sql))
}
