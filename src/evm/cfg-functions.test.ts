import { afterEach, describe, expect, it } from 'vitest'
import { breathe } from '../../test/support/breathe.ts'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { evmoleFunctions } from '../../test/support/evmole.ts'
import { nameOf, SETUPS, vaultSource } from '../../test/support/vault-source.ts'
import { bytesOf, type Hex } from '../core/hex.ts'
import { buildCfg } from './cfg.ts'
import { functionEntry, recoverFunctions } from './cfg-functions.ts'

afterEach(breathe)

/** Enough functions for the dispatcher to be a binary search. */
const MANY = `contract Many {
  uint256 x;
  ${Array.from({ length: 24 }, (_, i) => `function f${i}(uint256 a) public { x = a + ${i}; }`).join('\n  ')}
  receive() external payable { x = 1; }
  fallback() external { x = 2; }
}`

describe('recoverFunctions', () => {
  it.each(SETUPS.map((setup) => [nameOf(setup), setup] as const))(
    'finds what the compiler dispatches with %s',
    (_, setup) => {
      const { runtime, selectors } = compileSolidity(vaultSource(setup), setup).Vault!
      const found = recoverFunctions(buildCfg(bytesOf(runtime)))
      const expected = Object.values(selectors).map((selector) => `0x${selector}`)
      expect(found.map(({ selector }) => selector)).toEqual(expected.sort())
      const bodies = evmoleFunctions(runtime)
      for (const { selector, entries } of found) expect(entries).toEqual([bodies.get(selector)])
    },
  )

  it.each([
    ['legacy', { compiler: 'solc', runs: 1 }],
    ['legacy, for speed', { compiler: 'solc', runs: 1_000_000 }],
    ['via IR', { compiler: 'solc', runs: 1_000_000, viaIR: true }],
  ] as const)('finds every branch of a large dispatcher (%s)', (_, setup) => {
    const { runtime, selectors } = compileSolidity(MANY, setup).Many!
    const found = recoverFunctions(buildCfg(bytesOf(runtime)))
    expect(found.map(({ selector }) => selector)).toEqual(
      Object.values(selectors)
        .map((selector) => `0x${selector}`)
        .sort(),
    )
  })
})

describe('functionEntry', () => {
  it('tells receive, fallback and functions apart', () => {
    const cfg = buildCfg(bytesOf(compileSolidity(MANY, { compiler: 'solc', runs: 200 }).Many!.runtime))
    const entryOf = (selector: Hex) => functionEntry(cfg, selector)
    expect(entryOf('0x').kind).toBe('fallback')
    expect(entryOf('0xffffffff').kind).toBe('fallback')
    expect(entryOf('0x').entries).toHaveLength(1)
    expect(entryOf('0x').entries).not.toEqual(entryOf('0xffffffff').entries)
  })

  it('finds a body behind a table of jump targets in data when asked for the selector', () => {
    // The low bit of the selector picks one of two offsets in the table at 0x1a; the code at 0x20 compares by XOR.
    const dispatch = '60003560e01c8060011660011b601a01600290601e3960005156'
    const code = bytesOf(`0x${dispatch}001e00205b005b630000000118602b57005bfe`)
    const cfg = buildCfg(code)
    expect([...cfg.unresolved]).toEqual([0x19])
    expect(functionEntry(cfg, '0x00000001')).toEqual({
      selector: '0x00000001',
      entries: [0x2a],
      kind: 'function',
    })
    expect(functionEntry(cfg, '0x00000003').kind).toBe('fallback')
  })
})
