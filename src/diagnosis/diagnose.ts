import type { Address } from '../core/hex.ts'
import { diagnoseAccessControl } from './access-control.ts'
import { diagnoseArbitraryCall } from './arbitrary-call.ts'
import { diagnoseArithmetic } from './arithmetic.ts'
import { diagnoseDelegation } from './authority-delegation.ts'
import { diagnoseAuthorityEffect } from './authority-effect.ts'
import { diagnoseEntryAuthority } from './authority-entries.ts'
import { diagnoseAuthorityChange } from './authority-lock.ts'
import { diagnoseOriginAuthority } from './authority-origin.ts'
import { diagnoseDenialOfService } from './denial-of-service.ts'
import { type Evidence, entries, functionOf, observed } from './evidence.ts'
import { diagnoseFreshAnswer } from './fresh-answer.ts'
import { diagnoseFreshHolding } from './fresh-holding.ts'
import { diagnoseFrontRunning } from './front-running.ts'
import { diagnoseGivenTime } from './given-time.ts'
import { learnInvariants } from './learn/learn.ts'
import { diagnoseLostInComparison } from './lost-in-comparison.ts'
import { diagnosePriceManipulation } from './price-manipulation.ts'
import { diagnoseReentrancy } from './reentrancy.ts'
import { diagnoseReinitialisation } from './reinitialisation.ts'
import { diagnoseRounding } from './rounding.ts'
import { diagnoseTruncation } from './truncation.ts'
import type { Diagnosis } from './types.ts'
import { diagnoseUncheckedCall } from './unchecked-call.ts'
import { diagnoseWeakRandomness } from './weak-randomness.ts'

/** One per class of root cause; adding one touches its file and this list. */
const DIAGNOSERS = [
  diagnoseReentrancy,
  diagnoseArbitraryCall,
  diagnoseArithmetic,
  diagnoseTruncation,
  diagnoseRounding,
  diagnoseLostInComparison,
  diagnoseReinitialisation,
  diagnoseWeakRandomness,
  diagnoseGivenTime,
  diagnoseFrontRunning,
  diagnoseFreshAnswer,
  diagnoseFreshHolding,
  diagnosePriceManipulation,
  diagnoseDenialOfService,
  diagnoseUncheckedCall,
  diagnoseAuthorityChange,
  diagnoseOriginAuthority,
  diagnoseDelegation,
  diagnoseEntryAuthority,
  diagnoseAuthorityEffect,
  diagnoseAccessControl,
  learnInvariants,
] as const

/**
 * Root causes of an attack, surest first. Never empty where protected code ran: without a class that fits, the cause is `unknown`
 * with the function that was entered, so that containment can stay while people look.
 */
export function diagnose(evidence: Evidence): readonly Diagnosis[] {
  const diagnoses = DIAGNOSERS.flatMap((diagnoser) => diagnoser(evidence)).sort(
    (a, b) => b.confidence - a.confidence,
  )
  if (diagnoses.length > 0) return diagnoses
  const unknown = unknownCause(evidence)
  return unknown ? [unknown] : []
}

function unknownCause(evidence: Evidence): Diagnosis | null {
  for (const execution of observed(evidence.attack).reverse()) {
    const entry = entries(execution, evidence.protection).find(({ reverted }) => !reverted)
    if (!entry) continue
    const { target, selector, code }: { target: Address; selector: Diagnosis['selector']; code: Address } =
      functionOf(execution, entry)
    return {
      class: 'unknown',
      target,
      code,
      selector,
      pc: 0,
      slots: [],
      confidence: 0,
      mechanism: { class: 'unknown' },
      summary: `${selector} of ${target} took part; no class of root cause fits what it did`,
      evidence: {},
    }
  }
  return null
}
