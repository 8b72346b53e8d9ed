const UNITS = [
  ['d', 86_400n],
  ['h', 3_600n],
  ['min', 60n],
  ['s', 1n],
] as const

/** Beyond it JavaScript's calendar ends. */
const LAST_SECOND = 8_640_000_000_000n

/** A moment in UTC and how far it is from `now`: `2026-01-02 03:04:05 UTC (in 2 h 5 min)`. Both in seconds since the epoch. */
export function describeTime(at: bigint, now: bigint): string {
  if (at > LAST_SECOND) return `${at} s since 1970 (practically never)`
  const date = new Date(Number(at) * 1000).toISOString().slice(0, 19).replace('T', ' ')
  const distance =
    at === now ? 'now' : at > now ? `in ${describeDuration(at - now)}` : `${describeDuration(now - at)} ago`
  return `${date} UTC (${distance})`
}

/** Seconds in the two largest units that fit: `2 h 5 min`. */
export function describeDuration(seconds: bigint): string {
  const first = UNITS.findIndex(([, size]) => seconds >= size)
  if (first < 0) return '0 s'
  let rest = seconds
  const parts = UNITS.slice(first, first + 2).map(([unit, size]) => {
    const count = rest / size
    rest %= size
    return count > 0n ? `${count} ${unit}` : ''
  })
  return parts.filter((part) => part !== '').join(' ')
}
