import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseCase } from '../src/chain/case.ts'
import { buildCase } from './lib/build-case.ts'
import { printJson } from './lib/print-json.ts'
import { replayCase } from './lib/replay.ts'
import { CASE_CLASSES, type CaseClass, type CaseFile, type CaseTransaction } from './lib/types.ts'

const root = import.meta.dirname
const names = readdirSync(root).filter((name) => existsSync(join(root, name, 'case.ts')))
const readText = (name: string, file: string) => readFileSync(join(root, name, file), 'utf8')
const readCase = (name: string) => JSON.parse(readText(name, 'case.json')) as CaseFile
const readVariants = (name: string) => JSON.parse(readText(name, 'variants.json')) as CaseTransaction[][]

/** Two that compile fast; `npm run cases:build` rebuilds all of them. */
const CHEAP = ['milestone-escrow', 'otc-desk']

describe('the set of cases', () => {
  it('has cases of every class', () => {
    const count = (wanted: CaseClass) => names.filter((name) => readCase(name).class === wanted).length
    expect(CASE_CLASSES.filter((wanted) => count(wanted) < 2)).toEqual([])
    expect(names.length).toBeGreaterThanOrEqual(60)
  })

  it.each(CHEAP)('%s is rebuilt to the same bytes', async (name) => {
    const folder = join(root, name)
    const { default: declaration } = await import(pathToFileURL(join(folder, 'case.ts')).href)
    const built = await buildCase(name, declaration, folder)
    expect(printJson(built.file) === readText(name, 'case.json')).toBe(true)
    expect(printJson(built.variants) === readText(name, 'variants.json')).toBe(true)
  })
})

describe.each(names)('the case %s', (name) => {
  it('is small and has the shape the loop reads', () => {
    expect(readText(name, 'case.json').length).toBeLessThan(400_000)
    const { alloc, protected: contracts } = parseCase(readCase(name))
    expect(contracts.filter((contract) => (alloc[contract]?.code ?? '0x') === '0x')).toEqual([])
  })

  it('has a history of thirty calls of which most succeed, and an attack that moves the stated loss', async () => {
    const file = readCase(name)
    const { history, attack, lost } = await replayCase(file)
    expect(history.length).toBeGreaterThanOrEqual(30)
    expect(history.filter(Boolean).length / history.length).toBeGreaterThanOrEqual(0.8)
    expect(history).toContain(false)
    expect(attack.length).toBeGreaterThan(0)
    expect(attack.every(Boolean)).toBe(true)
    expect(lost).toEqual(file.loss.map(({ amount }) => BigInt(amount)))
    expect(lost.every((amount) => amount > 0n)).toBe(true)
  })

  it('has held-out variants that succeed and take something', async () => {
    const file = readCase(name)
    const variants = readVariants(name)
    expect(variants.length).toBeGreaterThan(0)
    for (const variant of variants) {
      const { attack, lost } = await replayCase(file, variant)
      expect(attack.every(Boolean)).toBe(true)
      expect(lost.some((amount) => amount > 0n)).toBe(true)
    }
  })
})
