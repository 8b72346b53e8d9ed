import { SutureError } from '../../core/errors.ts'
import type { Invariant, InvariantClass, Place, Rule } from '../../diagnosis/types.ts'
import { analyseCode } from '../../evm/analysis/analyse.ts'
import type { Analysis } from '../../evm/analysis/types.ts'
import type { Cfg } from '../../evm/cfg.ts'
import { OP } from '../../evm/opcodes.ts'
import { compileRule } from '../compile-expression.ts'
import { hasTransientStorage } from '../guards.ts'
import type { PatchTarget } from '../target.ts'
import {
  atEntries,
  atSites,
  type Candidate,
  candidate,
  type MechanismOf,
  merge,
  type Placement,
  type PlanContext,
} from './candidate.ts'

/** One candidate for each invariant the attack broke. */
export function invariantCandidates({ invariants }: MechanismOf<InvariantClass>): Candidate[] {
  return invariants.map(({ name, rules, notes }: Invariant) =>
    candidate(name, (context) => merge(...rules.map((rule) => placeRule(rule, context))), notes),
  )
}

function placeRule(rule: Rule, context: PlanContext): Placement {
  const { place } = rule
  const fork = { transient: hasTransientStorage(context.hardfork) }
  if (place.at === 'entry') return atEntries([place], context, (pc) => compileRule(rule, pc, fork))
  if (place.at === 'every') {
    const target = context.targetOf(place.code)
    const sites = [...new Set(everyPc(place, target).flatMap((pc) => roomAt(target, pc)))]
    return new Map([[place.code, sites.flatMap((site) => compileRule(rule, site, fork))]])
  }
  return atSites([place], ({ code, pc }) => {
    const target = context.targetOf(code)
    // Where a block begins nothing has happened behind its JUMPDEST yet.
    const first = target.code[pc] === OP.JUMPDEST ? pc + 1 : pc
    return target.operandSites(first).flatMap((site) => compileRule(rule, site, fork))
  })
}

/** Offsets of the instructions a place stands for, in code that is known to be reached. */
function everyPc({ opcode, slot }: Extract<Place, { at: 'every' }>, { cfg }: PatchTarget): number[] {
  if (slot === undefined) {
    const reached = [...cfg.reached].flatMap((start) => cfg.blocks.get(start)!.instructions)
    return reached.filter((instruction) => instruction.opcode === opcode).map(({ pc }) => pc)
  }
  const writes = analysisOf(cfg)
    .writesTo(slot)
    .map(({ write }) => write)
  return [...new Set(writes.filter(({ guard }) => guard.protection !== 'authority').map(({ pc }) => pc))]
}

const analyses = new WeakMap<Cfg, Analysis>()

function analysisOf(cfg: Cfg): Analysis {
  let analysis = analyses.get(cfg)
  if (!analysis) {
    analysis = analyseCode(cfg)
    analyses.set(cfg, analysis)
  }
  return analysis
}

/** Where a guard for an instruction fits; nowhere when its block has no room. */
function roomAt(target: PatchTarget, pc: number): number[] {
  try {
    return target.operandSites(pc)
  } catch (error) {
    if (error instanceof SutureError && error.code === 'PATCH_IMPOSSIBLE') return []
    throw error
  }
}
