import path from 'node:path'

/** Segments shorter than this (`v3`, `rpc`) are not keys, and blotting them out would spoil messages. */
const SHORTEST_SECRET = 8

/** The only part of an endpoint's address that may be printed. */
export function hostOf(url: string): string {
  return URL.canParse(url) && !isIpcPath(url) ? new URL(url).host : `ipc ${path.basename(url)}`
}

/** Whether `url` is the path of a socket file rather than an address. */
export function isIpcPath(url: string): boolean {
  return !/^(https?|wss?):/i.test(url)
}

/**
 * `text` without the parts of `url` that may be keys: user, password, path segments, query values. Gateways like to repeat the
 * address they were called by in their error messages. A key shorter than 8 characters would get through.
 */
export function redact(text: string, url: string): string {
  if (isIpcPath(url) || !URL.canParse(url)) return text
  const { username, password, pathname, searchParams } = new URL(url)
  const secrets = [
    ...[username, password, decodeURIComponent(username), decodeURIComponent(password)].filter(Boolean),
    ...[...pathname.split('/'), ...searchParams.values()].filter((part) => part.length >= SHORTEST_SECRET),
  ]
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text)
}
