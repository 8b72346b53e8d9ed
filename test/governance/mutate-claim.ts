import { bytesOf, type Hex, hexOf, toWord } from '../../src/core/hex.ts'
import type { Certificate, CertificateSite } from '../../src/patching/types.ts'
import type { Random } from '../support/random.ts'

export interface Claim {
  readonly runtime: Hex
  readonly certificate: Certificate
}

type Mutation = (claim: Claim, random: Random) => Claim

const MAX_UINT16 = 0xffff

const nudge = (value: number, random: Random): number =>
  Math.min(MAX_UINT16, Math.max(0, value + random.between(1, 6) * (random.chance(0.5) ? 1 : -1)))

const pick = <T>(list: readonly T[], random: Random): T => list[random.between(0, list.length - 1)]!

function flip(hex: Hex, random: Random): Hex {
  const bytes = bytesOf(hex)
  bytes[random.between(0, bytes.length - 1)]! ^= random.between(1, 255)
  return hexOf(bytes)
}

/** Changes one site. */
const onSite =
  (change: (site: CertificateSite, random: Random) => CertificateSite): Mutation =>
  ({ runtime, certificate }, random) => {
    const chosen = pick(certificate.sites, random)
    const sites = certificate.sites.map((site) => (site === chosen ? change(site, random) : site))
    return { runtime, certificate: { ...certificate, sites } }
  }

const onSites =
  (change: (sites: readonly CertificateSite[], random: Random) => readonly CertificateSite[]): Mutation =>
  ({ runtime, certificate }, random) => ({
    runtime,
    certificate: { ...certificate, sites: change(certificate.sites, random) },
  })

const onGuard = (change: (guard: CertificateSite['guards'][number], random: Random) => typeof guard) =>
  onSite((site, random) => {
    const chosen = pick(site.guards, random)
    return { ...site, guards: site.guards.map((guard) => (guard === chosen ? change(guard, random) : guard)) }
  })

const onRun = (change: (run: CertificateSite['run'], random: Random) => Partial<typeof run>) =>
  onSite((site, random) => ({ ...site, run: { ...site.run, ...change(site.run, random) } }))

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'byte of the code': ({ runtime, certificate }, random) => ({ runtime: flip(runtime, random), certificate }),
  'length of the code': ({ runtime, certificate }, random) => ({
    runtime: random.chance(0.5) ? `${runtime}00` : (runtime.slice(0, -2) as Hex),
    certificate,
  }),
  'pc of a site': onSite((site, random) => ({ ...site, pc: nudge(site.pc, random) })),
  'length of a site': onSite((site, random) => ({ ...site, length: nudge(site.length, random) })),
  'trampoline of a site': onSite((site, random) => ({ ...site, trampoline: nudge(site.trampoline, random) })),
  'a site gone': onSites((sites, random) =>
    sites.filter((site) => site !== sites[random.between(0, sites.length - 1)]),
  ),
  'a site twice': onSites((sites) => [...sites, sites.at(-1)!]),
  'sites reversed': onSites((sites) => [...sites].reverse()),
  'guards gone': onSite((site) => ({ ...site, guards: [] })),
  'a guard gone': onSite((site, random) => {
    const chosen = pick(site.guards, random)
    return { ...site, guards: site.guards.filter((guard) => guard !== chosen) }
  }),
  'a guard twice': onSite((site, random) => {
    const chosen = pick(site.guards, random)
    return { ...site, guards: site.guards.flatMap((guard) => (guard === chosen ? [guard, guard] : [guard])) }
  }),
  'another piece': onGuard((guard, random) => ({
    ...guard,
    template: pick(['caller@1', 'not@1', 'less@1', 'refuse-if@1'], random),
    args: {},
  })),
  'guards reversed': onSite((site) => ({ ...site, guards: [...site.guards].reverse() })),
  'pc of a guard': onGuard((guard, random) => ({ ...guard, pc: nudge(guard.pc, random) })),
  'template of a guard': onGuard((guard) => ({ ...guard, template: 'not-callable@1' })),
  'unknown template': onGuard((guard) => ({ ...guard, template: `${guard.template}0` })),
  'arguments of a guard': onGuard((guard, random) => {
    const change = (word: Hex) => (random.chance(0.5) ? flip(word, random) : toWord(BigInt(word) ^ 1n))
    return {
      ...guard,
      args: Object.fromEntries(Object.entries(guard.args).map(([name, word]) => [name, change(word)])),
    }
  }),
  'an argument too many': onGuard((guard) => ({ ...guard, args: { ...guard.args, more: toWord(0n) } })),
  'start of a run': onRun((run, random) => ({ start: nudge(run.start, random) })),
  'end of a run': onRun((run, random) => ({ end: nudge(run.end, random) })),
  'boundaries of a run': onRun((run, random) => ({ boundaries: flip(run.boundaries, random) })),
  'longer boundaries': onRun((run) => ({ boundaries: `${run.boundaries}00` })),
  'proof of a run': onRun(({ proof }, random) => ({
    proof: proof.length > 0 && random.chance(0.5) ? proof.slice(1) : [...proof, toWord(1n)],
  })),
  'own address': ({ runtime, certificate }, random) => {
    const { self } = certificate
    const offsets = self?.offsets.map((offset) => (random.chance(0.5) ? nudge(offset, random) : offset))
    return { runtime, certificate: { ...certificate, self: self && { ...self, offsets: offsets ?? [] } } }
  },
}

export const MUTATION_NAMES = Object.keys(MUTATIONS)

/** The claim with one thing in it changed. */
export function mutateClaim(claim: Claim, name: string, random: Random): Claim {
  return MUTATIONS[name]!(claim, random)
}
