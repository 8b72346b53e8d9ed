import { english } from 'viem/accounts'

const REDACTED = '[redacted]'

/** Field names whose whole value goes, whatever it is. `token` is not among them: here it names an asset. */
const SENSITIVE_FIELD =
  /^(private_?key|secret(_?key)?|mnemonic|seed(_?phrase)?|pass(word|phrase)?|authorization|proxy-authorization|cookie|set-cookie|(x-)?api[_-]?key|access_?token|auth_?token|jwt|database_?url|connection_?string|suture_keystore_password)$/i

/** The same for `"field":"value"` already printed, as in a message that quotes JSON (quotes may be escaped there). */
const SENSITIVE_PRINTED =
  /(\\*")(private_?key|secret(?:_?key)?|mnemonic|seed(?:_?phrase)?|pass(?:word|phrase)?|authorization|cookie|(?:x-)?api[_-]?key|access_?token|database_?url)\1(\s*:\s*)\1.*?(?<!\\)\1/gi

const AUTHORIZATION = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi

const URL_TEXT = /\b(https?|wss?|postgres(?:ql)?):\/\/[^\s"'<>\\`]+/gi

/** Path segments this long are keys of RPC providers more often than names. */
const KEY_LIKE_SEGMENT = /[A-Za-z0-9_-]{16,}/

/** Replacing a secret of one or two characters would eat the log and reveal it by the holes. */
const SHORTEST_SECRET = 4

const DEPTH = 8
const MNEMONIC_WORDS = 12
const WORDS = new Set(english)

export interface Scrubber {
  /** The text without any secret. */
  text(text: string): string
  /** A copy of the value without any secret, at any depth; bigints become decimal strings, errors plain objects. */
  value(value: unknown): unknown
}

/**
 * Removes secrets from whatever is about to be printed: fields with a telling name, credentials and keys in URLs,
 * authorization headers, BIP-39 phrases, and the configured secrets wherever they occur.
 *
 * Fails where a secret was never configured, sits under an innocent name and looks like nothing: a raw private key and a
 * transaction hash are both 32 bytes. So pass every secret that was read.
 */
export function createScrubber(secrets: readonly string[]): Scrubber {
  const forms = [...new Set(secrets.flatMap(formsOf))]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)

  const text = (input: string): string => {
    let output = input
    for (const form of forms) output = replaceIgnoringCase(output, form)
    output = output.replace(SENSITIVE_PRINTED, (_all, quote, field, colon) => {
      return `${quote}${field}${quote}${colon}${quote}${REDACTED}${quote}`
    })
    output = output.replace(AUTHORIZATION, `$1 ${REDACTED}`).replace(URL_TEXT, scrubUrl)
    return scrubMnemonics(output)
  }
  return { text, value: (value) => scrubValue(value, text, DEPTH, new Set()) }
}

/** The ways one secret gets printed: plain, percent-encoded, inside JSON, hex without its prefix. */
function formsOf(secret: string): string[] {
  if (secret === '') return []
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
  if (/^0x[0-9a-f]{16,}$/i.test(secret)) forms.push(secret.slice(2))
  return forms
}

function replaceIgnoringCase(text: string, form: string): string {
  // Hex keys come back in either case; other secrets do not, and matching them loosely does no harm.
  const pattern = form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return text.replace(new RegExp(pattern, 'gi'), REDACTED)
}

function scrubUrl(url: string): string {
  const match = /^([a-z]+:\/\/)([^/?#]*)([^?#]*)(.*)$/i.exec(url)
  if (match === null) return REDACTED
  const [, scheme = '', authority = '', path = '', rest = ''] = match
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const user = host === authority ? '' : `${REDACTED}@`
  const segments = path.split('/').map((part) => (KEY_LIKE_SEGMENT.test(part) ? REDACTED : part))
  return `${scheme}${user}${host}${segments.join('/')}${rest === '' ? '' : rest[0] + REDACTED}`
}

function scrubMnemonics(text: string): string {
  return text.replace(/[a-z]{3,8}(?:[\s,]+[a-z]{3,8}){11,}/g, (run) => {
    const parts = run.split(/([\s,]+)/)
    let start = 0
    while (start < parts.length) {
      let end = start
      while (end < parts.length && WORDS.has(parts[end]!)) end += 2
      const count = (end - start) / 2
      if (count >= MNEMONIC_WORDS) {
        parts.splice(start, count * 2 - 1, REDACTED)
        start += 2
      } else start = Math.max(end, start + 2)
    }
    return parts.join('')
  })
}

function scrubValue(
  value: unknown,
  text: (text: string) => string,
  depth: number,
  seen: Set<object>,
): unknown {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0 || seen.has(value)) return '[cut]'
  if (value instanceof Uint8Array) return `[${value.length} bytes]`
  seen.add(value)
  const inner = (item: unknown) => scrubValue(item, text, depth - 1, seen)
  const result = Array.isArray(value) ? value.map(inner) : scrubObject(value, text, inner)
  seen.delete(value)
  return result
}

function scrubObject(
  value: object,
  text: (text: string) => string,
  inner: (item: unknown) => unknown,
): object {
  const clean: Record<string, unknown> = {}
  for (const [key, item] of entriesOf(value)) {
    clean[text(key)] = SENSITIVE_FIELD.test(key) ? REDACTED : inner(item)
  }
  return clean
}

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  if (value instanceof Map) return [...value].map(([key, item]) => [String(key), item] as const)
  if (value instanceof Set) return [...value].map((item, index) => [String(index), item] as const)
  if (value instanceof Date) return [['date', value.toISOString()]]
  if (!(value instanceof Error)) return Object.entries(value)
  // What errors carry is not enumerable; the rest (code, meta, cause set as field) is.
  const own = { type: value.name, message: value.message, stack: value.stack, cause: value.cause }
  return Object.entries({ ...own, ...value }).filter(([, item]) => item !== undefined)
}
