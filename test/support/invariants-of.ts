import type { Diagnosis, Invariant } from '../../src/diagnosis/types.ts'

/** The invariants of a diagnosis that has such. */
export function invariantsOf({ mechanism }: Diagnosis): readonly Invariant[] {
  if (!('invariants' in mechanism)) throw new TypeError(`${mechanism.class} is not told as invariants`)
  return mechanism.invariants
}
