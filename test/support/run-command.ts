import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const CLI = join(import.meta.dirname, '../../src/cli')

export interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

/** A program of `src/cli/` as a user runs it, in a folder of theirs. A failure is a result. */
export async function runCommand(
  file: 'main.ts' | 'check-main.ts',
  args: readonly string[],
  cwd: string = process.cwd(),
): Promise<Ended> {
  try {
    return {
      ...(await run(process.execPath, ['--import', LOADER, join(CLI, file), ...args], { cwd })),
      code: 0,
    }
  } catch (error) {
    return error as Ended
  }
}
