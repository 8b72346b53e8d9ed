/** Kinds of targets as the gate numbers them, with words that go on a sentence. */
const KINDS = [
  ['none', 'a target the gate does not know'],
  ['uups', 'a UUPS proxy'],
  ['uups-legacy', 'a UUPS proxy (OpenZeppelin before 5)'],
  ['transparent', 'a transparent proxy'],
  ['transparent-legacy', 'a transparent proxy (OpenZeppelin before 5)'],
  ['beacon', 'a beacon, and so all its proxies'],
  ['direct', 'a proxy that obeys its admin directly'],
  ['facet', 'one facet of a diamond'],
] as const

/** `other`: a number this version does not know. */
export type GateKind = (typeof KINDS)[number][0] | 'other'

export const kindOf = (number: number): GateKind => KINDS[number]?.[0] ?? 'other'

/** What a kind is, in words that go on a sentence: "a UUPS proxy". */
export const describeKind = (kind: GateKind): string =>
  KINDS.find(([name]) => name === kind)?.[1] ?? 'a target of a kind this version does not know'
