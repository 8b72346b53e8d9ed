import { createRequire } from 'node:module'
import { messageOf, SutureError } from '../../core/errors.ts'
import type { Compile, StandardInput, StandardOutput } from './types.ts'
import { shortVersion } from './version.ts'

/** The two ways npm's `solc` has offered standard JSON over the years. */
interface SolcPackage {
  version(): string
  compile(input: string): string
  compileStandardWrapper?(input: string): string
}

/**
 * Compilers as npm packages of `solc`: `packageOf` names the one of a version (`0.8.19`), by name or by path. Each is loaded once, when it is
 * first needed, and stays: some 10 to 100 MB of memory.
 *
 * @example
 * const compile = npmCompilers((version) => `solc-${version}`)
 */
export function npmCompilers(
  packageOf: (version: string) => string,
  from: string = import.meta.url,
): Compile {
  const require = createRequire(from)
  const loaded = new Map<string, SolcPackage>()
  return (version: string, input: StandardInput): StandardOutput => {
    const short = shortVersion(version)
    const solc = loaded.get(short) ?? load(require, packageOf(short), short)
    loaded.set(short, solc)
    const text = JSON.stringify(input)
    return JSON.parse(solc.compileStandardWrapper ? solc.compileStandardWrapper(text) : solc.compile(text))
  }
}

function load(require: NodeJS.Require, name: string, version: string): SolcPackage {
  const listeners = process.listeners('uncaughtException')
  const solc = attempt<SolcPackage>(() => require(name), name)
  // Compilers of the time print themselves, and end the process, on anybody's uncaught exception.
  for (const listener of process.listeners('uncaughtException')) {
    if (!listeners.includes(listener)) process.off('uncaughtException', listener)
  }
  const found = shortVersion(solc.version())
  if (found === version) return solc
  throw new SutureError('PATCH_IMPOSSIBLE', 'The package holds another compiler than it was asked for.', {
    meta: [
      `package: ${name}`,
      `asked: ${version}`,
      `found: ${found}`,
      'fix: install the compiler of that version',
    ],
  })
}

function attempt<Value>(read: () => Value, name: string): Value {
  try {
    return read()
  } catch (error) {
    throw new SutureError('PATCH_IMPOSSIBLE', 'The compiler of the sources is not installed.', {
      meta: [`package: ${name}`, `cause: ${messageOf(error).split('\n')[0]}`, 'fix: install it from npm'],
      cause: error,
    })
  }
}
