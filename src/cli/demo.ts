import { Command } from 'commander'
import { runDemo } from '../demo/run.ts'
import { progress } from './output.ts'

export const demoCommand = new Command('demo')
  .description('watch a protocol survive an attack, on a local chain')
  .option('--json', 'print the same as one object')
  .option('--without-patch', 'leave out the patch, to see the attacker succeed on the second try')
  .action(async (options: { json?: boolean; withoutPatch?: boolean }) => {
    const passed = await runDemo({
      json: options.json ?? false,
      withoutPatch: options.withoutPatch ?? false,
      progress,
    })
    process.exitCode = passed ? 0 : 1
  })
