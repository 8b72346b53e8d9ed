import { refuse } from './refuse.ts'
import type { Compile, CompilerInput, StandardInput, StandardOutput } from './types.ts'
import { isAtLeast } from './version.ts'

const CODE = ['evm.deployedBytecode', 'evm.methodIdentifiers', 'storageLayout']
/** Earlier trees do not say what a name refers to; the last compiler of the same line reads the same sources. */
const FIRST_WITH_TREE = '0.4.12'
const READS_EARLIER = '0.4.26'

/**
 * Compiles with the settings of the input; only what is put out is chosen here.
 *
 * @throws PATCH_IMPOSSIBLE with what the compiler says when it refuses the sources.
 */
export async function compileFor(
  compile: Compile,
  { compiler, input }: CompilerInput,
  what: 'code' | 'tree' | 'both',
): Promise<StandardOutput> {
  const selection = { '*': [...(what === 'tree' ? [] : CODE)], '': what === 'code' ? [] : ['ast'] }
  const settings = { ...input.settings, outputSelection: { '*': selection } }
  const output = await compile(compiler, { ...input, settings })
  const failures = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  if (failures.length === 0) return output
  return refuse(
    'The compiler refuses the sources.',
    `compiler: ${compiler}`,
    ...failures.slice(0, 3).map((error) => (error.formattedMessage ?? error.message ?? '').trim()),
  )
}

/** Code and syntax trees. Trees are read by another compiler where the own one writes none that can be used. */
export async function compileWithTree(compile: Compile, source: CompilerInput): Promise<StandardOutput> {
  if (isAtLeast(source.compiler, FIRST_WITH_TREE)) return compileFor(compile, source, 'both')
  const output = await compileFor(compile, source, 'code')
  const trees = await compileFor(
    compile,
    { compiler: READS_EARLIER, input: admitting(source.input, READS_EARLIER) },
    'tree',
  )
  // The source maps of the code count by the ids of the compiler that made it.
  const sources = Object.entries(trees.sources ?? {}).map(([path, { id, ast }]) => [
    path,
    { id: output.sources?.[path]?.id ?? id, ast },
  ])
  return { ...output, sources: Object.fromEntries(sources) }
}

/** Version pragmas that admit `version`, as long as they were, so that no offset moves. Too short a pragma stays as it is. */
function admitting(input: StandardInput, version: string): StandardInput {
  const sources = Object.entries(input.sources).map(([path, { content }]) => [
    path,
    {
      content: content.replaceAll(
        /(pragma\s+solidity\s*)([^;]+)(?=;)/g,
        (whole, head: string, range: string) =>
          range.length < version.length ? whole : head + version.padEnd(range.length),
      ),
    },
  ])
  return { ...input, sources: Object.fromEntries(sources) }
}
