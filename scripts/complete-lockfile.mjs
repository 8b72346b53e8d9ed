#!/usr/bin/env node
// npm leaves platform packages out of the lockfile when the registry it asks does not have them (an incomplete mirror), and `npm ci` then
// refuses that lockfile everywhere. This adds what is missing by name and version, as the packages themselves declare it, so that a
// lockfile made behind a mirror serves every platform. Entries made here carry no integrity; npm adds it where it can.
// usage: node scripts/complete-lockfile.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('../package-lock.json', import.meta.url)
const SYSTEMS = [
  'darwin',
  'linux',
  'win32',
  'android',
  'freebsd',
  'openbsd',
  'netbsd',
  'sunos',
  'aix',
  'openharmony',
]
const PROCESSORS = {
  amd64: 'x64',
  x64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
  wasm32: 'wasm32',
}

const lock = JSON.parse(readFileSync(FILE, 'utf8'))
const added = []
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isPresent(place, name)) continue
    const platform = platformOf(name)
    if (platform === null) continue
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...platform,
    }
    added.push(`${name}@${version}`)
  }
}

if (added.length === 0) console.log('the lockfile is complete')
else if (process.argv.includes('--check')) {
  console.error(`missing from the lockfile: ${added.join(', ')}\nfix: node scripts/complete-lockfile.mjs`)
  process.exitCode = 1
} else {
  const packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(FILE, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
  console.log(`added ${added.length} platform packages`)
}

/** Whether the dependency of the package at `place` is in the lockfile where node would find it. */
function isPresent(place, name) {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true
    if (at === '') return false
  }
}

/** Platform packages say in their names what they are for; null for any other optional dependency. */
function platformOf(name) {
  const words = name.split(/[-/]/)
  const os = SYSTEMS.filter((system) => words.includes(system))
  const cpu = Object.keys(PROCESSORS).filter((word) =>
    words.some((one) => one === word || (word === 'arm' && /^arm$/.test(one))),
  )
  if (os.length === 0 && !words.includes('wasm32')) return null
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : null
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu: [...new Set(cpu.map((word) => PROCESSORS[word]))] } : {}),
    ...(libc ? { libc } : {}),
  }
}
