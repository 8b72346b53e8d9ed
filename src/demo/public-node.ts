import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { keccak256 } from 'viem'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import type { LocalNode } from '../chain/local-node.ts'
import type { Hex } from '../core/hex.ts'

/**
 * The node as the public sees it: everything but transactions given to a block builder in private, of which it learns with their block.
 * Whoever watches the chain of the demo watches it through this.
 */
export interface PublicNode {
  readonly url: string
  readonly wsUrl: string
  /** Has a signed transaction mined in a block at once, without the public ever seeing it pending. */
  sendPrivately(signed: Hex): Promise<Hex>
  stop(): Promise<void>
}

/** A local node has one pool, so what is private must be kept from the public on the way. */
class Veil {
  readonly #hidden = new Set<string>()
  /** Settled except while a private transaction lies in the pool. */
  #clear: Promise<void> = Promise.resolve()

  /** Nothing is asked of the node while a private transaction lies in its pool. */
  whenClear(): Promise<void> {
    return this.#clear
  }

  async during(hash: Hex, work: () => Promise<void>): Promise<void> {
    this.#hidden.add(hash)
    const done = this.#clear.then(work)
    this.#clear = done.catch(() => undefined)
    await done
  }

  /** Whether a message announces a hidden transaction as pending. Logs and receipts name it too, but only after its block. */
  announces(message: string): boolean {
    if (!message.includes('"eth_subscription"')) return false
    const result = JSON.parse(message)?.params?.result
    const hash = typeof result === 'string' ? result : result?.blockNumber ? undefined : result?.hash
    return typeof hash === 'string' && this.#hidden.has(hash)
  }

  /** Whether an answer given while the pool is not clear may carry a hidden transaction. */
  mentions(message: string): boolean {
    return [...this.#hidden].some((hash) => message.includes(hash))
  }
}

/** Puts the public's view before a local node, on a free port: JSON-RPC over HTTP and WebSocket. */
export async function startPublicNode(node: LocalNode): Promise<PublicNode> {
  const veil = new Veil()
  const server = createServer((request, response) => void forward(node.url, veil, { request, response }))
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (client) => bridge(client, node.wsUrl, veil))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    sendPrivately: (signed) => mineHidden(node, veil, signed),
    stop: () => stopServer(server, sockets),
  }
}

async function mineHidden({ rpc }: LocalNode, veil: Veil, signed: Hex): Promise<Hex> {
  const hash = keccak256(signed)
  await veil.during(hash, async () => {
    await rpc.request('eth_sendRawTransaction', [signed])
    await rpc.request('evm_mine')
  })
  return hash
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function forward(url: string, veil: Veil, { request, response }: Exchange): Promise<void> {
  try {
    const body = await text(request)
    await veil.whenClear()
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const message = await answer.text()
    // Asked before, answered during: kept until the block is there.
    if (veil.mentions(message)) await veil.whenClear()
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(message)
  } catch {
    // The node is gone: what a client sees of a gateway whose backend died.
    response.writeHead(502).end()
  }
}

function bridge(client: WebSocket, url: string, veil: Veil): void {
  const upstream = new WebSocket(url)
  const opened = new Promise<void>((resolve) => upstream.once('open', resolve))
  client.on('message', async (data) => {
    await opened
    await veil.whenClear()
    if (upstream.readyState === WebSocket.OPEN) upstream.send(asText(data))
  })
  upstream.on('message', async (data) => {
    const message = asText(data)
    if (veil.announces(message)) return
    if (veil.mentions(message)) await veil.whenClear()
    if (client.readyState === WebSocket.OPEN) client.send(message)
  })
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('close', () => other.terminate())
    one.on('error', () => other.terminate())
  }
}

const asText = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('utf8')

async function stopServer(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate()
  sockets.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
