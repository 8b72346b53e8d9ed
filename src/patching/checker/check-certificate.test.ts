import { keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import { compileSolidity } from '../../../test/support/compile-solidity.ts'
import { print } from '../../../test/support/print.ts'
import { seededRandom } from '../../../test/support/random.ts'
import { vaultSource } from '../../../test/support/vault-source.ts'
import { type Address, bytesOf, type Hex, toWord } from '../../core/hex.ts'
import { buildCfg } from '../../evm/cfg.ts'
import { disassemble } from '../../evm/disassemble.ts'
import { OP } from '../../evm/opcodes.ts'
import { assemblePatch } from '../assemble.ts'
import { guardArithmetic, guardCall, guardCaller, guardPull } from '../guards.ts'
import { findSelfReferences } from '../self.ts'
import { buildSiteMap, runAt } from '../site-map.ts'
import { checkCertificate } from './check-certificate.ts'
import { parseCertificate } from './parse-certificate.ts'

const ORIGINAL: Address = '0x00000000000000000000000000000000000c0001'
const PATCHED: Address = '0x00000000000000000000000000000000000c0002'
const SETUP = { compiler: 'solc', runs: 200 } as const

/** A vault that knows its own address, with guards of every shape: several windows, arguments, jumps inside, before and behind. */
function example() {
  const source = vaultSource(SETUP).replace(
    'contract Vault {',
    'contract Vault { address immutable self = address(this); function me() public view returns (address) { return self; }',
  )
  const deployed = bytesOf(compileSolidity(source, SETUP).Vault!.runtime)
  // The constructor would have written the immutable; its place is a PUSH32 of zero.
  const code = Uint8Array.from(deployed)
  const at = Buffer.from(code).indexOf(Buffer.concat([Buffer.from([OP.PUSH32]), Buffer.alloc(32)]))
  code.set(bytesOf(ORIGINAL), at + 13)
  const cfg = buildCfg(code)
  const siteMap = buildSiteMap(cfg)
  const reached = [...cfg.reached].flatMap((start) => cfg.blocks.get(start)!.instructions)
  const find = (opcode: number) =>
    reached.filter((i) => i.opcode === opcode && runAt(siteMap, i.pc) !== undefined).map(({ pc }) => pc)
  const [call, other] = find(OP.CALL)
  const offsets = findSelfReferences(code, ORIGINAL)
  const { runtime, certificate } = assemblePatch({
    code,
    siteMap,
    guards: [
      ...guardCall({ pc: call!, hardfork: 'cancun' }),
      guardPull(other!),
      guardArithmetic({ pc: find(OP.SUB)[0]!, opcode: OP.SUB }),
      guardCaller(find(OP.SSTORE)[0]!, '0x00000000000000000000000000000000000000ff'),
    ],
    self: { from: ORIGINAL, to: PATCHED, offsets },
  })
  return { code, patched: bytesOf(runtime), certificate, root: siteMap.root }
}

// biome-ignore lint/suspicious/noExplicitAny: corruptions put what does not belong anywhere.
type Draft = any

const { code, patched, certificate, root } = example()
const check = (
  claim: { patched?: Uint8Array; certificate?: unknown; original?: Uint8Array; root?: Hex } = {},
) =>
  checkCertificate({
    original: claim.original ?? code,
    patched: claim.patched ?? patched,
    certificate: claim.certificate ?? certificate,
    siteMapRoot: claim.root ?? root,
  })
const change = (edit: (draft: Draft) => void): Draft => {
  const draft: Draft = structuredClone(certificate)
  edit(draft)
  return draft
}

describe('checkCertificate', () => {
  it('accepts what the patcher makes, also after a trip through JSON', () => {
    expect(certificate.sites.length).toBeGreaterThanOrEqual(4)
    expect(certificate.self!.offsets).toHaveLength(1)
    expect(check()).toEqual({ accepted: true, siteMap: 'registered' })
    const parsed = parseCertificate(JSON.parse(JSON.stringify(certificate)))
    expect(check({ certificate: parsed })).toEqual({ accepted: true, siteMap: 'registered' })
    expect(checkCertificate({ original: code, patched, certificate })).toEqual({
      accepted: true,
      siteMap: 'claimed',
    })
  })

  it('rejects 1,000 corruptions of code and certificate', () => {
    const seed = 7_202
    print(`seed ${seed}`)
    const random = seededRandom(seed)
    const accepted: string[] = []
    for (let i = 0; i < 1_000; i++) {
      const { label, ...claim } = corrupt(random)
      if (check(claim).accepted) accepted.push(label)
    }
    expect(accepted).toEqual([])
  })

  it.each([
    ['an unregistered root', 'site-map-mismatch', {}, toWord(1n)],
    [
      'a root of its own making',
      'not-in-site-map',
      {
        certificate: change((d) => {
          d.siteMap = toWord(1n)
        }),
      },
      toWord(1n),
    ],
    ['other original code', 'original-mismatch', { original: code.slice(1) }, root],
    [
      'a missing site',
      'derivation-mismatch',
      {
        certificate: change((d) => {
          d.sites.pop()
        }),
      },
      root,
    ],
    [
      'swapped sites',
      'window-overlap',
      {
        certificate: change((d) => {
          d.sites.reverse()
        }),
      },
      root,
    ],
    [
      'a window over half an instruction',
      'not-an-instruction',
      { certificate: change(splitInstruction) },
      root,
    ],
    [
      'a window outside its run',
      'window-bounds',
      {
        certificate: change((d) => {
          d.sites[0].length = 4
        }),
      },
      root,
    ],
    [
      'a guard behind its window',
      'guard-misplaced',
      {
        certificate: change((d) => {
          d.sites[0].guards[0].pc = d.sites[0].pc + 60
        }),
      },
      root,
    ],
    [
      'an unknown template',
      'template-unknown',
      {
        certificate: change((d) => {
          d.sites[0].guards[0].template = 'mint@1'
        }),
      },
      root,
    ],
    [
      'an argument too many',
      'arguments-mismatch',
      {
        certificate: change((d) => {
          d.sites[0].guards[0].args.x = toWord(0n)
        }),
      },
      root,
    ],
    [
      'another trampoline',
      'trampoline-misplaced',
      {
        certificate: change((d) => {
          d.sites[0].trampoline += 1
        }),
      },
      root,
    ],
    [
      'an own address that is not there',
      'self-offset',
      {
        certificate: change((d) => {
          d.self.offsets[0] += 1
        }),
      },
      root,
    ],
    [
      'an unknown field',
      'malformed',
      {
        certificate: change((d) => {
          d.note = 'trust me'
        }),
      },
      root,
    ],
  ] as const)('rejects %s', (_, reason, claim, against) => {
    expect(check({ ...claim, root: against })).toMatchObject({ accepted: false, reason })
  })

  it('rejects a run that covers a jump destination, even when the root contains it', () => {
    // JUMPDEST PUSH1 1 PUSH1 2 ADD STOP as one run from 0.
    const original = bytesOf('0x5b600160020100')
    const siteMap = buildSiteMap(buildCfg(original))
    const patch = assemblePatch({
      code: original,
      siteMap,
      guards: [guardArithmetic({ pc: 5, opcode: OP.ADD })],
    })
    const forged = structuredClone(patch.certificate) as Draft
    forged.sites[0].run = { start: 0, end: 7, boundaries: '0xd6', proof: [] }
    expect(
      checkCertificate({ original, patched: bytesOf(patch.runtime), certificate: forged }),
    ).toMatchObject({ accepted: false, reason: 'run-invalid' })
  })
})

describe('parseCertificate', () => {
  it.each([
    [
      'sites.0.run.boundaries',
      change((d) => {
        d.sites[0].run.boundaries = '0xZZ'
      }),
    ],
    [
      'sites.1.pc',
      change((d) => {
        d.sites[1].pc = -1
      }),
    ],
    [
      'patched',
      change((d) => {
        d.patched = '0x12'
      }),
    ],
    [
      'format',
      change((d) => {
        d.format = 'suture-certificate/2'
      }),
    ],
    [
      'sites',
      change((d) => {
        d.sites = []
      }),
    ],
  ])('names the field %s', (field, value) => {
    expect(() => parseCertificate(value)).toThrowError(
      expect.objectContaining({
        code: 'CERTIFICATE_INVALID',
        meta: expect.arrayContaining([`field: ${field}`]),
      }),
    )
  })
})

// ---- corruptions ----

/** One random change that matters: a byte of the patched code (with or without its hash made to fit), or a field of the certificate. */
function corrupt(random: () => number): { label: string; patched?: Uint8Array; certificate?: unknown } {
  const pick = (n: number) => Math.floor(random() * n)
  if (random() < 0.4) {
    const at = pick(patched.length)
    const flipped = patched.with(at, patched[at]! ^ (1 + pick(255)))
    const refit = random() < 0.7
    return {
      label: `byte ${at}`,
      patched: flipped,
      ...(refit && { certificate: { ...certificate, patched: keccak256(flipped) } }),
    }
  }
  const draft = structuredClone(certificate) as Draft
  const leaves = leavesOf(draft)
  const { holder, key } = leaves[pick(leaves.length)]!
  const before = holder[key]
  holder[key] = mutate(before, random)
  return { label: `${key}: ${before} to ${holder[key]}`, certificate: draft }
}

interface Leaf {
  readonly holder: Draft
  readonly key: string
}

function leavesOf(value: Draft): Leaf[] {
  return Object.entries(value).flatMap(([key, item]) =>
    item !== null && typeof item === 'object' ? leavesOf(item) : [{ holder: value, key }],
  )
}

function mutate(value: unknown, random: () => number): unknown {
  if (typeof value === 'number')
    return Math.max(0, value + (random() < 0.5 ? -1 : 1) * (1 + Math.floor(random() * 40))) || value + 1
  const text = String(value)
  const at = text.length - 1 - Math.floor(random() * (text.length - 2))
  const digit = text[at] === 'a' ? 'b' : 'a'
  return `${text.slice(0, at)}${digit}${text.slice(at + 1)}`
}

/** Puts the end of a window inside a PUSH of its run. */
function splitInstruction(draft: Draft): void {
  const pushes = disassemble(code).filter(({ size }) => size > 1)
  for (const site of draft.sites) {
    const push = pushes.find(({ pc, size }) => pc >= site.pc + 4 && pc + size <= site.run.end)
    if (push === undefined) continue
    site.length = push.pc + 1 - site.pc
    return
  }
  throw new TypeError('the example has no PUSH to split')
}
