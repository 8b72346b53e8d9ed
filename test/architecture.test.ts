import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type ModuleFacts, readModule } from './support/read-module.ts'

/** In the order in which an attack passes through them. `incidents` comes last: its events carry what every stage gives. */
const STAGES = [
  ...[
    'chain',
    'detectors',
    'containment',
    'diagnosis',
    'patching',
    'verification',
    'governance',
    'execution',
  ],
  'incidents',
]
/** What they may import of the rest of `src/`; a stage is added below. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  generated: [],
  evm: ['core'],
  config: ['core'],
  report: ['core', 'evm', 'config', ...STAGES],
  server: ['core', 'config', ...STAGES],
  pipeline: ['core', 'evm', 'config', 'generated', 'server', ...STAGES],
  demo: ['core', 'evm', 'config', 'generated', 'pipeline', 'report', ...STAGES],
  cli: ['core', 'evm', 'config', 'generated', 'pipeline', 'server', 'report', 'demo', ...STAGES],
  // What users import.
  '': ['core', 'config'],
}
const SOURCE_LINES = 400
const TEST_LINES = 600
const SENDING = /\beth_send\w+/
const SIGNING = /\beth_sign\w*Transaction\b/
/** Asks a signer for a signature, and gets nothing sent. */
const ASKS_SIGNER = 'src/config/external-service.ts'
const SENDING_CALL = /\b(?:sendTransaction|sendRawTransaction|writeContract|deployContract)\b/

interface SourceFile extends ModuleFacts {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
  /** The folder in `src/`; empty for a file in `src/` itself. */
  readonly part: string
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

function listFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return listFiles(path)
    return extname(path) === '.ts' ? [path.replaceAll('\\', '/')] : []
  })
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const folders = dirname(path).split('/')
  return { path, text, part: folders[1] ?? '', ...readModule(text) }
}

const isTest = (path: string): boolean => path.endsWith('.test.ts')
const everything = ['src', 'test', 'cases', 'scripts'].flatMap(listFiles).map(readSource)
const inSrc = everything.filter(({ path }) => path.startsWith('src/'))
const sources = inSrc.filter(({ path }) => !isTest(path))

/** The files of `src/` a file imports, from the root. */
function importedFiles({ path, imports }: SourceFile, which: 'all' | 'at-run-time' = 'all'): string[] {
  return imports
    .filter(({ from, typeOnly }) => from.startsWith('.') && (which === 'all' || !typeOnly))
    .map(({ from }) => normalize(join(dirname(path), from)).replaceAll('\\', '/'))
}

const partOf = (path: string): string => path.split('/').slice(1, -1)[0] ?? ''

function mayImport(from: string, file: string): boolean {
  const to = partOf(file)
  if (from === to) return true
  const own = STAGES.indexOf(from)
  const other = STAGES.indexOf(to)
  const types = basename(file) === 'types.ts'
  if (own < 0) return ALLOWED[from]!.includes(to) || (from === 'config' && other >= 0 && types)
  if (other >= 0) return other < own && types
  return to === 'core' || to === 'evm' || (from === 'governance' && to === 'generated')
}

/** The first way from a file back to itself. */
function findCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map((file) => [file.path, importedFiles(file, 'at-run-time')]))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' → '))
    if (done.has(path) || way.includes(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...way, path])
    done.add(path)
  }
  for (const { path } of files) visit(path, [])
  return cycles
}

/** Paths of the files for which `broken` holds, so that a failure lists them. */
function violations(files: readonly SourceFile[], broken: (file: SourceFile) => boolean): string[] {
  return files.filter(broken).map(({ path }) => path)
}

