import { Statement } from 'solc-typed-ast'
import type { Invariant, InvariantClass, Rule } from '../../../diagnosis/types.ts'
import { scopeOfEntry, scopeOfInstruction } from '../expression/scope.ts'
import { writeRefusal } from '../expression/write-expression.ts'
import { functionOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { requireThat } from '../style.ts'
import { atStart, surround } from '../write.ts'
import { type Attempt, joinMendings, type Mending, type Wound } from './mending.ts'

/** Each invariant by itself, as conditions before the places where it is to hold. */
export function invariantAttempts(wound: Wound<InvariantClass>): Attempt[] {
  return wound.mechanism.invariants.map((invariant) => () => {
    const rules = invariant.rules.map((rule) => writeRule(wound, invariant, rule))
    return joinMendings([...rules, { edits: [], notes: invariant.notes }])
  })
}

function writeRule({ program, diagnosis }: Wound<InvariantClass>, { name }: Invariant, rule: Rule): Mending {
  const { place, refuse: refused, note } = rule
  if (place.code !== diagnosis.code)
    return refuse('The invariant is about another contract.', `contract: ${place.code}`)
  if (note || !refused)
    return refuse('The invariant notes what happened, for which the source has no variable.')
  const words = name.replaceAll('-', ' ')
  const comment = `// Invariant: ${words}.`
  if (place.at === 'entry') {
    const target = functionOf(program, place.selector)
    if (!target) return refuse('The function is not written in the source.', `selector: ${place.selector}`)
    const condition = writeRefusal(scopeOfEntry(program, target), refused)
    return {
      edits: atStart(program, target, [comment, requireThat(program, condition, `broken: ${words}`)]),
      notes: [],
    }
  }
  if (place.at === 'every')
    return refuse('The invariant is about instructions, which the source has none of.')
  const scope = scopeOfInstruction(program, place.pc)
  const statement = scope.before?.getClosestParentByType(Statement)
  if (!statement) return refuse('The instruction stands in no statement.', `pc: ${place.pc}`)
  const condition = writeRefusal(scope, refused)
  return {
    edits: surround(program, statement, {
      before: [comment, requireThat(program, condition, `broken: ${words}`)],
    }),
    notes: [],
  }
}
