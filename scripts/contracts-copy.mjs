// A copy of contracts/ that tools may change. node_modules lies inside it: forge coverage resolves imports below the project's root only.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
export const CONTRACTS = join(ROOT, 'contracts')

/** A foundry.toml with node_modules where a copy has it. */
function readLocalConfig(from) {
  return readFileSync(join(from, 'foundry.toml'), 'utf8').replaceAll('../node_modules', 'node_modules')
}

/** The import remappings of a copy. */
export function readRemappings(copy) {
  return [...readLocalConfig(copy).matchAll(/"(\S+=node_modules\/\S*)"/g)].map((match) => match[1])
}

const copies = new Set()

/** Deletes a copy. Those that are left are deleted at the end, also when it comes by a signal. */
export function deleteCopy(copy) {
  rmSync(copy, { recursive: true, force: true })
  copies.delete(copy)
}

process.on('exit', () => copies.forEach(deleteCopy))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/** Copies the sources and tests, of contracts/ or of a copy, to a new folder under the temporary directory, and gives its path. */
export function copyContracts(name, from = CONTRACTS) {
  const copy = mkdtempSync(join(tmpdir(), `suture-${name}-`))
  copies.add(copy)
  for (const entry of ['src', 'test', 'solc-shim.mjs']) {
    cpSync(join(from, entry), join(copy, entry), { recursive: true })
  }
  mkdirSync(join(copy, 'snapshots'))
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  writeFileSync(join(copy, 'foundry.toml'), readLocalConfig(from))
  return copy
}

/** Runs forge on a copy; `timeout` in milliseconds ends it with all it started. */
export async function runForge(copy, args, { env = {}, timeout = 600_000 } = {}) {
  const forge = join(ROOT, 'scripts', 'forge.mjs')
  const child = spawn(process.execPath, [forge, ...args, '--root', copy], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      output += text
    })
  }
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    process.kill(-child.pid, 'SIGKILL')
  }, timeout)
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  return { code, output, timedOut }
}
