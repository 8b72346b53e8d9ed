import { describe, expect, it } from 'vitest'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { vaultSource } from '../../test/support/vault-source.ts'
import { type Address, bytesOf, type Hex } from '../core/hex.ts'
import type { Diagnosis, Mechanism } from '../diagnosis/types.ts'
import { buildCfg, reachableFrom } from '../evm/cfg.ts'
import { functionEntry } from '../evm/cfg-functions.ts'
import { OP } from '../evm/opcodes.ts'
import { annotatePatch } from './annotate.ts'
import { checkCertificate } from './checker/check-certificate.ts'
import { planPatches } from './plan.ts'
import type { PatchSet } from './types.ts'

const PROXY: Address = '0x00000000000000000000000000000000000e0001'
const CODE: Address = '0x00000000000000000000000000000000000e0002'
const ELSEWHERE: Address = '0x00000000000000000000000000000000000e0003'
const OWNER: Address = '0x00000000000000000000000000000000000e0004'
const SETUP = { compiler: 'solc', runs: 200 } as const

const { runtime, selectors } = compileSolidity(vaultSource(SETUP), SETUP).Vault!
const cfg = buildCfg(bytesOf(runtime))
const selectorOf = (signature: string): Hex => `0x${selectors[signature]!}`
const codes = new Map<Address, Hex>([
  [CODE, runtime],
  [ELSEWHERE, runtime],
])

function sites(signature: string, opcode: number): number[] {
  const { entries } = functionEntry(cfg, selectorOf(signature))
  const instructions = entries
    .flatMap((entry) => [...reachableFrom(cfg, entry)])
    .flatMap((start) => cfg.blocks.get(start)!.instructions)
  return instructions.filter((instruction) => instruction.opcode === opcode).map(({ pc }) => pc)
}

const entryOf = (signature: string, target = PROXY, code = CODE) => ({
  target,
  code,
  selector: selectorOf(signature),
})

function diagnose(mechanism: Mechanism, signature: string): Diagnosis {
  return {
    class: mechanism.class,
    target: PROXY,
    code: CODE,
    selector: selectorOf(signature),
    pc: 0,
    slots: [],
    confidence: 1,
    mechanism,
    summary: '',
    evidence: {},
  }
}

const plan = (mechanism: Mechanism, signature: string, hardfork = 'cancun'): PatchSet[] =>
  planPatches(diagnose(mechanism, signature), codes, { hardfork })

const templatesOf = ({ patches }: PatchSet): string[] => [
  ...new Set(
    patches.flatMap(({ certificate }) =>
      certificate!.sites.flatMap(({ guards }) => guards.map(({ template }) => template)),
    ),
  ),
]

