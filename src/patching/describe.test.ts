import { describe, expect, it } from 'vitest'
import { toWord } from '../core/hex.ts'
import { describeSentence } from './describe.ts'
import { splitSentences } from './sentences.ts'
import type { PlacedGuard } from './types.ts'

const at =
  (pc: number) =>
  (template: string, args: Record<string, bigint> = {}): PlacedGuard => ({
    template: `${template}@1`,
    args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, toWord(value)])),
    pc,
  })
const piece = at(3)
const tooLarge = [
  ...[piece('calldata', { offset: 4n }), piece('caller'), piece('byte', { word: 2n }), piece('entry')],
  ...[piece('load'), piece('greater'), piece('refuse-if')],
]
const note = [piece('timestamp'), piece('caller'), piece('remember', { mark: 1n })]

describe('describeSentence', () => {
  it('puts the phrases of operands into those of operators', () => {
    expect(describeSentence(tooLarge)).toBe(
      'refuses when (word 0x4 of the calldata > (storage slot keccak256(the caller . 0x2)))',
    )
    expect(describeSentence(note)).toBe('notes the time of the block for the caller under mark 0x1')
  })

  it('separates sentences and whole templates at one place', () => {
    const lines = describeSentence([...note, piece('add-checked'), ...tooLarge]).split('; ')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toBe('refuses an addition that does not fit in 256 bits')
  })

  it('says what common combinations mean', () => {
    const selector = [piece('calldata', { offset: 0n }), piece('field', { shift: 224n, bits: 32n })]
    const address = [piece('calldata', { offset: 4n }), piece('field', { shift: 0n, bits: 160n })]
    expect(describeSentence([...selector, ...address, piece('xor'), piece('refuse-if')])).toBe(
      'refuses when (the selector xor the address in word 0x4 of the calldata)',
    )
  })

  it.each([
    ['an unknown template', [piece('mint')]],
    ['a missing operand', [piece('caller'), piece('less'), piece('refuse-if')]],
    ['a word left over', [piece('caller')]],
  ])('refuses %s', (_, guards) => {
    expect(() => describeSentence(guards)).toThrowError(
      expect.objectContaining({ code: 'CERTIFICATE_INVALID' }),
    )
  })
})

describe('splitSentences', () => {
  it('cuts where the own stack of the guard is empty, and at another place', () => {
    const guards = [...note, piece('add-checked'), ...tooLarge, at(9)('caller'), at(9)('refuse-if')]
    expect(splitSentences(guards).map(({ length }) => length)).toEqual([3, 1, 7, 2])
  })

  it('loses nothing that is no sentence', () => {
    const guards = [piece('caller'), at(9)('less'), piece('mint')]
    expect(splitSentences(guards)).toEqual(guards.map((guard) => [guard]))
  })
})
