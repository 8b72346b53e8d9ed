import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { type CaseDeclaration, COMPILERS, type CompilationUnit } from '../../cases/lib/types.ts'
import { npmCompilers } from '../../src/patching/source/load-compiler.ts'
import type { CompilerInput } from '../../src/patching/source/types.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The compilers of the cases, as npm installs them. */
export const caseCompilers = npmCompilers(
  (version) => COMPILERS[version as keyof typeof COMPILERS] ?? `solc-${version}`,
)

/** The compiler inputs of a case's own contracts, with all that they import: what a source verifier would have. */
export async function caseSources(name: string): Promise<CompilerInput[]> {
  const folder = join(ROOT, 'cases', name)
  const { default: declaration }: { default: CaseDeclaration<unknown> } = await import(
    join(folder, 'case.ts')
  )
  return declaration.units
    .filter(({ files }) => !files.includes('Attack.sol'))
    .map((unit) => ({ compiler: unit.compiler, input: inputOf(unit, folder) }))
}

function inputOf(unit: CompilationUnit, folder: string): CompilerInput['input'] {
  const sources: Record<string, { content: string }> = {}
  const add = (path: string, file: string) => {
    if (sources[path] || !existsSync(file)) return
    const content = readFileSync(file, 'utf8')
    sources[path] = { content }
    for (const [, imported] of content.matchAll(/^\s*import\b[^;"']*["']([^"']+)["']/gm)) {
      const target = imported!.startsWith('.') ? normalize(join(dirname(path), imported!)) : imported!
      add(target, join(ROOT, 'node_modules', target))
    }
  }
  for (const file of unit.files) add(file, join(folder, file))
  const { optimizerRuns: runs, viaIR, evmVersion } = unit
  return {
    language: 'Solidity',
    sources,
    settings: {
      optimizer: runs === undefined ? { enabled: false } : { enabled: true, runs },
      ...(viaIR ? { viaIR } : {}),
      ...(evmVersion ? { evmVersion } : {}),
    },
  }
}
