import { describe, expect, it } from 'vitest'
import { decideVerdict } from './decide-verdict.ts'
import type { Check } from './types.ts'

const check = (name: string, result: Check['result']): Check => ({ name, result, detail: '' })

describe('a verdict', () => {
  it('is effective when every check passes', () => {
    expect(decideVerdict([check('history', 'pass'), check('attack', 'pass')])).toBe('effective')
  })
  it.each(['certificate', 'storage-layout', 'history', 'selectors', 'containment-of-restriction'])(
    'is harmful when %s fails, whatever else does',
    (name) => {
      expect(
        decideVerdict([check(name, 'fail'), check('attack', 'fail'), check('size', 'inconclusive')]),
      ).toBe('harmful')
    },
  )
  it('is ineffective when the attack or a variant goes through', () => {
    expect(decideVerdict([check('history', 'pass'), check('attack-variant/forwarded', 'fail')])).toBe(
      'ineffective',
    )
  })
  it('is inconclusive when anything is open and nothing failed', () => {
    expect(decideVerdict([check('history', 'pass'), check('attack', 'inconclusive')])).toBe('inconclusive')
  })
  it('is inconclusive when nothing was checked', () => {
    expect(decideVerdict([])).toBe('inconclusive')
  })
})
