import { readAnswer } from './rpc-answer.ts'
import { EndpointFault, type Transport, type WireRequest } from './rpc-endpoint.ts'
import type { RpcListener } from './types.ts'

/** A connection that carries JSON messages both ways. */
export interface MessageChannel {
  send(text: string): void
  /** Breaks the connection without waiting for the other side. */
  destroy(): void
}

export interface ChannelEvents {
  message(value: unknown): void
  closed(reason: string): void
}

export type OpenChannel = (events: ChannelEvents, signal: AbortSignal) => Promise<MessageChannel>

interface Waiting {
  resolve(answer: unknown): void
  reject(error: EndpointFault): void
}

/** One life of the connection: what is asked and subscribed on it ends with it. */
interface Connection {
  channel: MessageChannel
  readonly waiting: Map<number, Waiting>
  readonly listeners: Map<string, RpcListener>
  /** Notifications that came before the answer that names their subscription. */
  readonly early: Map<string, unknown[]>
  lastMessage: number
}

const MOST_EARLY = 1_000

/**
 * JSON-RPC over a lasting connection (WebSocket, IPC), opened on first use and again after a loss. A request that times out on a
 * connection which has been silent since it was sent breaks the connection, so that a dead peer is not mistaken for a slow one.
 */
export function createSocketTransport(host: string, open: OpenChannel): Transport {
  let connecting: Promise<Connection> | null = null
  let current: Connection | null = null
  const fault = (reason: string) => new EndpointFault({ host, reason })

  async function connect(signal: AbortSignal): Promise<Connection> {
    const connection: Connection = {
      channel: { send() {}, destroy() {} },
      waiting: new Map(),
      listeners: new Map(),
      early: new Map(),
      lastMessage: Date.now(),
    }
    const events: ChannelEvents = {
      message: (value) => dispatch(connection, value),
      closed: (reason) => {
        if (current === connection) current = null
        end(connection, fault(reason))
      },
    }
    connection.channel = await open(events, signal)
    current = connection
    return connection
  }

  /** Callers share one attempt to connect; whoever began it lends it its deadline. */
  async function connected(signal: AbortSignal): Promise<Connection> {
    if (current) return current
    connecting ??= connect(signal).finally(() => {
      connecting = null
    })
    return connecting.catch((error) => {
      throw error instanceof EndpointFault ? error : fault('cannot connect')
    })
  }

  function ask(connection: Connection, request: WireRequest, signal: AbortSignal): Promise<unknown> {
    const sentAt = Date.now()
    return new Promise<unknown>((resolve, reject) => {
      const onAbort = () => {
        connection.waiting.delete(request.id)
        reject(fault('no answer in time'))
        if (connection.lastMessage <= sentAt) connection.channel.destroy()
      }
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T) => {
          signal.removeEventListener('abort', onAbort)
          done(value)
        }
      connection.waiting.set(request.id, { resolve: settle(resolve), reject: settle(reject) })
      connection.channel.send(JSON.stringify(request))
    })
  }

  const call = async (request: WireRequest, signal: AbortSignal) =>
    ask(await connected(signal), request, signal)

  return {
    call,
    callMany: (requests, signal) => Promise.all(requests.map((request) => call(request, signal))),
    async subscribe(request, listener, signal) {
      const connection = await connected(signal)
      const answer = await ask(connection, request, signal)
      const id = readAnswer(answer, { id: request.id, method: request.method, host, redact: (text) => text })
      if (typeof id !== 'string') throw invalidSubscription(host)
      if (current !== connection) throw fault('the connection broke')
      connection.listeners.set(id, listener)
      for (const result of connection.early.get(id) ?? []) listener.next(result)
      connection.early.delete(id)
      return () => {
        if (!connection.listeners.delete(id)) return
        // The answer is of no interest, and an id of the requests' own range keeps it from being taken for another's.
        connection.channel.send(
          JSON.stringify({ jsonrpc: '2.0', id: -request.id, method: 'eth_unsubscribe', params: [id] }),
        )
      }
    },
    close() {
      current?.channel.destroy()
    },
  }
}

/** undefined where `text` is not JSON: no JSON text means undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function dispatch(connection: Connection, value: unknown): void {
  connection.lastMessage = Date.now()
  const message = Object(value) as { id?: unknown; params?: { subscription?: unknown; result?: unknown } }
  if (typeof message.id === 'number') {
    const waiting = connection.waiting.get(message.id)
    connection.waiting.delete(message.id)
    waiting?.resolve(value)
    return
  }
  const { subscription, result } = Object(message.params) as { subscription?: unknown; result?: unknown }
  if (typeof subscription !== 'string') return
  const listener = connection.listeners.get(subscription)
  if (listener) {
    listener.next(result)
    return
  }
  const early = connection.early.get(subscription) ?? []
  if (early.length < MOST_EARLY) early.push(result)
  connection.early.set(subscription, early)
}

function end(connection: Connection, error: EndpointFault): void {
  const waiting = [...connection.waiting.values()]
  const listeners = [...connection.listeners.values()]
  connection.waiting.clear()
  connection.listeners.clear()
  for (const one of waiting) one.reject(error)
  for (const one of listeners) one.lost(error)
}

function invalidSubscription(host: string): EndpointFault {
  return new EndpointFault({
    host,
    code: 'RPC_RESPONSE_INVALID',
    reason: 'result: expected the id of a subscription',
    meta: ['method: eth_subscribe', 'field: result'],
  })
}