describe('the import rule', () => {
  it('knows every folder of src', () => {
    const unknown = sources.filter(({ part }) => !STAGES.includes(part) && ALLOWED[part] === undefined)
    expect(unknown.map(({ path }) => path)).toEqual([])
  })

  it('lets a stage import core, evm, its own files and the types of earlier stages only, and core and evm no stage', () => {
    const wrong = sources.flatMap((file) =>
      importedFiles(file)
        .filter((imported) => !mayImport(file.part, imported))
        .map((imported) => `${file.path} imports ${imported}`),
    )
    expect(wrong).toEqual([])
  })

  it.each([
    ['chain', 'src/detectors/types.ts', false],
    ['detectors', 'src/chain/types.ts', true],
    ['detectors', 'src/chain/simulate.ts', false],
    ['incidents', 'src/execution/types.ts', true],
    ['execution', 'src/incidents/types.ts', false],
    ['core', 'src/chain/types.ts', false],
    ['core', 'src/evm/opcodes.ts', false],
    ['patching', 'src/generated/contracts.ts', false],
    ['governance', 'src/generated/contracts.ts', true],
    ['pipeline', 'src/cli/output.ts', false],
    ['config', 'src/detectors/scan.ts', false],
  ])('decides that %s and %s: %s', (from, file, allowed) => {
    expect(mayImport(from, file)).toBe(allowed)
  })

  it('imports files that are there, by their .ts name', () => {
    const paths = new Set(everything.map(({ path }) => path))
    const wrong = inSrc.flatMap((file) =>
      importedFiles(file)
        .filter((imported) => !paths.has(imported))
        .map((imported) => `${file.path} imports ${imported}`),
    )
    expect(wrong).toEqual([])
  })

  it('imports no test and nothing of test/ from published code', () => {
    const wrong = sources.flatMap((file) =>
      importedFiles(file)
        .filter((imported) => isTest(imported) || !imported.startsWith('src/'))
        .map((imported) => `${file.path} imports ${imported}`),
    )
    expect(wrong).toEqual([])
  })

  it('has no cycles among what is loaded', () => {
    expect(findCycles(sources)).toEqual([])
  })

  it('has no index.ts inside folders', () => {
    expect(violations(inSrc, ({ path }) => basename(path) === 'index.ts' && path !== 'src/index.ts')).toEqual(
      [],
    )
  })
})

describe('who may do what', () => {
  /** The demo plays users and an attacker beside Suture; their transactions are not Suture's. */
  it('lets only execution send transactions', () => {
    const senders = violations(
      sources.filter(({ part }) => part !== 'demo' && part !== 'generated'),
      ({ path, strings, words }) =>
        strings.some((text) => SENDING.test(text) || (SIGNING.test(text) && path !== ASKS_SIGNER)) ||
        SENDING_CALL.test(words),
    )
    expect(senders.filter((path) => !path.startsWith('src/execution/'))).toEqual([])
    expect(senders).not.toEqual([])
  })

  it('throws SutureError, never a bare Error', () => {
    expect(violations(sources, ({ words }) => /\bnew Error \(/.test(words))).toEqual([])
  })

  it('prints through a logger or the output of the CLI, never the console', () => {
    expect(violations(sources, ({ words }) => /\bconsole \./.test(words))).toEqual([])
  })

  it('mocks no module', () => {
    expect(violations(everything, ({ words }) => /\bvi \. (?:mock|doMock)\b/.test(words))).toEqual([])
  })
})

describe('the shape of files', () => {
  it('has no default export outside configuration and case files', () => {
    const declared = /\.config\.ts$|^cases\/[\w-]+\/case\.ts$/
    expect(
      violations(everything, ({ hasDefaultExport, path }) => hasDefaultExport && !declared.test(path)),
    ).toEqual([])
  })

  it(`has no source of more than ${SOURCE_LINES} lines and no test of more than ${TEST_LINES}`, () => {
    const long = everything
      .filter(({ part }) => part !== 'generated')
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > (isTest(path) ? TEST_LINES : SOURCE_LINES))
    expect(long).toEqual([])
  })

  it('leaves no note of unfinished work', () => {
    const note = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`)
    expect(violations(everything, ({ text }) => note.test(text))).toEqual([])
  })
})
