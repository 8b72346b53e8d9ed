import type { Diagnosis } from '../../../diagnosis/types.ts'
import type { Program } from '../program.ts'
import { accessControlAttempts } from './access-control.ts'
import { mendArbitraryCalls } from './arbitrary-call.ts'
import { arithmeticAttempts } from './arithmetic.ts'
import { mendUncheckedCalls } from './calls.ts'
import { invariantAttempts } from './invariant.ts'
import type { Attempt } from './mending.ts'
import { reentrancyAttempts } from './reentrancy.ts'

/** The ways to mend in the source what a diagnosis names, the preferred first. */
export function attemptsFor(program: Program, diagnosis: Diagnosis): Attempt[] {
  const { mechanism } = diagnosis
  switch (mechanism.class) {
    case 'reentrancy':
      return reentrancyAttempts({ program, diagnosis, mechanism })
    case 'access-control':
      return accessControlAttempts({ program, diagnosis, mechanism })
    case 'arithmetic':
      return arithmeticAttempts({ program, diagnosis, mechanism })
    case 'unchecked-call':
      return [() => mendUncheckedCalls({ program, diagnosis, mechanism })]
    case 'arbitrary-call':
      return [() => mendArbitraryCalls({ program, diagnosis, mechanism })]
    case 'unknown':
      return []
    default:
      return invariantAttempts({ program, diagnosis, mechanism })
  }
}
