import { WebSocket } from 'ws'
import type { Hex } from '../core/hex.ts'

/** Transactions the public node announced as pending, from when listening began. */
export interface Announcements {
  has(hash: Hex): boolean
  stop(): void
}

const SUBSCRIBE = { jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newPendingTransactions'] }

/** Listens to what everybody can hear, so that "nobody could see it" is something that was checked. */
export async function hearAnnouncements(wsUrl: string): Promise<Announcements> {
  const heard = new Set<string>()
  const socket = new WebSocket(wsUrl)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.send(JSON.stringify(SUBSCRIBE))
  await new Promise((resolve) => socket.once('message', resolve))
  socket.on('message', (data) => heard.add(JSON.parse(String(data)).params?.result))
  return { has: (hash) => heard.has(hash), stop: () => socket.terminate() }
}
