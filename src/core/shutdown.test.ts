import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { silent } from '../../test/support/store.ts'
import { createShutdown } from './shutdown.ts'

afterEach(() => {
  process.removeAllListeners('SIGINT')
  process.removeAllListeners('SIGTERM')
})

describe('createShutdown', () => {
  it('closes in reverse order, goes on after a failure, and says so', async () => {
    const shutdown = createShutdown({ logger: silent, exit: () => undefined })
    const closed: string[] = []
    shutdown.onShutdown('store', () => void closed.push('store'))
    shutdown.onShutdown('chain', () => Promise.reject(new TypeError('stuck')))
    shutdown.onShutdown('server', () => void closed.push('server'))
    expect(shutdown.signal.aborted).toBe(false)
    expect(await shutdown.close()).toBe(false)
    expect(shutdown.signal.aborted).toBe(true)
    expect(closed).toEqual(['server', 'store'])
  })

  it('waits no longer than its deadline', async () => {
    const shutdown = createShutdown({ logger: silent, deadlineMs: 20, exit: () => undefined })
    shutdown.onShutdown('forever', () => new Promise(() => undefined))
    expect(await shutdown.close()).toBe(false)
  })

  it('exits 0 after one SIGTERM, and at once after a second', async () => {
    const run = async (cleanup: string, signals: number) => {
      const program = `
        import { createShutdown } from ${JSON.stringify(new URL('./shutdown.ts', import.meta.url).href)}
        import { createLogger } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)}
        const shutdown = createShutdown({ logger: createLogger({ level: 'silent' }) })
        shutdown.onShutdown('x', async () => { process.stdout.write('closing'); await ${cleanup} })
        setInterval(() => undefined, 1000)
        process.stdout.write('ready')`
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program])
      await once(child.stdout, 'data')
      for (let sent = 0; sent < signals; sent++) {
        child.kill('SIGTERM')
        if (sent === 0) await once(child.stdout, 'data')
      }
      const [code] = await once(child, 'exit')
      return code
    }
    expect(await run('0', 1)).toBe(0)
    expect(await run('new Promise(() => undefined)', 2)).toBe(143)
  })
})
