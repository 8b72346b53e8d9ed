import type { z } from 'zod'
import { SutureError, type SutureErrorCode } from './errors.ts'

const SHOWN_ISSUES = 5
const SHOWN_CHARACTERS = 80

/** Parses untrusted data, or throws `code` with the field, the value found there and what was expected, for the first few problems. */
export function validate<T>(
  schema: z.ZodType<T>,
  value: unknown,
  options: { code: SutureErrorCode; what: string },
): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  throw new SutureError(options.code, `${options.what} is not valid.`, {
    meta: issues
      .slice(0, SHOWN_ISSUES)
      .flatMap((issue) => [
        `field: ${issue.path.map(String).join('.') || '(the whole)'}`,
        `value: ${show(at(value, issue.path))}`,
        `fix: ${issue.message}`,
      ]),
  })
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found: unknown = value
  for (const key of path) found = (found as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return found
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, SHOWN_CHARACTERS)
}
