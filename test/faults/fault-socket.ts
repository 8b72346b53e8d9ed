import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { errorBody, type Fault, type FaultDealer } from './fault-proxy.ts'

/** Joins a client's socket with one to the node, and breaks what goes through. */
export function joinSockets(client: WebSocket, target: string, dealer: FaultDealer): void {
  const node = new WebSocket(target)
  const opened = new Promise((resolve) => node.once('open', resolve))
  const fates = new Map<unknown, Fault>()
  let mute = false

  const close = () => {
    client.terminate()
    node.terminate()
  }
  const reply = (message: string) => {
    if (!mute && client.readyState === WebSocket.OPEN) client.send(message)
  }

  client.on('message', async (data) => {
    const message = String(data)
    const fault = dealer.draw()
    if (fault === 'drop-before' || fault === 'refuse') return close()
    if (fault === 'silent') mute = true
    if (fault === 'error-body') return reply(errorBody(message, dealer.random))
    if (fault) fates.set((JSON.parse(message) as { id: unknown }).id, fault)
    await opened
    if (node.readyState === WebSocket.OPEN) node.send(message)
  })

  node.on('message', async (data) => {
    const message = String(data)
    const { id } = JSON.parse(message) as { id?: unknown }
    if (id === undefined) return notify(message)
    const fault = fates.get(id)
    fates.delete(id)
    if (fault === 'drop-after' || fault === 'refuse-with-date') return close()
    if (fault === 'truncated') return reply(message.slice(0, message.length / 2))
    if (fault === 'not-json') return reply('<html>bad gateway</html>')
    if (fault === 'delay') await sleep(dealer.random.between(20, 300))
    reply(message)
  })

  async function notify(message: string): Promise<void> {
    const { notification, mute: muteRate } = dealer.rates()
    if (dealer.random.chance(muteRate)) {
      dealer.count('mute')
      mute = true
    }
    if (!dealer.random.chance(notification)) return reply(message)
    const kind = (['doubled', 'late', 'lost'] as const)[dealer.random.between(0, 2)]!
    dealer.count(kind)
    if (kind === 'lost') return
    if (kind === 'doubled') reply(message)
    if (kind === 'late') await sleep(dealer.random.between(20, 400))
    reply(message)
  }

  for (const socket of [client, node]) socket.on('close', close).on('error', close)
}
