import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const TIMEOUT_MS = 300_000
/** Played against the clock of a chain: a machine that stalls for the time of a block may lose the race for it once. */
const RETRIES = 1

const demoSchema = z.looseObject({
  format: z.literal('suture-demo/1'),
  passed: z.boolean(),
  withPatch: z.boolean(),
  claims: z.array(z.looseObject({ sentence: z.string(), holds: z.boolean(), evidence: z.string() })),
  incidents: z.array(z.looseObject({ channel: z.enum(['public', 'private']) })).length(2),
})

/** Runs `suture demo --json` as a process of its own, as `npm run demo` does. */
function runDemo(...flags: string[]): Promise<{ code: number | null; demo: z.output<typeof demoSchema> }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'demo', '--json', ...flags])
    let output = ''
    let complaint = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      complaint += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => {
      try {
        resolve({ code, demo: demoSchema.parse(JSON.parse(output)) })
      } catch (cause) {
        reject(new Error(`the demo printed no result: ${complaint.slice(-2_000)}`, { cause }))
      }
    })
  })
}

const failed = ({ claims }: z.output<typeof demoSchema>) => claims.filter(({ holds }) => !holds)

describe('the demo', () => {
  it('freezes before the visible attack in its block, patches both flaws, and lets users leave', {
    timeout: TIMEOUT_MS,
    retry: RETRIES,
  }, async () => {
    const { code, demo } = await runDemo()
    expect(failed(demo)).toEqual([])
    expect(demo.claims.length).toBeGreaterThanOrEqual(10)
    expect(code).toBe(0)
  })

  it('shows without the patch that the attacker’s second try succeeds', {
    timeout: TIMEOUT_MS,
    retry: RETRIES,
  }, async () => {
    const { code, demo } = await runDemo('--without-patch')
    expect(demo.withPatch).toBe(false)
    expect(failed(demo)).toEqual([])
    expect(demo.claims.some(({ sentence }) => sentence.includes('retry succeeds'))).toBe(true)
    expect(code).toBe(0)
  })
})
