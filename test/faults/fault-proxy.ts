import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { createRandom, type Random } from '../support/random.ts'
import { joinSockets } from './fault-socket.ts'

/** What can go wrong with an answer; `refuse` exists on HTTP only. */
export type Fault =
  | 'drop-before'
  | 'drop-after'
  | 'silent'
  | 'refuse'
  | 'refuse-with-date'
  | 'error-body'
  | 'truncated'
  | 'not-json'
  | 'delay'

export interface FaultRates {
  /** Probability that a request meets a fault. */
  readonly request: number
  /** Probability that a notification is doubled, delayed past others, or lost. */
  readonly notification: number
  /** Probability, per notification, that the socket goes mute for good without closing. */
  readonly mute: number
}

export interface FaultProxy {
  readonly url: string
  readonly wsUrl: string
  /** How often each fault was dealt. */
  readonly dealt: ReadonlyMap<string, number>
  setRates(rates: FaultRates): void
  stop(): Promise<void>
}

export const NO_FAULTS: FaultRates = { request: 0, notification: 0, mute: 0 }

const FAULTS: readonly Fault[] = [
  'drop-before',
  'drop-after',
  'silent',
  'refuse',
  'refuse-with-date',
  'error-body',
  'truncated',
  'not-json',
  'delay',
]

/** What a proxy and its sockets share. */
export interface FaultDealer {
  readonly random: Random
  rates(): FaultRates
  count(fault: string): void
  /** The fault the next request meets, if any. */
  draw(): Fault | null
}

const ERRORS = [
  { code: -32005, message: 'limit exceeded' },
  { code: -32000, message: 'header not found' },
  { code: -32603, message: 'request timed out' },
] as const

/** A node's refusal under HTTP 200, of a kind that another try may overcome. */
export function errorBody(request: string, random: Random): string {
  const error = ERRORS[random.between(0, ERRORS.length - 1)]!
  const asked = JSON.parse(request) as { id: number } | { id: number }[]
  const answers = [asked].flat().map(({ id }) => ({ jsonrpc: '2.0', id, error }))
  return JSON.stringify(Array.isArray(asked) ? answers : answers[0])
}

/** Stands before a node and breaks what goes through, at random but the same for the same seed and traffic. */
export async function startFaultProxy(
  target: { url: string; wsUrl: string },
  seed: number,
): Promise<FaultProxy> {
  const random = createRandom(seed)
  const dealt = new Map<string, number>()
  let rates = NO_FAULTS
  const dealer: FaultDealer = {
    random,
    rates: () => rates,
    count: (fault) => void dealt.set(fault, (dealt.get(fault) ?? 0) + 1),
    draw: () => {
      if (!random.chance(rates.request)) return null
      const fault = FAULTS[random.between(0, FAULTS.length - 1)]!
      dealer.count(fault)
      return fault
    },
  }
  const server = http.createServer((request, response) => {
    serve(target.url, dealer, request, response).catch(() => response.destroy())
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (client) => joinSockets(client, target.wsUrl, dealer))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    dealt,
    setRates: (next) => {
      rates = next
    },
    async stop() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function serve(
  target: string,
  dealer: FaultDealer,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const body = await text(request)
  const fault = dealer.draw()
  if (fault === 'drop-before') return void response.destroy()
  if (fault === 'silent') return
  if (fault === 'refuse') return void response.writeHead(429, { 'retry-after': '1' }).end('slow down')
  if (fault === 'refuse-with-date') {
    const soon = new Date(Date.now() + 1_000).toUTCString()
    return void response.writeHead(503, { 'retry-after': soon }).end('<html>busy</html>')
  }
  if (fault === 'error-body') return void response.end(errorBody(body, dealer.random))
  const headers = { 'content-type': 'application/json' }
  const answer = await (await fetch(target, { method: 'POST', headers, body })).text()
  if (fault === 'drop-after') return void response.destroy()
  if (fault === 'delay') await sleep(dealer.random.between(20, 300))
  if (fault === 'truncated') return void response.end(answer.slice(0, answer.length / 2))
  if (fault === 'not-json') return void response.end('<html>bad gateway</html>')
  response.end(answer)
}
