import net from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { EndpointFault, type Transport } from './rpc-endpoint.ts'
import { hostOf } from './rpc-redact.ts'
import { createSocketTransport, type OpenChannel, parseJson } from './rpc-socket.ts'

/** JSON-RPC over a Unix socket or a named pipe. */
export function openIpcTransport(path: string): Transport {
  const host = hostOf(path)
  const open: OpenChannel = (events, signal) =>
    new Promise((resolve, reject) => {
      const socket = net.connect(path)
      const decoder = new StringDecoder('utf8')
      const split = createJsonSplitter()
      let reason = 'the connection broke'
      const onAbort = () => socket.destroy()
      signal.addEventListener('abort', onAbort, { once: true })
      const settled = () => signal.removeEventListener('abort', onAbort)
      socket.on('connect', () => {
        settled()
        resolve({ send: (text) => void socket.write(`${text}\n`), destroy: () => void socket.destroy() })
      })
      socket.on('data', (chunk) => {
        for (const text of split(decoder.write(chunk))) {
          const message = parseJson(text)
          if (message !== undefined) events.message(message)
          else {
            reason = 'a message is not JSON'
            socket.destroy()
          }
        }
      })
      socket.on('error', (error: NodeJS.ErrnoException) => {
        reason = error.code ?? reason
      })
      socket.on('close', () => {
        settled()
        reject(new EndpointFault({ host, reason }))
        events.closed(reason)
      })
    })
  return createSocketTransport(host, open)
}

/**
 * Cuts a stream of concatenated JSON objects or arrays into texts of one each. Nodes differ in whether a line break follows a
 * message, so that brackets are counted instead. Each character is looked at once, however the stream is chunked.
 */
export function createJsonSplitter(): (chunk: string) => string[] {
  let parts: string[] = []
  let depth = 0
  let inString = false
  let escaped = false

  /** Whether `character` ends a message. */
  function step(character: string): boolean {
    if (inString) {
      inString = escaped || character !== '"'
      escaped = !escaped && character === '\\'
      return false
    }
    if (character === '"') inString = true
    if (character === '{' || character === '[') depth += 1
    if (character !== '}' && character !== ']') return false
    depth -= 1
    return depth <= 0
  }

  return (chunk) => {
    const complete: string[] = []
    let start = 0
    for (let index = 0; index < chunk.length; index++) {
      if (!step(chunk.charAt(index))) continue
      complete.push(parts.join('') + chunk.slice(start, index + 1))
      parts = []
      start = index + 1
    }
    if (depth > 0) parts.push(chunk.slice(start))
    return complete
  }
}
