import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, silent, type TestStore } from '../../test/support/store.ts'
import { SutureError } from './errors.ts'
import { migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations.ts'
import { openStore } from './store.ts'

let test: TestStore

beforeAll(async () => {
  test = await openTestStore()
  await test.store.query('CREATE TABLE things (id int PRIMARY KEY, big bigint)')
})
afterAll(() => test.remove())

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error) => (error instanceof SutureError ? error.code : String(error)),
  )

async function serverPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
}

describe('a store', () => {
  it('gives int8 back as bigint, beyond 2^53 too', async () => {
    const rows = await test.store.query<{ big: bigint }>('SELECT $1::bigint AS big', [2n ** 60n + 1n])
    expect(rows).toEqual([{ big: 2n ** 60n + 1n }])
  })

  it('undoes a transaction that fails, and hands on what was thrown', async () => {
    const failure = new SutureError('INTERNAL', 'Halfway.')
    const attempt = test.store.transaction(async (queries) => {
      await queries.query('INSERT INTO things VALUES (1, 1)')
      throw failure
    })
    await expect(attempt).rejects.toBe(failure)
    expect(await test.store.query('SELECT * FROM things')).toEqual([])
  })

  it('tells a wrong statement from an unreachable database', async () => {
    expect(await codeOf(test.store.query('SELECT nonsense'))).toBe('INTERNAL')
    const nowhere = openStore({ url: 'postgres://a:b@127.0.0.1:1/x', dataDir: test.dataDir, logger: silent })
    await expect(nowhere).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
  })

  it('calls a deadlock retryable', async () => {
    await test.store.query('INSERT INTO things VALUES (10, 0), (11, 0)')
    let arrived = 0
    let meet = () => {}
    const both = new Promise<void>((resolve) => {
      meet = resolve
    })
    const lock = (first: number, second: number) =>
      test.store.transaction(async (queries) => {
        await queries.query('UPDATE things SET big = 1 WHERE id = $1', [first])
        if (++arrived === 2) meet()
        await both
        await queries.query('UPDATE things SET big = 1 WHERE id = $1', [second])
      })
    const outcomes = await Promise.allSettled([lock(10, 11), lock(11, 10)])
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(failed).toHaveLength(1)
    expect(failed[0]!.reason).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
  })

  it('gives a lease to one holder at a time, and again after it was released', async () => {
    const other = await openStore({ dataDir: test.dataDir, logger: silent })
    const lease = await test.store.lease('work')
    expect(await codeOf(other.lease('work'))).toBe('STORE_LEASED')
    expect(await codeOf(test.store.lease('work'))).toBe('STORE_LEASED')
    const elsewhere = await other.lease('other work')
    await elsewhere.release()
    await lease.release()
    expect(lease.lost.aborted).toBe(true)
    await expect.poll(() => codeOf(other.lease('work')), { timeout: 5_000 }).toBe('ok')
    await other.close()
  })

  it('survives that the connection of a transaction breaks between two statements', async () => {
    const broken = test.store.transaction(async (queries) => {
      const rows = await queries.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await test.store.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid])
      await new Promise((resolve) => setTimeout(resolve, 100))
      await queries.query('SELECT 1')
    })
    expect(await codeOf(broken)).toBe('STORE_UNAVAILABLE')
    expect(await codeOf(test.store.query('SELECT 1'))).toBe('ok')
  })

  it('tells the holder of a lease when its connection breaks', async () => {
    const lease = await test.store.lease('breakable')
    await test.store.query(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()",
    )
    await expect.poll(() => lease.lost.aborted, { timeout: 5_000 }).toBe(true)
  })

  it('refuses to change or empty the decision log', async () => {
    for (const text of ['UPDATE events SET type = $1', 'DELETE FROM events WHERE type = $1']) {
      expect(await codeOf(test.store.query(text, ['x']))).toBe('INTERNAL')
    }
    expect(await codeOf(test.store.query('TRUNCATE events'))).toBe('INTERNAL')
  })
})

