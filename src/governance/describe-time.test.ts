import { describe, expect, it } from 'vitest'
import { describeDuration, describeTime } from './describe-time.ts'

const NOW = 1_767_323_045n

describe('describeTime', () => {
  it.each([
    [NOW, '2026-01-02 03:04:05 UTC (now)'],
    [NOW + 7_530n, '2026-01-02 05:09:35 UTC (in 2 h 5 min)'],
    [NOW - 86_400n, '2026-01-01 03:04:05 UTC (1 d ago)'],
    [0n, '1970-01-01 00:00:00 UTC (20455 d 3 h ago)'],
    [2n ** 256n - 1n, `${2n ** 256n - 1n} s since 1970 (practically never)`],
  ])('says of %s: %s', (at, words) => expect(describeTime(at, NOW)).toBe(words))
})

it.each([
  [0n, '0 s'],
  [59n, '59 s'],
  [3_605n, '1 h'],
  [604_800n, '7 d'],
])('describeDuration(%s) is %s', (seconds, words) => expect(describeDuration(seconds)).toBe(words))
