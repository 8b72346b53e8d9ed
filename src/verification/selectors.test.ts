import { describe, expect, it } from 'vitest'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { address } from '../../test/support/incident.ts'
import { nameOf, SETUPS, vaultSource } from '../../test/support/vault-source.ts'
import { SutureError } from '../core/errors.ts'
import { selectorsAt, sweepSelectors } from './selectors.ts'

describe('the sweep for selectors', () => {
  it.each(SETUPS.map((setup) => [nameOf(setup), setup] as const))(
    'finds every function of %s',
    (_name, setup) => {
      const { Vault } = compileSolidity(vaultSource(setup), setup)
      const wanted = Object.values(Vault!.selectors).map((selector) => `0x${selector}`)
      expect(sweepSelectors(Vault!.runtime)).toEqual(expect.arrayContaining(wanted))
    },
  )
  it('reads no selector out of the operand of another push', () => {
    expect(sweepSelectors(`0x7f63aabbccdd14${'00'.repeat(26)}00`)).toEqual([])
    expect(sweepSelectors('0x63aabbcc')).toEqual([])
  })
})

describe('the selectors of a target', () => {
  it('are those of the code behind it as well, whether the analysis manages or not', () => {
    const [proxy, logic] = [address(1), address(2)]
    const source = {
      protection: { contracts: new Set([proxy]), implementations: new Map([[logic, proxy]]) },
      codes: { [proxy]: '0x00', [logic]: '0x63aabbccdd14' },
      recoverSelectors: () => {
        throw new SutureError('BYTECODE_INVALID', 'It cannot be read.')
      },
    } as const
    expect(selectorsAt(proxy, source)).toEqual(['0xaabbccdd'])
    expect(selectorsAt(proxy, { ...source, recoverSelectors: () => ['0x11223344'] })).toEqual([
      '0x11223344',
      '0xaabbccdd',
    ])
  })
})
