import { createRequire } from 'node:module'
import { join } from 'node:path'
import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { readJsonFile } from '../core/read-json.ts'
import { npmCompilers } from '../patching/source/load-compiler.ts'
import type { CompilerInput } from '../patching/source/types.ts'
import type { Sources } from '../pipeline/source-remedy.ts'

const input = z.looseObject({
  language: z.string(),
  sources: z.record(z.string(), z.looseObject({ content: z.string() })),
  settings: z.looseObject({}),
})
const version = z.string().regex(/^\d+\.\d+\.\d+/, 'must be a version such as 0.8.19')
/** `{ compiler, input }`, or the build-info of Foundry and Hardhat. */
const schema = z.union([
  z.object({ compiler: version, input }),
  z
    .object({ solcVersion: version, input })
    .transform((info) => ({ compiler: info.solcVersion, input: info.input })),
])

/**
 * What contracts were compiled from. Compilers are npm packages of the working directory: `solc` of that version, or `solc-<version>`, so that
 * several can be installed side by side (`npm i solc-0.8.19@npm:solc@0.8.19`).
 *
 * @throws CONFIG_INVALID naming the field that is not as it must be.
 */
export async function readSources(files: readonly string[]): Promise<Sources> {
  const inputs: CompilerInput[] = []
  for (const file of files) {
    const result = schema.safeParse(await readJsonFile(file))
    if (!result.success) {
      throw new SutureError('CONFIG_INVALID', 'The compiler input cannot be read.', {
        meta: [
          `file: ${file}`,
          `problem: ${result.error.issues[0]!.message}`,
          'fix: give a build-info file, or { "compiler": "0.8.19", "input": … } with the standard-JSON input',
        ],
      })
    }
    inputs.push(result.data as CompilerInput)
  }
  const here = join(process.cwd(), 'package.json')
  return { inputs, compile: npmCompilers((wanted) => packageOf(wanted, here), here) }
}

function packageOf(wanted: string, from: string): string {
  const require = createRequire(from)
  try {
    const { version: plain } = require('solc/package.json') as { version: string }
    if (plain === wanted) return 'solc'
  } catch {
    // There is no plain `solc`: the versioned name is the one to ask for.
  }
  return `solc-${wanted}`
}
