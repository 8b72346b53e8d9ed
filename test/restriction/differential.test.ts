import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caseSubjects } from '../../bench/differential/data-subjects.ts'
import { encodePlan, poolOf } from '../../bench/differential/plan.ts'
import { runDifferential } from '../../bench/differential/run.ts'
import { prepareProject, runPlans, writePlan } from '../../bench/differential/run-forge.ts'
import type { Subject } from '../../bench/differential/subject.ts'
import { bytesOf, hexOf } from '../../src/core/hex.ts'
import { disassemble } from '../../src/evm/disassemble.ts'
import { OP } from '../../src/evm/opcodes.ts'
import { print } from '../support/print.ts'
import { createRandom } from '../support/random.ts'

const SEED = Number(process.env.SEED ?? 1)
const CALLS = 20_000
const PATCHES = 4
/** Every so many of the cases' contracts. */
const STEP = 3

/** The whole of it, a million calls on more contracts, is `npm run bench:differential`. */
describe(`contracts with random guards, beside their originals (seed ${SEED})`, () => {
  let subjects: Subject[]
  let folder: string

  beforeAll(async () => {
    subjects = (await caseSubjects()).filter((_, index) => (index + SEED) % STEP === 0)
    folder = await mkdtemp(path.join(tmpdir(), 'suture-differential-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('do nothing but what the originals do, or refuse', async () => {
    const options = { seed: SEED, calls: CALLS, patches: PATCHES, processes: 2, census: 200 }
    const { run, census, subjects: called } = await runDifferential(subjects, options)
    const sum = (of: (tally: (typeof run.results)[number]['tally']) => number) =>
      run.results.reduce((total, { tally }) => total + of(tally), 0)
    const calls = sum((tally) => tally.calls)
    const refused = sum((tally) => tally.refused + tally.refusedInside)
    print(
      `differential: ${called.length} contracts, ${calls} calls, ${refused} refused, ${run.seconds.toFixed(1)} s`,
    )
    expect([...census.differences, ...run.differences]).toEqual([])
    expect(calls).toBeGreaterThanOrEqual(CALLS)
    expect(sum((tally) => tally.guarded)).toBeGreaterThan(calls * 0.15)
    expect(refused).toBeGreaterThan(calls * 0.02)
  }, 240_000)

  it.each([
    ['become differences', OP.SUB],
    ['halt', OP.INVALID],
  ])(
    'would be told apart if they did: sums that %s are seen',
    async (_, instead) => {
      const subject = subjects[0]!
      const code = bytesOf(subject.alloc[subject.address]!.code)
      for (const { pc, opcode } of disassemble(code)) if (opcode === OP.ADD) code[pc] = instead
      await prepareProject(folder)
      await writePlan(
        folder,
        0,
        subject,
        encodePlan(subject, poolOf(createRandom(SEED), subject), [hexOf(code)], 200),
      )
      const { differences } = await runPlans(folder, { plans: 1, seed: SEED, processes: 1 })
      expect(differences.length).toBeGreaterThan(0)
    },
    120_000,
  )
})
