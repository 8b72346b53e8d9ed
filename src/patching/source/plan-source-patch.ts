import { SutureError } from '../../core/errors.ts'
import { bytesOf, type Hex } from '../../core/hex.ts'
import { compileWithTree } from './compile.ts'
import { diffSources } from './diff.ts'
import { applyEdits } from './edit.ts'
import { layoutOf, proveAppended } from './layout.ts'
import type { Mending } from './mend/mending.ts'
import { attemptsFor } from './mend/table.ts'
import { findContract, type Program, readProgram, readUnits, variableNames } from './program.ts'
import { refuse } from './refuse.ts'
import { fillRuntime, reproduce } from './reproduce.ts'
import type { Compile, CompilerInput, SourcePatch, SourcePatchRequest, StandardOutput } from './types.ts'

/**
 * A readable edit of the source that mends what was diagnosed, for the owner to ratify beside the restriction that the gate applied: compiled with
 * the same compiler and settings, storage where it was, immutables and libraries as deployed. Only the contract at `diagnosis.code` is
 * edited. Nothing is verified here: the patch goes through `verifyPatch` like any other, and takes the slow path, for it has no certificate.
 *
 * @throws PATCH_IMPOSSIBLE when no input compiles to the deployed code, when the cause cannot be mended by a small edit, or when the edit
 * would move storage.
 *
 * @example
 * const { diff, patch, notes } = await planSourcePatch({ diagnosis, sources, compile, deployed: witnessed.codes })
 */
export async function planSourcePatch(request: SourcePatchRequest): Promise<SourcePatch> {
  const first = await planSourcePatches(request).next()
  return first.value as SourcePatch
}

/** The same in every way that fits, the preferred first, each made when it is asked for. Gives one at least, or throws. */
export async function* planSourcePatches(request: SourcePatchRequest): AsyncGenerator<SourcePatch, void> {
  const program = await findProgram(request)
  const reasons: string[] = []
  const made = new Set<string>()
  for (const attempt of attemptsFor(program, request.diagnosis)) {
    try {
      const patch = await finish(request, program, attempt())
      if (!made.has(patch.diff)) yield patch
      made.add(patch.diff)
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  }
  if (made.size === 0) {
    const { mechanism } = request.diagnosis
    refuse('The root cause cannot be mended in the source.', `class: ${mechanism.class}`, ...reasons)
  }
}

async function finish(
  { diagnosis, compile }: SourcePatchRequest,
  program: Program,
  { edits, notes }: Mending,
): Promise<SourcePatch> {
  if (edits.length === 0) refuse('The diagnosis names no place in the source of this contract.')
  const { input, compiler } = program.source
  const source: CompilerInput = { compiler, input: { ...input, sources: applyEdits(input.sources, edits) } }
  const { runtime, added } = await recompile(program, source, compile)
  const { path, name } = program.reproduction
  const layout =
    added.length === 0
      ? 'the storage layout is unchanged'
      : `the storage layout is unchanged but for ${added.join(', ')}, behind all others`
  return {
    diff: diffSources(input.sources, source.input.sources),
    patch: { target: diagnosis.code, kind: 'source', runtime, certificate: null },
    contract: `${path}:${name}`,
    source,
    notes: [...notes, layout],
  }
}

/** What does not fit is a reason, anything else an error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof SutureError) || error.code !== 'PATCH_IMPOSSIBLE') throw error
  const [sentence, ...meta] = error.message.replace(/ \[[A-Z_]+\]/, '').split('\n')
  return [sentence, ...meta.map((line) => line.trim())]
    .filter((line) => !/^(?:fix|docs):/.test(line!))
    .join(' ')
}

/** The first input that compiles to the deployed code. */
async function findProgram({ diagnosis, sources, compile, deployed }: SourcePatchRequest): Promise<Program> {
  const code = bytesOf(deployed.get(diagnosis.code) ?? '0x')
  if (code.length === 0) refuse('The deployed code was not given.', `account: ${diagnosis.code}`)
  const reasons: string[] = []
  for (const source of sources) {
    try {
      const output = await compileWithTree(compile, source)
      return readProgram(source, output, { reproduction: reproduce(output, code), deployed: code })
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  }
  return refuse('No source was found for the code with the flaw.', `account: ${diagnosis.code}`, ...reasons)
}

async function recompile(
  program: Program,
  source: CompilerInput,
  compile: Compile,
): Promise<{ readonly runtime: Hex; readonly added: readonly string[] }> {
  const { path, name, output: before, fillings } = program.reproduction
  const output: StandardOutput = await compileWithTree(compile, source)
  const after = output.contracts![path]![name]!
  const units = readUnits(output)
  const added = proveAppended(
    layoutOf(program.contract, before),
    layoutOf(findContract(units, path, name), after),
  )
  const oldNames = variableNames(program.units)
  const newNames = variableNames(units)
  const values = new Map([...fillings.immutables].map(([id, bytes]) => [oldNames.get(id) ?? id, bytes]))
  const runtime = fillRuntime(after, { ...fillings, immutables: values }, (id) => newNames.get(id) ?? null)
  return { runtime, added }
}
