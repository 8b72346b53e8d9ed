import type { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { configSchema, type ParsedConfig } from './schema.ts'

const SHOWN_ISSUES = 10
const SHOWN_CHARACTERS = 80

/** Under these a person may have pasted what should have been a reference. */
const MAY_BE_SECRET = new Set(['rpc', 'signer', 'database', 'inbox'])

/**
 * Checks what a configuration file exports.
 *
 * @throws SutureError CONFIG_INVALID with field, value and fix of every problem
 */
export function parseConfig(value: unknown, file: string): ParsedConfig {
  const parsed = configSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  const shown = issues.slice(0, SHOWN_ISSUES).flatMap((issue) => describe(issue, value))
  const more = issues.length > SHOWN_ISSUES ? [`and ${issues.length - SHOWN_ISSUES} more`] : []
  throw new SutureError('CONFIG_INVALID', 'The configuration has a mistake.', {
    meta: [`file: ${file}`, ...shown, ...more],
  })
}

function describe(issue: z.core.$ZodIssue, value: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.flatMap((key) =>
      lines([...issue.path, key], value, 'remove it, there is no such field'),
    )
  }
  // Zod reports a bad key of a record at the record, with the key in the path.
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  return lines(issue.path, value, message)
}

function lines(path: readonly PropertyKey[], value: unknown, fix: string): string[] {
  return [
    `field: ${path.map(String).join('.') || '(default export)'}`,
    `value: ${show(value, path)}`,
    `fix: ${fix}`,
  ]
}

function show(value: unknown, path: readonly PropertyKey[]): string {
  let found: unknown = value
  for (const key of path) found = (found as Record<PropertyKey, unknown> | null | undefined)?.[key]
  if (found === undefined) return 'absent'
  if (path.some((key) => MAY_BE_SECRET.has(String(key)))) return '(not shown, it may be a secret)'
  if (typeof found === 'function') return 'a function'
  if (typeof found === 'object' && found !== null) return Array.isArray(found) ? 'a list' : 'an object'
  return (typeof found === 'bigint' ? `${found}n` : JSON.stringify(found)).slice(0, SHOWN_CHARACTERS)
}
