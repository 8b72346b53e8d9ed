import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface WireCall {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

export interface Reply {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: string
}

/** What a scripted node does with a request; `silent` leaves it without an answer, `drop` breaks the connection. */
export type Script = (calls: readonly WireCall[], request: http.IncomingMessage) => Reply | 'silent' | 'drop'

export interface ScriptedNode {
  readonly host: string
  readonly url: string
  /** Methods in the order they were asked for. */
  readonly asked: string[]
  stop(): Promise<void>
}

/** A good answer to one call. */
export const answer = ({ id }: WireCall, result: unknown) => ({ jsonrpc: '2.0', id, result })

export const replyWith = (value: unknown): Reply => ({ body: JSON.stringify(value) })

/** A script that answers `eth_chainId` with 1 and hands every other request to `script`. */
export function onChainOne(script: Script): Script {
  return (calls, request) =>
    calls[0]?.method === 'eth_chainId' ? replyWith(answer(calls[0], '0x1')) : script(calls, request)
}

/** An HTTP server that talks as a node would, or as it should not. */
export async function startScriptedNode(script: Script): Promise<ScriptedNode> {
  const asked: string[] = []
  const server = http.createServer(async (request, response) => {
    const calls = [JSON.parse(await text(request)) as WireCall | WireCall[]].flat()
    asked.push(...calls.map(({ method }) => method))
    const reply = script(calls, request)
    if (reply === 'silent') return
    if (reply === 'drop') return void response.destroy()
    response.writeHead(reply.status ?? 200, reply.headers).end(reply.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `http://${host}`,
    asked,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
