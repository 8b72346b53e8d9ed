import { keccak256 } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { createSimulator } from '../../src/chain/simulate.ts'
import type { Execution, Simulate, StateOverride } from '../../src/chain/types.ts'
import { SutureError } from '../../src/core/errors.ts'
import { type Address, bytesOf, type Hex, hexOf, toWord } from '../../src/core/hex.ts'
import { canonicalJson } from '../../src/core/json.ts'
import { buildCfg } from '../../src/evm/cfg.ts'
import { type AssembledPatch, assemblePatch } from '../../src/patching/assemble.ts'
import { checkCertificate } from '../../src/patching/checker/check-certificate.ts'
import { buildSiteMap, type SiteMap } from '../../src/patching/site-map.ts'
import { effectOf, GUARD_SLOTS, RESTRICTED, wasRestricted } from '../../src/verification/effects.ts'
import { MUTATION_NAMES, mutateClaim } from '../governance/mutate-claim.ts'
import { print } from '../support/print.ts'
import { createRandom, type Random } from '../support/random.ts'
import { pick, placesOf, randomSentence, randomWhole } from '../support/random-guards.ts'
import { type Callees, randomProgram } from '../support/random-program.ts'

const SEED = Number(process.env.SEED ?? 1)
const PROGRAMS = Number(process.env.PROGRAMS ?? 300)
const CALLS = 2
const GROUP = 50

const PROGRAM: Address = '0x00000000000000000000000000000000000a0001'
const ECHO: Address = '0x00000000000000000000000000000000000a0002'
const REFUSER: Address = '0x00000000000000000000000000000000000a0003'
const CALLBACK: Address = '0x00000000000000000000000000000000000a0004'
const USER: Address = '0x00000000000000000000000000000000000b0001'
const CALLEES: Callees = {
  harmless: [ECHO, REFUSER, '0x0000000000000000000000000000000000000004'],
  lively: [CALLBACK, ECHO, USER],
}

const WORLD: StateOverride = {
  // Answers with its input.
  [ECHO]: { code: '0x365f5f37365ff3', balance: 0n },
  // Reverts with its input.
  [REFUSER]: { code: '0x365f5f37365ffd', balance: 0n },
  // Counts in slot 0 and, twice, calls whoever calls it; answers whether that succeeded, reverts or not.
  [CALLBACK]: { code: '0x5f54600101805f55600310601c575f5f5f5f5f335af15f5260205ff35b00', balance: 0n },
  [USER]: { balance: 10n ** 20n },
}
const BLOCK = {
  number: 1_000n,
  timestamp: 1_800_000_000n,
  baseFeePerGas: 0n,
  gasLimit: 30_000_000n,
  coinbase: REFUSER,
  prevRandao: toWord(7n),
}

/** Patches of random code at random places; each test takes its own part of the programs. */
describe(`patches of random programs (seed ${SEED})`, () => {
  let node: LocalNode
  let simulate: Simulate
  const counts = { programs: 0, calls: 0, succeeded: 0, refused: 0, refusedInside: 0, rejected: 0 }

  beforeAll(async () => {
    node = await startLocalNode({ hardfork: 'cancun', mining: 'manual' })
    simulate = createSimulator(node.rpc)
  })
  afterAll(async () => {
    await node?.stop()
    print(`random programs: ${JSON.stringify(counts)}`)
  })

  const groups = Array.from({ length: Math.ceil(PROGRAMS / GROUP) }, (_, group) => group)
  it.each(groups)(
    'do what the original does or refuse, and no altered certificate passes (part %i)',
    async (group) => {
      for (let i = 0; i < GROUP; i++) {
        const random = createRandom(SEED * 100_003 + group * GROUP + i)
        const code = randomProgram(random, CALLEES)
        const siteMap = buildSiteMap(buildCfg(code))
        const patch = assembleSomething(random, code, siteMap)
        if (!patch) continue
        counts.programs++
        expectAlteredRejected(random, code, siteMap, patch)
        for (let call = 0; call < CALLS; call++) await expectRestriction(random, code, patch)
      }
    },
    300_000,
  )

  it('ran enough of each to mean something', () => {
    expect(counts.programs).toBeGreaterThan(PROGRAMS * 0.8)
    expect(counts.succeeded).toBeGreaterThan(counts.calls * 0.3)
    expect(counts.refused).toBeGreaterThan(counts.calls * 0.05)
  })

  async function expectRestriction(
    random: Random,
    code: Uint8Array,
    { runtime, certificate }: AssembledPatch,
  ) {
    const storage = Object.fromEntries(
      Array.from({ length: 6 }, (_, slot) => [toWord(BigInt(slot)), toWord(BigInt(random.between(0, 3)))]),
    )
    const words = Array.from({ length: random.between(0, 4) }, () =>
      toWord(BigInt(random.between(0, 40))).slice(2),
    )
    const transaction = {
      from: USER,
      to: PROGRAM,
      data: `0x${words.join('')}` as Hex,
      value: BigInt(random.between(0, 2)),
      gas: 5_000_000n,
    }
    const run = (program: Hex): Promise<Execution> =>
      simulate({
        transaction,
        block: BLOCK,
        state: { ...WORLD, [PROGRAM]: { code: program, balance: 100n, storage } },
      })
    const [original, patched] = [await run(hexOf(code)), await run(runtime)]
    counts.calls++
    if (original.status === 'success') counts.succeeded++
    if (patched.status === 'revert' && patched.output === RESTRICTED) {
      if (original.status === 'success') counts.refused++
      return
    }
    if (wasRestricted(patched)) {
      counts.refusedInside++
      return
    }
    const [before, after] = [original, patched].map((execution) =>
      canonicalJson(effectOf(execution, GUARD_SLOTS)),
    )
    const told = `program ${hexOf(code)}, guards ${JSON.stringify(certificate.sites.map(({ guards }) => guards))}`
    expect(after, told).toBe(before)
  }

  function expectAlteredRejected(
    random: Random,
    code: Uint8Array,
    siteMap: SiteMap,
    patch: AssembledPatch,
  ): void {
    const judge = ({ runtime, certificate }: AssembledPatch) => {
      const claim = { original: code, patched: bytesOf(runtime), siteMapRoot: siteMap.root }
      return checkCertificate({ ...claim, certificate: { ...certificate, patched: keccak256(runtime) } })
    }
    expect(judge(patch)).toEqual({ accepted: true, siteMap: 'registered' })
    for (const name of MUTATION_NAMES) {
      const altered = mutateClaim(patch, name, random)
      if (JSON.stringify(altered) === JSON.stringify(patch)) continue
      counts.rejected++
      expect(judge(altered).accepted, name).toBe(false)
    }
  }
})

/** A patch with a few guards anywhere, or null when they do not fit. */
function assembleSomething(random: Random, code: Uint8Array, siteMap: SiteMap): AssembledPatch | null {
  const places = placesOf(siteMap)
  if (places.length === 0) return null
  const words = [BigInt(USER), BigInt(PROGRAM), 1n << 255n]
  const guards = Array.from({ length: random.between(1, 4) }, () => {
    const place = pick(random, places)
    const make = random.chance(0.5) ? randomWhole : randomSentence
    return make(random, place, { words })
  }).flat()
  try {
    return assemblePatch({ code, siteMap, guards })
  } catch (error) {
    if (error instanceof SutureError && error.code === 'PATCH_IMPOSSIBLE') return null
    throw error
  }
}
