import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

const PATIENCE_MS = 60_000

type Line = { readonly [key: string]: unknown }

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** The lines of standard output that are JSON. */
  readonly lines: readonly Line[]
}

/** A command that goes on until it is ended. */
export interface Going {
  /** The first line, printed already or to come, that has all of `fields`. */
  until(fields: Line): Promise<Line>
  stop(): Promise<void>
}

/** `suture` as people run it: a process of its own, in their folder. */
export interface CommandLine {
  run(args: readonly string[], env?: Environment): Promise<Ended>
  start(args: readonly string[], env?: Environment): Going
}

type Environment = Readonly<Record<string, string>>

export function openCommandLine(folder: string, common: Environment): CommandLine {
  const open = (args: readonly string[], env: Environment = {}): ChildProcess =>
    spawn(process.execPath, ['--import', LOADER, MAIN, ...args], {
      cwd: folder,
      env: { ...process.env, ...common, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  return {
    run: (args, env) => ending(open(args, env)),
    start: (args, env) => going(open(args, env), args[0]!),
  }
}

function ending(child: ChildProcess): Promise<Ended> {
  const told = { out: '', err: '' }
  for (const [name, stream] of [['out', child.stdout!] as const, ['err', child.stderr!] as const]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      told[name] += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...told, lines: linesOf(told.out) }))
  })
}

function going(child: ChildProcess, name: string): Going {
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  let complaint = ''
  let ended = false
  const wake = () => {
    for (const look of waiting) look()
  }
  child.stderr!.on('data', (text) => {
    complaint = `${complaint}${text}`.slice(-2_000)
  })
  createInterface({ input: child.stdout! }).on('line', (text) => {
    lines.push(...linesOf(text))
    wake()
  })
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true
      wake()
      resolve()
    })
  })
  return {
    until: (fields) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) =>
            Object.entries(fields).every(([key, value]) => line[key] === value),
          )
          if (!found && !ended) return
          waiting.delete(look)
          clearTimeout(timer)
          if (found) resolve(found)
          else fail('it ended')
        }
        const fail = (reason: string) => {
          const said = lines.slice(-1).map((line) => JSON.stringify(line).slice(0, 4_000))
          reject(
            new Error(
              `suture ${name} did not say ${JSON.stringify(fields)}; ${reason}\n${[...said, complaint].join('\n')}`,
            ),
          )
        }
        const timer = setTimeout(() => fail('it takes too long'), PATIENCE_MS)
        waiting.add(look)
        look()
      }),
    stop: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{') || line.startsWith('['))
    .map((line) => JSON.parse(line))
