import { type Hex, hexOf } from '../../core/hex.ts'
import type { Hole, Template } from './template.ts'

const KINDS = { arg: 0, tail: 1, rel: 2 } as const

/** What `RestrictionVerifier.registerTemplate` takes. */
export interface TemplateRegistration {
  readonly name: string
  readonly code: Hex
  readonly holes: readonly {
    readonly offset: number
    readonly kind: number
    readonly width: number
    readonly value: number
  }[]
}

/** A template as the on-chain verifier registers it. */
export function toRegistration({ name, code, holes }: Template): TemplateRegistration {
  return {
    name,
    code: hexOf(code),
    holes: holes.map((hole) => ({
      offset: hole.offset,
      kind: KINDS[hole.kind],
      width: hole.width,
      value: holeValue(hole),
    })),
  }
}

function holeValue(hole: Hole): number {
  if (hole.kind === 'arg') return hole.index
  return hole.kind === 'rel' ? hole.addend : 0
}
