import type { Diagnosis, Mechanism } from '../../../diagnosis/types.ts'
import type { Edit } from '../edit.ts'
import type { Program } from '../program.ts'

/** One way to mend a root cause in a source. */
export interface Mending {
  readonly edits: readonly Edit[]
  readonly notes: readonly string[]
}

/** A way that has not been tried yet; it throws PATCH_IMPOSSIBLE where it does not fit the source. */
export type Attempt = () => Mending

export type MechanismOf<Class extends Mechanism['class']> = Extract<Mechanism, { class: Class }>

export interface Wound<Class extends Mechanism['class']> {
  readonly program: Program
  readonly diagnosis: Diagnosis
  readonly mechanism: MechanismOf<Class>
}

export const joinMendings = (mendings: readonly Mending[]): Mending => ({
  edits: mendings.flatMap(({ edits }) => edits),
  notes: [...new Set(mendings.flatMap(({ notes }) => notes))],
})
