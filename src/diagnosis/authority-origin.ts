import { type Branch, Taint } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import {
  type Authority,
  describeAuthority,
  heldBy,
  holds,
  membershipIn,
  nameOf,
} from './authority-holders.ts'
import {
  codeSite,
  type Diagnoser,
  distinct,
  type Evidence,
  type ObservedExecution,
  observed,
  ofFrames,
} from './evidence.ts'
import { and, caller, equal, not, or, origin } from './expressions.ts'
import { type Call, calledFunctions } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import { comparisonsWith } from './roles.ts'
import type { CodeSite, Diagnosis, Expression, Invariant } from './types.ts'

/** A jump that looked up whether the transaction's sender is trusted. */
interface Question {
  readonly branch: Branch
  readonly authority: Authority
}

/**
 * The transaction's sender taken for the caller: a function asked whether the sender is trusted, and it was, but somebody else's contract was
 * calling in its name. Wherever the code reads the sender, a trusted one is refused when it does not call itself; senders nobody asks about
 * may go on using contracts.
 *
 * Failure modes: a trusted account's own wallet contract is refused at these functions as well; an instruction that reads the sender for another
 * purpose is guarded with the others.
 */
export const diagnoseOriginAuthority: Diagnoser = (evidence) =>
  calledFunctions(evidence).flatMap((fn) => {
    const questions = fn.hostile
      .filter(({ caller: account, origin: sender }) => account !== sender)
      .flatMap((call) => trustedQuestions(evidence, call))
    if (questions.length === 0) return []
    const authorities = distinct(
      questions.map(({ authority }) => authority),
      nameOf,
    )
    const others = isLent(authorities)
    const { target, selector, code } = fn.ref
    const notes = ['trusted accounts cannot use these functions through contracts any more']
    const place = { at: 'every', code, opcode: OP.ORIGIN } as const
    const asked = sitesAsking(evidence, target, authorities).map((site) => ({
      place: { at: 'instruction' as const, ...site },
      refuse: others,
    }))
    const invariants: Invariant[] = [
      { name: 'trusted-sender-calls', rules: [{ place, refuse: others }], notes },
      { name: 'trusted-sender-calls', rules: asked, notes },
      { name: 'trusted-sender-calls', rules: [{ place: { at: 'entry', ...fn.ref }, refuse: others }], notes },
    ]
    const diagnosis: Diagnosis = {
      class: 'access-control',
      target,
      code,
      selector,
      pc: questions[0]!.branch.pc,
      slots: [],
      confidence: 0.92,
      mechanism: { class: 'logic', invariants },
      summary: `${selector} of ${target} took the sender of the transaction for its caller`,
      evidence: { trusted: authorities.map(describeAuthority) },
    }
    return [diagnosis]
  })

/** Whether the sender holds one of the authorities and another account calls. */
function isLent(authorities: readonly Authority[]): Expression {
  const trusted = authorities.map((authority) => not(not(holds(authority, origin)))).reduce(or)
  return and(not(equal(caller, origin)), trusted)
}

function trustedQuestions(evidence: Evidence, { execution, activation, entry }: Call): Question[] {
  const account = execution.transaction.from
  return questionsOf(execution, entry.context, activation).filter(
    ({ authority }) => heldBy(evidence, authority, { execution, account }) === true,
  )
}

function questionsOf(
  { observation }: ObservedExecution,
  context: Address,
  frames: Iterable<number>,
): Question[] {
  return ofFrames(observation.branches, frames).flatMap((branch) => {
    const single = comparisonsWith(Taint.origin, branch.condition, new Set()).map(
      ({ slot, shift }): Authority => ({ kind: 'holder', context, slot, shift }),
    )
    const members: Authority[] = []
    visitOrigin(branch.condition, new Set(), (node) => {
      const membership = node.op === 'storage' ? membershipIn(node.slotOrigin, Taint.origin) : null
      if (membership) members.push({ kind: 'member', context, ...membership })
    })
    return [...single, ...members].map((authority) => ({ branch, authority }))
  })
}

/** Jumps, seen anywhere, that ask whether the sender holds one of the authorities. */
function sitesAsking(evidence: Evidence, context: Address, authorities: readonly Authority[]): CodeSite[] {
  const names = new Set(authorities.map(nameOf))
  const sites = observed([...evidence.attack, ...evidence.history, ...evidence.probes]).flatMap(
    (execution) => {
      const own = execution.observation.frames.filter((index) => execution.frames[index]!.context === context)
      return questionsOf(execution, context, own)
        .filter(({ authority }) => names.has(nameOf(authority)))
        .map(({ branch }) => codeSite(execution, branch))
    },
  )
  return distinct(sites, ({ code, pc }) => `${code}:${pc}`)
}
