import { describe, expect, it } from 'vitest'
import { toWord } from '../core/hex.ts'
import { isNarrow } from './narrow.ts'
import type { Certificate, GuardInstance } from './types.ts'

const piece = (template: string, args: GuardInstance['args'] = {}): GuardInstance => ({ template, args })
const peek = piece('peek@1', { depth: toWord(0n) })
const refuse = piece('refuse-if@1')
const selector = piece('calldata@1', { offset: toWord(0n) })

const certificate = (...guards: GuardInstance[]): Certificate =>
  ({ sites: [{ guards: guards.map((guard) => ({ ...guard, pc: 7 })) }] }) as unknown as Certificate

describe('isNarrow', () => {
  it.each([
    ['a whole template that refuses a faulty step', [piece('sub-checked@1')], true],
    ['a whole template that refuses callers', [piece('caller-is-origin@1')], false],
    ['a sentence over operands', [peek, refuse], true],
    ['one that lets other functions pass', [selector, peek, piece('and@1'), refuse], true],
    ['one that looks at who calls', [peek, piece('caller@1'), piece('xor@1'), refuse], false],
    ['one that looks at the block', [peek, piece('block-number@1'), piece('xor@1'), refuse], false],
    [
      'one that looks at an argument',
      [peek, piece('calldata@1', { offset: toWord(4n) }), piece('less@1'), refuse],
      false,
    ],
    ['one that looks at no operand', [selector, refuse], false],
    ['no guard', [], false],
    ['one of each', [piece('sub-checked@1'), piece('caller@1'), refuse], false],
  ] as const)('%s', (_, guards, expected) => expect(isNarrow(certificate(...guards))).toBe(expected))
})
