import { userInfo } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { SutureError } from '../core/errors.ts'
import { createLogger } from '../core/log.ts'
import { openStore, type Store } from '../core/store.ts'
import { appendEvent, readLog } from '../incidents/log.ts'
import { reduce } from '../incidents/reduce.ts'
import { stateOf } from '../incidents/state.ts'
import type { Incident, IncidentEvent } from '../incidents/types.ts'
import { print, printJson } from './output.ts'

interface StoreOptions {
  readonly config?: string
  readonly json?: boolean
}

/** Runs `work` on the incidents of the configuration's database, which a watching process may be using at the same time. */
async function withIncidents<T>(
  { config: path }: StoreOptions,
  work: (store: Store, incidents: ReadonlyMap<string, Incident>) => Promise<T>,
): Promise<T> {
  const { database, folder, secrets } = await loadConfig(path)
  const logger = createLogger({ level: 'warn', secrets, destination: process.stderr })
  const dataDir = join(folder, '.suture', 'postgres')
  const store = await openStore({ ...(database ? { url: database } : {}), dataDir, logger })
  try {
    const incidents = new Map<string, Incident>()
    for await (const { incident: id, event } of readLog(store)) {
      incidents.set(id, reduce(id, incidents.get(id) ?? null, event)[0])
    }
    return await work(store, incidents)
  } finally {
    await store.close()
  }
}

/** The incident whose id starts with `prefix`. */
function find(incidents: ReadonlyMap<string, Incident>, prefix: string): Incident {
  const found = [...incidents.values()].filter(({ id }) => id.startsWith(prefix))
  const [incident, ...others] = found
  if (incident && others.length === 0) return incident
  throw new SutureError('TRANSITION_INVALID', 'Which incident is meant is not clear.', {
    meta: [
      `field: id`,
      `value: ${prefix}`,
      `fix: give the id, or enough of its beginning; ${found.length} fit`,
    ],
  })
}

/** Appends events a person decided on. The watching process takes them up by itself. */
async function decide(
  options: StoreOptions,
  prefix: string,
  eventsOf: (incident: Incident) => readonly IncidentEvent[],
) {
  await withIncidents(options, async (store, incidents) => {
    let incident = find(incidents, prefix)
    for (const event of eventsOf(incident)) {
      // Refused before it is written.
      const [next] = reduce(incident.id, incident, event)
      const appended = await appendEvent(store, {
        incident: incident.id,
        seq: incident.seq,
        event,
        at: new Date(),
      })
      if (appended === null) {
        throw new SutureError('TRANSITION_INVALID', 'The incident has moved on meanwhile.', {
          meta: [`incident: ${incident.id}`, 'fix: look at it again, and decide again'],
        })
      }
      incident = next
      print(`${event.type}: ${incident.id} is ${stateOf(incident)}`)
    }
  })
}

const by = () => userInfo().username
const configOption = ['--config <path>', 'configuration file (default: suture.config.ts here)'] as const

export const incidentCommand = new Command('incident').description(
  'see incidents, and decide what waits for a person',
)

incidentCommand
  .command('list', { isDefault: true })
  .description('all incidents and where they stand')
  .option(...configOption)
  .option('--json', 'print one array')
  .action((options: StoreOptions) =>
    withIncidents(options, async (_store, incidents) => {
      const rows = [...incidents.values()].map((incident) => ({
        id: incident.id,
        protocol: incident.protocol,
        victim: incident.victim,
        state: stateOf(incident),
        waiting: incident.blockers.map(({ effect, sentence }) => `${effect}: ${sentence}`),
      }))
      if (options.json) return printJson(rows)
      if (rows.length === 0) print('no incidents')
      for (const { id, protocol, victim, state, waiting } of rows) {
        print(`${id}  ${state.padEnd(12)} ${protocol} ${victim}`)
        for (const line of waiting) print(`  waits: ${line}`)
      }
    }),
  )

incidentCommand
  .command('release <id>')
  .description('let a verified patch go to the guardians (policy restrict: propose)')
  .option(...configOption)
  .action((id: string, options: StoreOptions) =>
    decide(options, id, () => [{ type: 'PatchReleased', by: by() }]),
  )

incidentCommand
  .command('retry <id>')
  .description('try again what was given up')
  .option(...configOption)
  .action((id: string, options: StoreOptions) =>
    decide(options, id, ({ blockers }) =>
      blockers.map(({ effect }) => ({ type: 'HumanAnswered', effect, by: by() })),
    ),
  )

incidentCommand
  .command('dismiss <id>')
  .description('close an incident that is none')
  .requiredOption('--reason <text>', 'why, for the decision log')
  .option(...configOption)
  .action((id: string, options: StoreOptions & { readonly reason: string }) =>
    decide(options, id, () => [{ type: 'IncidentDismissed', by: by(), reason: options.reason }]),
  )
