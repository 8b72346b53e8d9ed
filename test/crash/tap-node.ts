import type { AddressInfo } from 'node:net'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: readonly unknown[]
}

/** What may happen to a message on its way. Each says whether it goes on; nobody listens when it is absent. */
export interface Tap {
  /** A request, before the node gets it. */
  readonly onRequest?: (request: Message) => boolean
  /** The answer to a request, before the one who asked gets it. */
  readonly onAnswer?: (request: Message) => boolean
  /** What a subscription tells, before its subscriber gets it. */
  readonly onNotification?: (text: string) => boolean
}

export interface TappedNode {
  readonly wsUrl: string
  setTap(tap: Tap): void
  stop(): Promise<void>
}

/** Stands before a node's WebSocket and lets a test look at every message, and keep it. */
export async function tapNode(target: string): Promise<TappedNode> {
  let tap: Tap = {}
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (client) => join(client, target, () => tap))
  await new Promise<void>((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    wsUrl: `ws://127.0.0.1:${port}`,
    setTap: (next) => {
      tap = next
    },
    async stop() {
      for (const client of server.clients) client.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function join(client: WebSocket, target: string, tap: () => Tap): void {
  const upstream = new WebSocket(target)
  const opened = new Promise<void>((resolve) => upstream.once('open', resolve))
  const asked = new Map<number, Message>()
  client.on('message', async (data) => {
    const text = textOf(data)
    const requests = messagesOf(text)
    for (const request of requests) asked.set(request.id!, request)
    await opened
    if (requests.every((request) => tap().onRequest?.(request) ?? true)) upstream.send(text)
  })
  upstream.on('message', (data) => {
    const text = textOf(data)
    const goesOn = messagesOf(text).every((message) => {
      if (message.id === undefined) return tap().onNotification?.(text) ?? true
      const request = asked.get(message.id)
      asked.delete(message.id)
      return request === undefined || (tap().onAnswer?.(request) ?? true)
    })
    if (goesOn && client.readyState === WebSocket.OPEN) client.send(text)
  })
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('close', () => other.terminate())
    one.on('error', () => other.terminate())
  }
}

const messagesOf = (text: string): Message[] => [JSON.parse(text) as Message | Message[]].flat()

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('utf8')
