import { type Hex, hexOf } from '../../core/hex.ts'
import type { Hole, Template } from './template.ts'

const KINDS = { arg: 0, tail: 1, rel: 2, peek: 3 } as const

/** A `TemplateDefinition` of the RestrictionVerifier. */
export interface TemplateRegistration {
  readonly name: string
  readonly code: Hex
  readonly holes: readonly {
    readonly offset: number
    readonly kind: number
    readonly width: number
    readonly value: number
  }[]
  readonly takes: number
  readonly gives: number
}

/** A template as the on-chain verifier registers it. */
export function toRegistration({ name, code, holes, takes, gives }: Template): TemplateRegistration {
  return {
    name,
    code: hexOf(code),
    holes: holes.map((hole) => ({
      offset: hole.offset,
      kind: KINDS[hole.kind],
      width: hole.width,
      value: holeValue(hole),
    })),
    takes,
    gives,
  }
}

function holeValue(hole: Hole): number {
  if (hole.kind === 'arg' || hole.kind === 'peek') return hole.index
  return hole.kind === 'rel' ? hole.addend : 0
}
