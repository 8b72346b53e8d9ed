import { describe, expect, it } from 'vitest'
import { add, caller, constant, equal, not, recallNow, returned } from '../diagnosis/expressions.ts'
import { compileExpression, compileRule } from './compile-expression.ts'

const names = (instances: readonly { readonly template: string }[]) =>
  instances.map(({ template }) => template)

describe('compileExpression', () => {
  it('puts operands before their operator', () => {
    expect(
      names(compileExpression(not(equal(caller, add(constant(1n), constant(2n ** 200n)))))).join(' '),
    ).toBe('caller@1 byte@1 word@1 add@1 equal@1 is-zero@1')
    expect(compileExpression(returned(32))).toMatchObject([{ template: 'returned@1', args: {} }])
  })
})

describe('compileRule', () => {
  const rule = {
    refuse: recallNow(caller, 7),
    note: { value: constant(1n), key: caller, mark: 7, now: true },
  } as const

  it('keeps what is needed until the transaction ends in transient storage where there is such', () => {
    expect(names(compileRule(rule, 5, { transient: true })).join(' ')).toBe(
      'caller@1 recall-now@1 refuse-if@1 byte@1 caller@1 remember-now@1',
    )
    expect(names(compileRule(rule, 5)).join(' ')).toBe(
      'caller@1 recall@1 refuse-if@1 byte@1 caller@1 remember@1',
    )
  })
})
