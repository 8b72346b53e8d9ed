import { Command } from 'commander'
import { readCase } from '../chain/case.ts'
import { bytesOf } from '../core/hex.ts'
import { type Healing, healCase } from '../pipeline/heal.ts'
import type { Tried } from '../pipeline/try-candidates.ts'
import { EXIT, print, printJson, progress } from './output.ts'
import { writeDiff, writePatchFiles } from './patch-files.ts'
import { readSources } from './read-sources.ts'

interface PatchOptions {
  readonly out?: string
  readonly source?: readonly string[]
  readonly json?: boolean
}

export const patchCommand = new Command('patch')
  .description('derive a patch from an attack: what was tried, what it refuses, and the certified code')
  .argument('<case>', 'a suture-case/1 file, gzipped or not')
  .option('--out <folder>', 'write the patched code, certificates and annotated listings there')
  .option(
    '--source <file...>',
    'build-info of Foundry or Hardhat, or { "compiler", "input" }: looks for a readable source patch as well',
  )
  .option('--json', 'print one object')
  .addHelpText(
    'after',
    '\nExit codes: 0 an effective patch was found, 2 none was, 1 bad input or failure.\nCheck what is written with: suture-check <original.hex> <patched.hex> <certificate.json>',
  )
  .action(async (path: string, options: PatchOptions) => {
    const told = await readCase(path)
    const sources = options.source && (await readSources(options.source))
    const healing = await healCase(told, {
      onProgress: progress,
      setters: true,
      ...(sources ? { sources } : {}),
    })
    const { remedy, verdict } = healing
    const patches = verdict === 'effective' ? (remedy?.patches ?? []) : []
    if (options.out !== undefined) {
      for (const { target, runtime, certificate } of patches) {
        if (!runtime || !certificate) continue
        const original = bytesOf(told.alloc[target]?.code ?? '0x')
        const written = await writePatchFiles(options.out, target, { original, runtime, certificate })
        for (const file of written) progress(`wrote ${file}`)
      }
      if (healing.source?.found) progress(`wrote ${await writeDiff(options.out, healing.source.patch.diff)}`)
    }
    if (options.json) printJson(format(healing))
    else for (const line of describe(healing)) print(line)
    process.exitCode = verdict === 'effective' ? EXIT.ok : EXIT.ineffective
  })

function format(healing: Healing) {
  const { diagnosis, remedy, state, source, tried, verdict, checks } = healing
  return {
    format: 'suture-patch/1',
    case: healing.name,
    diagnosis: diagnosis && {
      class: diagnosis.class,
      target: diagnosis.target,
      selector: diagnosis.selector,
      pc: diagnosis.pc,
      summary: diagnosis.summary,
    },
    verdict,
    description: remedy?.description ?? [],
    patches: verdict === 'effective' ? remedy?.patches : [],
    checks,
    state: state && { call: state.call, description: state.patch.description },
    source: source?.found
      ? { diff: source.patch.diff, notes: source.patch.notes, runtime: source.patch.patch.runtime }
      : source && { reason: source.reason },
    tried: tried.map(({ patch, ...rest }) => ({ ...rest, description: patch.description })),
  }
}

function describe({ diagnosis, remedy, state, source, tried, verdict, checks }: Healing): string[] {
  const chosen = verdict === 'effective' ? (remedy?.description ?? []) : []
  const open = verdict === 'effective' ? [] : checks.filter(({ result }) => result !== 'pass')
  return [
    `cause     ${diagnosis ? `${diagnosis.class}: ${diagnosis.summary}` : 'not found'}`,
    ...tried.map(tell),
    ...chosen.map((line) => `patch     ${line}`),
    ...open.map(({ name, detail }) => `why not   ${name}: ${detail}`),
    ...(state ? state.patch.description.map((line) => `or set    ${line}`) : []),
    ...(source?.found
      ? ['source', source.patch.diff, ...source.patch.notes.map((note) => `note      ${note}`)]
      : []),
    ...(source && !source.found ? [`source    none: ${source.reason}`] : []),
    `verdict   ${verdict === 'effective' ? 'effective' : `${verdict}; containment stays`}`,
  ]
}

function tell({ patch, cause, verdict, general, against }: Tried): string {
  const grade = verdict === 'effective' && !general ? 'palliative' : verdict
  const why = against === null ? '' : ` (${against.name}: ${against.detail})`
  return `tried     ${grade.padEnd(12)} ${cause}: ${patch.description[0] ?? ''}${why}`
}
