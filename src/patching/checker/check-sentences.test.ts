import { describe, expect, it } from 'vitest'
import { bytesOf, toWord } from '../../core/hex.ts'
import { buildCfg } from '../../evm/cfg.ts'
import { assemblePatch } from '../assemble.ts'
import { buildSiteMap } from '../site-map.ts'
import type { PlacedGuard } from '../types.ts'
import { checkCertificate } from './check-certificate.ts'

const piece = (template: string, pc: number, args: Record<string, bigint> = {}): PlacedGuard => ({
  template: `${template}@1`,
  args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, toWord(value)])),
  pc,
})

// biome-ignore lint/suspicious/noExplicitAny: corruptions put what does not belong anywhere.
type Draft = any

describe('a certificate with sentences', () => {
  // CALLER CALLVALUE TIMESTAMP ADD POP POP STOP; before the ADD: refuse when word 1 of the stack (the value) is above 7, and note it.
  const original = bytesOf('0x33344201505000')
  const siteMap = buildSiteMap(buildCfg(original))
  const guards = [
    ...[piece('byte', 3, { word: 7n }), piece('peek', 3, { depth: 1n }), piece('less', 3)],
    ...[piece('refuse-if', 3), piece('peek', 3, { depth: 1n }), piece('caller', 3)],
    piece('remember', 3, { mark: 2n }),
  ]
  const patch = assemblePatch({ code: original, siteMap, guards })
  const judge = (edit: (guards: Draft) => void) => {
    const draft = structuredClone(patch.certificate) as Draft
    edit(draft.sites[0].guards)
    const claim = { original, patched: bytesOf(patch.runtime), certificate: draft }
    const result = checkCertificate(claim)
    return result.accepted ? 'accepted' : result.reason
  }

  it('is accepted, and peeks past the words of the sentence', () => {
    expect(judge(() => {})).toBe('accepted')
    // PUSH1 7 DUP3 GT PUSH2 tail JUMPI DUP2 CALLER: one word lies between at first, none later.
    expect(patch.runtime).toContain('60078211')
    expect(patch.runtime).toContain('578133')
  })

  it.each<readonly [string, string, (guards: Draft) => void]>([
    ['a word left over at the end', 'guard-unbalanced', (g) => g.push(piece('caller', 3))],
    ['a word left over before the next place', 'guard-unbalanced', (g) => g.unshift(piece('caller', 2))],
    ['an operand missing', 'guard-unbalanced', (g) => g.shift()],
    ['an operand given at another place', 'guard-unbalanced', (g) => Object.assign(g[0], { pc: 2 })],
    ['a piece alone', 'guard-unbalanced', (g) => g.splice(0, 7, piece('refuse-if', 3))],
    [
      'a whole template on words of a sentence',
      'guard-unbalanced',
      (g) => g.splice(1, 0, piece('add-checked', 3)),
    ],
    [
      'a peek out of reach',
      'arguments-mismatch',
      (g) => Object.assign(g[1], piece('peek', 3, { depth: 15n })),
    ],
    [
      'a peek far out of reach',
      'arguments-mismatch',
      (g) => Object.assign(g[1], piece('peek', 3, { depth: 2n ** 255n })),
    ],
    ['another depth', 'derivation-mismatch', (g) => Object.assign(g[1], piece('peek', 3, { depth: 2n }))],
    ['another operator', 'derivation-mismatch', (g) => Object.assign(g[2], piece('greater', 3))],
    ['a sentence more', 'derivation-mismatch', (g) => g.push(piece('caller', 3), piece('refuse-if', 3))],
  ])('is rejected for %s', (_, reason, edit) => {
    expect(judge(edit)).toBe(reason)
  })

  it.each([
    ['leaves a word', [piece('caller', 3)]],
    ['lacks an operand', [piece('caller', 3), piece('less', 3)]],
    ['goes on at another place', [piece('caller', 2), piece('refuse-if', 3)]],
    ['has a whole template inside', [piece('caller', 3), piece('add-checked', 3), piece('refuse-if', 3)]],
    [
      'peeks too deep',
      [piece('caller', 3), piece('peek', 3, { depth: 15n }), piece('equal', 3), piece('refuse-if', 3)],
    ],
  ])('is not made when a sentence %s', (_, wrong) => {
    expect(() => assemblePatch({ code: original, siteMap, guards: wrong })).toThrowError(
      expect.objectContaining({ code: 'PATCH_IMPOSSIBLE' }),
    )
  })
})