describe('planPatches', () => {
  const withdrawCall = sites('withdraw()', OP.CALL)[0]!
  const reentrancy = (entries: Extract<Mechanism, { class: 'reentrancy' }>['entries']): Mechanism => ({
    class: 'reentrancy',
    form: 'cross-function',
    calls: [{ code: CODE, pc: withdrawCall }],
    entries,
  })

  it('locks the calls and checks the lock at the entries first, and never refuses a function many use', () => {
    const sets = plan(reentrancy([entryOf('withdraw()'), entryOf('move(address,uint256)')]), 'withdraw()')
    expect(sets.map(templatesOf)).toEqual([
      ['lock-check@1', 'lock-enter@1', 'lock-exit@1'],
      ['lock-enter@1', 'lock-exit@1'],
      ['caller-is-origin@1'],
    ])
  })

  it('takes the lock in storage before Cancun', () => {
    const [first] = plan(reentrancy([entryOf('withdraw()')]), 'withdraw()', 'shanghai')
    expect(templatesOf(first!).every((name) => name.includes('-storage@'))).toBe(true)
  })

  it('guards another contract in a patch of its own, by origin, and says why', () => {
    const entries = [entryOf('withdraw()'), entryOf('move(address,uint256)', ELSEWHERE, ELSEWHERE)]
    const [first] = plan(reentrancy(entries), 'withdraw()')
    expect(first!.patches.map(({ target }) => target)).toEqual([CODE, ELSEWHERE])
    expect(templatesOf({ ...first!, patches: [first!.patches[1]!] })).toEqual(['caller-is-origin@1'])
    expect(first!.description.some((line) => line.includes('cannot be seen by another contract'))).toBe(true)
  })

  it('prefers the role whose holder history has seen', () => {
    const mechanism: Mechanism = {
      class: 'access-control',
      entry: entryOf('setOwner(address)'),
      roles: [
        { slot: 7n, shift: 0, holder: ELSEWHERE },
        { slot: 0n, shift: 0, holder: OWNER },
      ],
      knownCallers: [OWNER],
      onlyOrigins: true,
      throughContract: true,
    }
    const sets = plan(mechanism, 'setOwner(address)')
    expect(sets.map(templatesOf)).toEqual([
      ['caller-in-slot@1'],
      ['caller-in-slot@1'],
      ['caller-is@1'],
      ['caller-is-origin@1'],
    ])
    expect(sets[0]!.description.at(-1)).toContain(OWNER)
    expect(sets[0]!.cost).toBe(1)
  })

  it('guards every wrapping place together, then each alone', () => {
    const places = [...sites('move(address,uint256)', OP.SUB)].slice(0, 1)
    const mechanism: Mechanism = {
      class: 'arithmetic',
      sites: places.map((pc) => ({ code: CODE, pc, opcode: OP.SUB })),
    }
    expect(plan(mechanism, 'move(address,uint256)').map(templatesOf)).toEqual([['sub-checked@1']])
  })

  it('checks flags of unchecked calls and targets of arbitrary ones', () => {
    const [pay] = sites('pay(address,uint256)', OP.CALL)
    const [relay] = sites('relay(address,bytes)', OP.CALL)
    const unchecked: Mechanism = { class: 'unchecked-call', calls: [{ code: CODE, pc: pay!, how: 'failed' }] }
    const ignored: Mechanism = {
      class: 'unchecked-call',
      calls: [{ code: CODE, pc: pay!, how: 'returned-false' }],
    }
    const arbitrary: Mechanism = { class: 'arbitrary-call', calls: [{ code: CODE, pc: relay! }] }
    expect(templatesOf(plan(unchecked, 'pay(address,uint256)')[0]!)).toEqual(['call-succeeded@1'])
    expect(templatesOf(plan(ignored, 'pay(address,uint256)')[0]!)).toEqual(['answer-not-false@1'])
    expect(templatesOf(plan(arbitrary, 'relay(address,bytes)')[0]!)).toEqual(['pull-from-caller@2'])
  })

  it('refuses a function altogether only where it should have been somebody’s and nobody is known to have used it', () => {
    const open: Mechanism = {
      class: 'access-control',
      entry: entryOf('setOwner(address)'),
      roles: [],
      knownCallers: [],
      onlyOrigins: true,
      throughContract: false,
    }
    expect(plan(open, 'setOwner(address)').map(templatesOf)).toEqual([['not-callable@1']])
    const doubtful = { ...diagnose(open, 'setOwner(address)'), confidence: 0.8 }
    expect(() => planPatches(doubtful, codes, { hardfork: 'cancun' })).toThrowError(
      expect.objectContaining({ code: 'PATCH_IMPOSSIBLE' }),
    )
  })

  it('has nothing to offer when the cause is unknown: containment stays', () => {
    expect(() => plan({ class: 'unknown' }, 'withdraw()')).toThrowError(
      expect.objectContaining({ code: 'PATCH_IMPOSSIBLE' }),
    )
  })

  it('gives every patch a certificate that the checker accepts', () => {
    for (const set of plan(
      reentrancy([entryOf('withdraw()'), entryOf('move(address,uint256)')]),
      'withdraw()',
    )) {
      for (const { runtime: patched, certificate } of set.patches) {
        const claim = { original: bytesOf(runtime), patched: bytesOf(patched!), certificate }
        expect(checkCertificate(claim).accepted).toBe(true)
      }
    }
  })

  it('says for each candidate why none fits', () => {
    const nowhere: Mechanism = { class: 'arithmetic', sites: [{ code: PROXY, pc: 0, opcode: OP.SUB }] }
    const diagnosis = diagnose(nowhere, 'withdraw()')
    expect(() => planPatches(diagnosis, codes, { hardfork: 'cancun' })).toThrowError(
      expect.objectContaining({
        code: 'PATCH_IMPOSSIBLE',
        meta: expect.arrayContaining([expect.stringContaining('checked')]),
      }),
    )
  })
})

describe('annotatePatch', () => {
  it('shows what was overwritten, what runs instead, and what each guard refuses', () => {
    const original = bytesOf('0x60003560203501600052')
    const [set] = planPatches(
      {
        ...diagnose({ class: 'arithmetic', sites: [{ code: CODE, pc: 6, opcode: OP.ADD }] }, 'withdraw()'),
      },
      new Map([[CODE, '0x60003560203501600052']]),
      { hardfork: 'cancun' },
    )
    const { runtime: patched, certificate } = set!.patches[0]!
    const text = annotatePatch({ original, runtime: patched!, certificate: certificate! })
    expect(text).toMatchInlineSnapshot(`
      "window 0x0005..0x000a (5 bytes)
      - 0x0005  CALLDATALOAD
      - 0x0006  ADD
      - 0x0007  PUSH1 0x00
      - 0x0009  MSTORE
      + 0x0005  PUSH2 0x0039
      + 0x0008  JUMP
      + 0x0009  JUMPDEST
      trampoline 0x0039..0x004b (18 bytes)
      + 0x0039  JUMPDEST
        0x003a  CALLDATALOAD
        ; add-checked@1: refuses an addition that does not fit in 256 bits
      + 0x003b  DUP2
      + 0x003c  NOT
      + 0x003d  DUP2
      + 0x003e  GT
      + 0x003f  PUSH2 0x002b
      + 0x0042  JUMPI
        0x0043  ADD
        0x0044  PUSH1 0x00
        0x0046  MSTORE
      + 0x0047  PUSH2 0x0009
      + 0x004a  JUMP"
    `)
  })
})
