#!/usr/bin/env node
import { Command } from 'commander'
import { approveCommand } from './approve.ts'
import { attestCommand } from './attest.ts'
import { certifyCommand } from './certify.ts'
import { checkCommand } from './check.ts'
import { demoCommand } from './demo.ts'
import { deployCommand } from './deploy.ts'
import { executeCommand } from './execute.ts'
import { freezeCommand } from './freeze.ts'
import { healCommand } from './heal.ts'
import { incidentCommand } from './incident.ts'
import { initCommand } from './init.ts'
import { inspectCommand } from './inspect.ts'
import { keystoreCommand } from './keystore.ts'
import { onboardCommand } from './onboard.ts'
import { reportFailure } from './output.ts'
import { patchCommand } from './patch.ts'
import { proposeCommand } from './propose.ts'
import { replayCommand } from './replay.ts'
import { statusCommand } from './status.ts'
import { watchCommand } from './watch.ts'

const program = new Command('suture')
  .description(
    'Keeps a DeFi protocol alive while it is being attacked: detect, freeze, diagnose, patch, verify, approve, upgrade.',
  )
  .version('0.1.0')
  .showHelpAfterError()

for (const command of [
  initCommand,
  demoCommand,
  deployCommand,
  watchCommand,
  approveCommand,
  attestCommand,
  executeCommand,
  freezeCommand,
  statusCommand,
  incidentCommand,
  healCommand,
  patchCommand,
  certifyCommand,
  checkCommand,
  replayCommand,
  inspectCommand,
  onboardCommand,
  proposeCommand,
  keystoreCommand,
]) {
  program.addCommand(command)
}

program.parseAsync().catch((error: unknown) => {
  process.exitCode = reportFailure(error)
})
