import { Command } from 'commander'
import { readCase } from '../chain/case.ts'
import { formatHealing, type Healing, healCase } from '../pipeline/heal.ts'
import type { VerdictKind } from '../verification/types.ts'
import { EXIT, print, printJson, progress } from './output.ts'

const EXIT_OF: Readonly<Record<VerdictKind, number>> = {
  effective: EXIT.ok,
  ineffective: EXIT.ineffective,
  harmful: EXIT.ineffective,
  inconclusive: EXIT.inconclusive,
}

export const healCommand = new Command('heal')
  .description('run the whole loop on a case file, offline')
  .argument('<case>', 'a suture-case/1 file, gzipped or not')
  .option('--json', 'print one suture-heal/1 object')
  .addHelpText(
    'after',
    '\nExit codes: 0 effective, 2 no effective patch, 3 inconclusive, 1 bad input or failure.',
  )
  .action(async (path: string, options: { json?: boolean }) => {
    const told = await readCase(path)
    const healing = await healCase(told, { onProgress: progress })
    if (options.json) printJson(formatHealing(healing))
    else for (const line of describe(healing)) print(line)
    process.exitCode = EXIT_OF[healing.verdict]
  })

function describe({
  name,
  findings,
  containment,
  diagnosis,
  remedy,
  verdict,
  checks,
  gas,
  bundle,
  milliseconds,
}: Healing): string[] {
  const hostile = findings.filter(({ transaction }) => transaction.part === 'attack')
  return [
    `case        ${name}`,
    `detected    ${hostile.length > 0 ? hostile[0]!.finding.summary : 'nothing in the attack'}`,
    `false alarm ${findings.length - hostile.length} in history`,
    `freeze      ${containment.map(({ target, selector }) => `${selector} of ${target}`).join(', ') || 'nothing'}`,
    `diagnosis   ${diagnosis ? `${diagnosis.class} (${diagnosis.confidence.toFixed(2)}): ${diagnosis.summary}` : 'none'}`,
    ...(remedy?.description ?? []).map(
      (line, index) => `${index === 0 ? 'patch      ' : '           '} ${line}`,
    ),
    ...checks.map(
      ({ name: check, result, detail }) => `check       ${result.padEnd(12)} ${check}: ${detail}`,
    ),
    ...(gas ? [`gas         ${gas.benignBefore} → ${gas.benignAfter} over all benign transactions`] : []),
    ...(bundle ? [`bundle      ${bundle}`] : []),
    `verdict     ${verdict}`,
    `time        ${Object.entries(milliseconds)
      .map(([stage, ms]) => `${stage} ${ms} ms`)
      .join(', ')}`,
  ]
}
