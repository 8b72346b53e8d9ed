#!/usr/bin/env node
// forge cannot download solc everywhere; this answers what forge asks of a native solc with the npm package's compiler.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const solc = createRequire(import.meta.url)('solc')

/** Native solc reads imports that are missing from the input below its base path; so does this. */
function readImport(path) {
  const option = process.argv.indexOf('--base-path')
  const base = option === -1 ? '.' : process.argv[option + 1]
  try {
    return { contents: readFileSync(resolve(base, path), 'utf8') }
  } catch (error) {
    return { error: error.message }
  }
}

if (process.argv.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`)
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8'), { import: readImport }))
} else {
  process.stderr.write('solc-shim answers --version and --standard-json only.\n')
  process.exitCode = 1
}
