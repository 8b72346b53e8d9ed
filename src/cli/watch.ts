import { join } from 'node:path'
import { Command, Option } from 'commander'
import { loadConfig } from '../config/load.ts'
import { openSigner } from '../config/signer.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SutureError } from '../core/errors.ts'
import { createLogger } from '../core/log.ts'
import { createShutdown } from '../core/shutdown.ts'
import type { IncidentEvent } from '../incidents/types.ts'
import { type WatchNotice, watchProtocol } from '../pipeline/watch.ts'
import { writeIncidentReport } from '../report/incident-report.ts'
import { chooseProtocol } from './choose-protocol.ts'
import { print, printJson } from './output.ts'

interface WatchOptions {
  readonly config?: string
  readonly protocol?: string
  readonly broadcast?: boolean
  readonly json?: boolean
  readonly port: string
  readonly learn: string
  readonly freeze: string
  readonly hardfork: string
  readonly verbose?: boolean
}

export const watchCommand = new Command('watch')
  .description('watch a protocol live; a dry run unless --broadcast is given')
  .option('--config <path>', 'configuration file (default: suture.config.ts here)')
  .option('--protocol <name>', 'which protocol of the configuration (default: the only one)')
  .option('--broadcast', 'act: send freezes and approved patches')
  .option('--json', 'print one JSON object per line')
  .option('--port <port>', 'local port for approvals and metrics; 0 for any', '0')
  .option(
    '--learn <blocks>',
    'recent blocks to learn from before watching; full nodes keep the state of about 120',
    '120',
  )
  .option('--freeze <seconds>', 'how long a freeze lasts', '21600')
  .addOption(
    new Option('--hardfork <name>', 'rules of the chain')
      .choices(['london', 'paris', 'shanghai', 'cancun', 'prague'])
      .default('cancun'),
  )
  .option('-v, --verbose', 'log more, to standard error')
  .action(async (options: WatchOptions) => {
    const config = await loadConfig(options.config)
    const protocol = chooseProtocol(config, options.protocol)
    const opened = options.broadcast
      ? await openSigner(requireSigner(config), { folder: config.folder })
      : null
    const logger = createLogger({
      level: options.verbose ? 'debug' : 'warn',
      secrets: [...config.secrets, ...(opened?.secrets ?? [])],
      destination: process.stderr,
    })
    const shutdown = createShutdown({ logger })
    const tell = options.json
      ? (notice: WatchNotice) => printJson(notice)
      : (notice: WatchNotice) => print(describe(notice))
    const watching = watchProtocol({
      config,
      protocol,
      signer: opened?.account ?? null,
      logger,
      signal: shutdown.signal,
      hardfork: options.hardfork,
      port: Number(options.port),
      learnBlocks: BigInt(options.learn),
      freezeSeconds: BigInt(options.freeze),
      onNotice: tell,
      writeReport: (incident, details) =>
        writeIncidentReport(incident, join(config.folder, '.suture', 'reports'), details),
    })
    // A signal ends the watch; the process ends when that has closed what it opened.
    shutdown.onShutdown('watch', () => watching)
    try {
      await watching
    } finally {
      await shutdown.close()
    }
  })

function requireSigner({ signer, file }: LoadedConfig) {
  if (signer) return signer
  throw new SutureError('CONFIG_INVALID', 'To act, Suture needs a signer.', {
    meta: [
      `file: ${file}`,
      'field: signer',
      "fix: add signer: keystore('sentinel'), or leave out --broadcast",
    ],
  })
}

function describe(notice: WatchNotice): string {
  if (notice.type === 'watching')
    return `watching ${notice.protocol} on chain ${notice.chainId} from block ${notice.block}; ${notice.url}`
  if (notice.type === 'finding') return `${notice.severity}: ${notice.summary} (${notice.transaction})`
  if (notice.type === 'event')
    return `${notice.at.toISOString()} ${notice.incident.slice(0, 10)} ${notice.event}${detailOf(notice.payload)}`
  if (notice.type === 'signature')
    return `signed by ${notice.signer} (${notice.count} of ${notice.threshold})`
  if (notice.type === 'report') return `report: ${notice.html}`
  return notice.sentence
}

function detailOf(event: IncidentEvent): string {
  if (event.type === 'AttackDetected') return `: ${event.sighting.finding.summary}`
  if (event.type === 'AttackDiagnosed') return `: ${event.diagnosis.summary}`
  if (event.type === 'PatchVerified') return `: candidate ${event.candidate} ${event.verdict.verdict}`
  if (event.type === 'FreezeMined' || event.type === 'RestrictionMined')
    return `: block ${event.receipt.blockNumber}`
  if (event.type === 'HumanNeeded') return `: ${event.sentence}`
  return ''
}
