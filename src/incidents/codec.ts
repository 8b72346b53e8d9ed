import { SutureError } from '../core/errors.ts'
import { canonicalJson, type Json } from '../core/json.ts'
import type { IncidentEvent } from './types.ts'

const BIGINT = '$bigint'

/** An event as canonical JSON text. Bigints become `{"$bigint":"…"}`, so that decoding needs no schema and loses nothing. */
export function encodeEvent(event: IncidentEvent): string {
  return canonicalJson(encode(event))
}

/** @throws SutureError LOG_TAMPERED when the text is no event */
export function decodeEvent(type: string, text: string): IncidentEvent {
  try {
    const event = decode(JSON.parse(text) as Json) as IncidentEvent
    if (event.type === type) return event
  } catch {
    // Told below.
  }
  throw new SutureError('LOG_TAMPERED', 'An entry of the decision log is not an event.', {
    meta: ['field: payload', `value: of an entry of type ${type}`, 'fix: restore the database from a backup'],
  })
}

function encode(value: unknown): Json {
  if (typeof value === 'bigint') return { [BIGINT]: value.toString() }
  if (Array.isArray(value)) return value.map(encode)
  if (typeof value !== 'object' || value === null) return value as Json
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  if (fields.some(([key]) => key === BIGINT)) {
    throw new SutureError('INTERNAL', 'An event carries a field reserved for encoding.', {
      meta: [`field: ${BIGINT}`],
    })
  }
  return Object.fromEntries(fields.map(([key, item]) => [key, encode(item)]))
}

function decode(value: Json): unknown {
  if (Array.isArray(value)) return value.map(decode)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value)
  const [key, text] = fields[0] ?? []
  if (fields.length === 1 && key === BIGINT) return BigInt(text as string)
  return Object.fromEntries(fields.map(([name, item]) => [name, decode(item)]))
}