describe('migrations', () => {
  it('run once, also when two processes start together', async () => {
    const extra = { id: MIGRATIONS.length + 1, name: 'extra', sql: 'CREATE TABLE extra (id int)' }
    await Promise.all([
      migrate(test.store, [...MIGRATIONS, extra]),
      migrate(test.store, [...MIGRATIONS, extra]),
    ])
    const rows = await test.store.query<{ id: number }>('SELECT id FROM migrations ORDER BY id')
    expect(rows.map((row) => row.id)).toEqual([...MIGRATIONS, extra].map(({ id }) => id))
  })

  it('leave nothing behind when one fails', async () => {
    const known = [
      ...MIGRATIONS,
      { id: MIGRATIONS.length + 1, name: 'extra', sql: 'CREATE TABLE extra (id int)' },
    ]
    const broken = {
      id: known.length + 1,
      name: 'broken',
      sql: 'CREATE TABLE half (id int); SELECT nonsense',
    }
    expect(await codeOf(migrate(test.store, [...known, broken]))).toBe('INTERNAL')
    expect(await test.store.query("SELECT 1 FROM pg_tables WHERE tablename = 'half'")).toEqual([])
  })

  it('refuse a database from a newer version or with another past', async () => {
    expect(await codeOf(migrate(test.store, MIGRATIONS))).toBe('STORE_MISMATCH')
    const changed = { id: MIGRATIONS.length + 1, name: 'extra', sql: 'CREATE TABLE extra (id bigint)' }
    expect(await codeOf(migrate(test.store, [...MIGRATIONS, changed]))).toBe('STORE_MISMATCH')
  })
})

describe('the embedded PostgreSQL', () => {
  it('keeps its data, survives the kill of its parent, and is joined by the next', async () => {
    const own = await openTestStore()
    await own.store.close()
    const program = `
      import { openStore } from ${JSON.stringify(new URL('./store.ts', import.meta.url).href)}
      import { createLogger } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)}
      const store = await openStore({ dataDir: process.argv[1], logger: createLogger({ level: 'silent' }) })
      await store.query('CREATE TABLE kept (id int)')
      await store.query('INSERT INTO kept VALUES (7)')
      process.stdout.write('ready')
      setInterval(() => undefined, 1000)`
    const child = spawn(process.execPath, [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      program,
      own.dataDir,
    ])
    await once(child.stdout, 'data')
    const orphan = await serverPid(own.dataDir)
    child.kill('SIGKILL')
    await once(child, 'exit')

    const next = await openStore({ dataDir: own.dataDir, logger: silent })
    expect(await serverPid(own.dataDir)).toBe(orphan)
    expect(await next.query('SELECT id FROM kept')).toEqual([{ id: 7 }])
    await next.close()
    // The last one out stops the server.
    expect(await serverPid(own.dataDir).catch(() => 'gone')).toBe('gone')
    await rm(own.dataDir, { recursive: true, force: true })
  })

  it('starts over a stale pid file, and comes back when the server is killed', async () => {
    const own = await openTestStore()
    await own.store.query('CREATE TABLE kept (id int)')
    process.kill(await serverPid(own.dataDir), 'SIGKILL')
    await expect
      .poll(() => codeOf(own.store.query('SELECT id FROM kept')), { timeout: 20_000, interval: 200 })
      .toBe('ok')

    process.kill(await serverPid(own.dataDir), 'SIGKILL')
    const joined = await openStore({ dataDir: own.dataDir, logger: silent })
    expect(await joined.query('SELECT id FROM kept')).toEqual([])
    await joined.close()
    await own.remove()
  })

  it('is started once by two that open the same folder together', async () => {
    const own = await openTestStore()
    await own.store.close()
    const both = await Promise.all([1, 2].map(() => openStore({ dataDir: own.dataDir, logger: silent })))
    const ports = await Promise.all(both.map((store) => store.query('SELECT inet_server_port() AS port')))
    expect(ports[0]).toEqual(ports[1])
    await both[0]!.close()
    expect(await both[1]!.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    await both[1]!.close()
    await rm(own.dataDir, { recursive: true, force: true })
  })
})
