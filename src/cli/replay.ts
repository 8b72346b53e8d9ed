import { Command } from 'commander'
import { replayPath } from '../pipeline/replay.ts'
import { print, printJson, progress } from './output.ts'

export const replayCommand = new Command('replay')
  .description('run detection only over recorded blocks or cases, and count what it would have raised')
  .argument('<path>', 'a block file, a case, or a folder of them')
  .option('--json', 'print one suture-replay/1 object')
  .action(async (path: string, options: { json?: boolean }) => {
    const report = await replayPath(path, { onProgress: progress })
    if (options.json) {
      printJson(report)
      return
    }
    const { summary, files } = report
    for (const { file, transactions, flagged } of files) {
      print(`${file}: ${transactions} transactions, ${flagged.length} findings`)
      for (const { transaction, detector, severity } of flagged)
        print(`  ${severity.padEnd(9)}${detector} ${transaction}`)
    }
    for (const [key, value] of Object.entries(summary))
      print(`${key}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  })
