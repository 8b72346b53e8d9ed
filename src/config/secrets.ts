import { SutureError } from '../core/errors.ts'
import type { EnvironmentReference } from './types.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface SecretReader {
  /** The value behind a reference; null where it is optional and not set. */
  read(reference: EnvironmentReference, field: string): string | null
  /** The same for an address that may be written out. */
  endpoint(endpoint: string | EnvironmentReference, field: string): string | null
  /** Everything read so far, for the logger. */
  secrets(): readonly string[]
}

/** Reads secrets from an environment and remembers which. An empty variable counts as not set. */
export function createSecretReader(environment: Environment): SecretReader {
  const secrets = new Set<string>()

  function read(reference: EnvironmentReference, field: string): string | null {
    const value = environment[reference.name]?.trim() || null
    if (value !== null) secrets.add(value)
    if (value !== null || reference.optional) return value
    throw new SutureError(
      'SECRET_MISSING',
      'The configuration names an environment variable that is not set.',
      {
        meta: [
          `field: ${field}`,
          `value: ${reference.name} (not set)`,
          `fix: set ${reference.name}, or mark it optional with env('${reference.name}', { optional: true })`,
        ],
      },
    )
  }

  function endpoint(value: string | EnvironmentReference, field: string): string | null {
    if (typeof value === 'string') return value
    const url = read(value, field)
    if (url === null || /^(https?|wss?):\/\/\S+$/.test(url)) return url
    throw new SutureError('CONFIG_INVALID', 'An environment variable does not hold an address.', {
      meta: [`field: ${field}`, `value: ${value.name} (not shown)`, 'fix: set a http(s) or ws(s) address'],
    })
  }

  return { read, endpoint, secrets: () => [...secrets] }
}
