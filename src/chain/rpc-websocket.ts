import WebSocket from 'ws'
import { EndpointFault, type Transport } from './rpc-endpoint.ts'
import { hostOf } from './rpc-redact.ts'
import { createSocketTransport, type OpenChannel, parseJson } from './rpc-socket.ts'

/** Traces of large transactions run to hundreds of megabytes. */
const LARGEST_MESSAGE_BYTES = 512 * 1024 * 1024

/** JSON-RPC over a WebSocket. */
export function openWebSocketTransport(url: string): Transport {
  const host = hostOf(url)
  const open: OpenChannel = (events, signal) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { maxPayload: LARGEST_MESSAGE_BYTES, perMessageDeflate: false })
      let reason = 'the connection broke'
      const onAbort = () => socket.terminate()
      signal.addEventListener('abort', onAbort, { once: true })
      const settled = () => signal.removeEventListener('abort', onAbort)
      socket.on('open', () => {
        settled()
        resolve({ send: (text) => socket.send(text), destroy: () => socket.terminate() })
      })
      socket.on('message', (data) => {
        const message = parseJson(String(data))
        if (message !== undefined) return events.message(message)
        reason = 'a message is not JSON'
        socket.terminate()
      })
      // An `error` is always followed by `close`; its text can hold the address.
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
