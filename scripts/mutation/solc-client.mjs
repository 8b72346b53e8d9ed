// A compiler for copies of contracts/ that asks a server, and the start of that server.
import { fork } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('solc-server.mjs', import.meta.url))

/** What stands in for solc. forge asks it for its version each time. */
function writeShim(socket, version) {
  return `#!/usr/bin/env node
import { connect } from 'node:net'
import { resolve } from 'node:path'

if (process.argv.includes('--version')) {
  process.stdout.write('solc, the solidity compiler commandline interface\\nVersion: ${version}\\n')
} else {
  const option = process.argv.indexOf('--base-path')
  const server = connect({ path: ${JSON.stringify(socket)}, allowHalfOpen: true })
  server.write(resolve(option === -1 ? '.' : process.argv[option + 1]) + '\\n')
  process.stdin.pipe(server).pipe(process.stdout)
}
`
}

/** Starts a server. `installIn` makes it the compiler of a copy; it ends when `stop` is called, or with this process. */
export async function serveSolc() {
  const folder = mkdtempSync(join(tmpdir(), 'suture-solc-'))
  const socket = join(folder, 'socket')
  const server = fork(SERVER, [socket])
  const version = await new Promise((resolve, reject) => {
    server.once('message', resolve)
    server.once('exit', (code) => reject(new Error(`The solc server ended with ${code}.`)))
  })
  return {
    installIn: (copy) => {
      const shim = join(copy, 'solc-shim.mjs')
      writeFileSync(shim, writeShim(socket, version))
      chmodSync(shim, 0o755)
    },
    stop: () => {
      server.disconnect()
      rmSync(folder, { recursive: true })
    },
  }
}
