import type { SutureErrorCode } from '../../src/core/errors.ts'

/** One malformed input and what must come of it. */
export interface Row {
  /** Completes "refuses …". */
  readonly name: string
  readonly call: () => unknown
  readonly code: SutureErrorCode
  /** The field the message must name. */
  readonly field: string
}

/** `base` with the value at `path` replaced; `undefined` takes the field away. */
export function put<T>(base: T, path: string, value: unknown): unknown {
  const copy = structuredClone(base) as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop()!
  let holder = copy
  for (const key of keys) holder = holder[key] as Record<string, unknown>
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return copy
}
