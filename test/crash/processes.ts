import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Json } from '../../src/core/json.ts'

/** A line of NDJSON as a process of Suture prints it. */
export interface Line {
  readonly type: string
  readonly event?: string
  readonly url?: string
  readonly payload?: { readonly [key: string]: Json }
}

/** A process of Suture, from source. */
export interface CliProcess {
  readonly lines: readonly Line[]
  /** What it wrote to standard error, for when a test fails. */
  complaint(): string
  /** Resolves with the first line that fits, said already or yet to come; rejects when the process ends or the time is up. */
  waitFor(fits: (line: Line) => boolean, what: string, timeoutMs: number): Promise<Line>
  /** Ends it as `kill -9` does, at once. */
  kill(): void
  readonly gone: Promise<void>
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

export interface SpawnOptions {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Told of each line as it is read. */
  readonly onLine?: (line: Line, process: CliProcess) => void
}

export function startCli(command: readonly string[], options: SpawnOptions): CliProcess {
  const { folder, environment, onLine } = options
  const child: ChildProcess = spawn(process.execPath, ['--import', LOADER, MAIN, ...command], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: Line[] = []
  const listeners = new Set<() => void>()
  let complaint = ''
  let ended: string | null = null
  const tell = () => {
    for (const listener of [...listeners]) listener()
  }
  child.stderr!.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-4_000)
  })
  createInterface({ input: child.stdout! }).on('line', (text) => {
    const line = JSON.parse(text) as Line
    lines.push(line)
    onLine?.(line, self)
    tell()
  })
  const gone = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      ended = `it ended with ${signal ?? code}`
      tell()
      resolve()
    })
  })
  const self: CliProcess = {
    lines,
    gone,
    complaint: () => complaint,
    kill: () => void child.kill('SIGKILL'),
    waitFor: (fits, what, timeoutMs) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find(fits)
          if (!found && ended === null) return
          done()
          if (found) resolve(found)
          else fail(`${ended}`)
        }
        const fail = (reason: string) => {
          const said = lines.map(({ type, event }) => event ?? type).join(' ')
          reject(new TypeError(`${command[0]}: no ${what}: ${reason}\nsaid: ${said}\n${complaint}`))
        }
        const timer = setTimeout(() => {
          done()
          fail(`not within ${timeoutMs} ms`)
        }, timeoutMs)
        const done = () => {
          clearTimeout(timer)
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      }),
  }
  return self
}
