// Runs forge in contracts/. The npm wrapper of forge exits with 0 when forge fails, so the platform package's binary is called.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CONTRACTS = fileURLToPath(new URL('../contracts', import.meta.url))

/** The path of the forge binary for this platform. */
function forgeBinary() {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/forge-${process.platform}-${architecture}`
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'forge.exe' : 'forge')
}

const { status, error } = spawnSync(forgeBinary(), process.argv.slice(2), {
  cwd: CONTRACTS,
  stdio: 'inherit',
})
if (error) process.stderr.write(`forge did not start: ${error.message}\n`)
process.exitCode = status ?? 1
