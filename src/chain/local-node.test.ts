import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import os from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { toWord } from '../core/hex.ts'
import { type LocalNodeOptions, startLocalNode } from './local-node.ts'

async function start(options: LocalNodeOptions) {
  const node = await startLocalNode(options)
  onTestFinished(() => node.stop())
  return node
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a node starts from the given state and header, and leaves no file behind', async () => {
  const address = '0x00000000000000000000000000000000000000aa'
  const files = () => readdirSync(os.tmpdir()).filter((name) => name.startsWith('suture-node-'))
  const before = files()
  const { rpc } = await start({
    chainId: 1,
    hardfork: 'cancun',
    mining: 'manual',
    order: 'fifo',
    blockNumber: 19_000_000n,
    timestamp: 1_700_000_000n,
    baseFeePerGas: 7n,
    disableBlockGasLimit: true,
    genesis: { [address]: { balance: 5n, nonce: 3n, code: '0x6001', storage: { [toWord(1n)]: toWord(2n) } } },
  })
  const latest = 'latest'
  expect(await rpc.request('eth_chainId')).toBe('0x1')
  expect(await rpc.request('eth_accounts')).toEqual([])
  expect(await rpc.request('eth_getBalance', [address, latest])).toBe('0x5')
  expect(await rpc.request('eth_getTransactionCount', [address, latest])).toBe('0x3')
  expect(await rpc.request('eth_getCode', [address, latest])).toBe('0x6001')
  expect(await rpc.request('eth_getStorageAt', [address, '0x1', latest])).toBe(toWord(2n))
  expect(await rpc.request('eth_getBlockByNumber', [latest, false])).toMatchObject({
    number: '0x121eac0',
    timestamp: '0x6553f100',
    baseFeePerGas: '0x7',
  })
  expect(files().filter((name) => !before.includes(name))).toEqual([])
})

test.each<{ options: LocalNodeOptions; mines: boolean }>([
  { options: { mining: 'manual' }, mines: false },
  { options: { mining: 'auto' }, mines: true },
  { options: { blockTime: 300, mixedMining: true }, mines: true },
  { options: { blockTime: 300 }, mines: false },
])('with $options a transaction is mined at once: $mines', async ({ options, mines }) => {
  const { rpc } = await start(options)
  const [from] = await rpc.request<string[]>('eth_accounts')
  const hash = await rpc.request('eth_sendTransaction', [{ from, to: from, value: '0x1' }])
  const receipt = () => rpc.request('eth_getTransactionReceipt', [hash])
  if (mines) await expect.poll(receipt).not.toBeNull()
  else expect(await receipt()).toBeNull()
})

test('a node that is stopped is gone, and stopping it again does nothing', async () => {
  const node = await start({})
  expect(isAlive(node.pid)).toBe(true)
  await node.stop()
  await node.stop()
  expect(isAlive(node.pid)).toBe(false)
})

/** Whether something answers there: an ended process nobody waited for still has its id. */
const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  )

test.each(['exit', 'SIGTERM', 'SIGINT'])(
  'a node does not outlive a process that ends with %s',
  async (end) => {
    const script = `
    const { startLocalNode } = await import('./src/chain/local-node.ts')
    const { url } = await startLocalNode()
    process.stdout.write(url, () => { if ('${end}' === 'exit') process.exit(7) })`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
    const url = await new Promise<string>((resolve) =>
      child.stdout.once('data', (text) => resolve(String(text))),
    )
    if (end !== 'exit') {
      expect(await answers(url)).toBe(true)
      child.kill(end as NodeJS.Signals)
    }
    expect(await ended).toBe(end === 'exit' ? 7 : end)
    await expect.poll(() => answers(url)).toBe(false)
  },
)

test.each<{ name: string; options: LocalNodeOptions }>([
  { name: 'an unknown hardfork', options: { hardfork: 'nonsense' } },
  { name: 'an unknown argument', options: { args: ['--nonsense'] } },
  { name: 'too little time', options: { startTimeoutMs: 0 } },
])('$name is a typed failure', async ({ options }) => {
  await expect(startLocalNode(options)).rejects.toMatchObject({ code: 'NODE_START_FAILED' })
})

test('a binary that is not there is a typed failure', async () => {
  const before = process.env.ANVIL
  process.env.ANVIL = '/nonexistent/anvil'
  try {
    await expect(startLocalNode()).rejects.toMatchObject({ code: 'NODE_START_FAILED' })
  } finally {
    if (before === undefined) delete process.env.ANVIL
    else process.env.ANVIL = before
  }
})
