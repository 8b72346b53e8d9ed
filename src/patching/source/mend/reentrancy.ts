import { type ContractDefinition, type FunctionDefinition, Statement } from 'solc-typed-ast'
import { callsOut, isView, reachableFrom, routineAround } from '../call-graph.ts'
import { entryFunctions, functionOf, type Program, textOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { addFirstModifier, atStart, commentAbove, surround } from '../write.ts'
import { callAt } from './calls.ts'
import { declareLock } from './declare-lock.ts'
import { findLock, type Lock } from './find-lock.ts'
import { type Attempt, joinMendings, type Mending, type Wound } from './mending.ts'

/** Functions a lock is for. */
interface Plan {
  /** Those that hand control out at the calls of the attack. */
  readonly locked: readonly FunctionDefinition[]
  /** Those that must not run meanwhile. They need not hold it: their own calls, if they make any, are not at fault. */
  readonly checked: readonly FunctionDefinition[]
  readonly notes: readonly string[]
}

/**
 * A lock that is held by every function that hands control out at the calls of the attack, and asked by every one that was, or could be, entered
 * meanwhile. Where users come back through such functions on purpose, those that hold the lock exclude one another only.
 */
export function reentrancyAttempts(wound: Wound<'reentrancy'>): Attempt[] {
  const narrow = (): Mending => {
    const plan = planLock(wound)
    if (plan.checked.length === 0 || plan.locked.length === 0)
      return refuse('Every function of the attack holds the lock, or none does.')
    return mendByLock(wound, { ...plan, checked: [] })
  }
  return [() => mendByLock(wound, planLock(wound)), narrow]
}

/** The contract's own lock where it has one. Where functions of the plan call one another, it is held around the calls alone. */
function mendByLock(wound: Wound<'reentrancy'>, plan: Plan): Mending {
  const { program } = wound
  const own = findLock(program)
  const isLocked = (each: FunctionDefinition) =>
    own !== null && each.vModifiers.some(({ vModifier }) => vModifier === own.modifier)
  const locked = plan.locked.filter((each) => !isLocked(each))
  const checked = plan.checked.filter((each) => !isLocked(each))
  if (locked.length + checked.length === 0)
    return refuse(
      'The functions of the attack hold a lock of the contract already; another one would not see more.',
    )
  const held = new Set([...plan.locked, ...entryFunctions(program).filter(isLocked)])
  const nested =
    locked.some((each) => callsAnother(program, each, held)) ||
    [...locked, ...checked].some((each) => isCalledBy(program, each, held))
  if (nested) return lockCalls(wound, plan)
  const declaring = own?.modifier.vScope as ContractDefinition
  if (own && [...locked, ...checked].every((each) => sees(each, declaring)))
    return extendLock(program, own, { locked, checked, notes: plan.notes })
  const lock = declareLock(program, [...plan.locked, ...plan.checked], { asked: plan.checked.length > 0 })
  const edits = [
    ...plan.locked.flatMap((each) => addFirstModifier(program, each, lock.name)),
    ...plan.checked.flatMap((each) => addFirstModifier(program, each, lock.asking)),
  ]
  return { edits: [...lock.edits, ...edits], notes: plan.notes }
}

const COMMENT = '// Not while the contract is in the middle of a call out.'

/** Puts the contract's own lock on more functions. Those that call out themselves, or cannot write, ask for it only. */
function extendLock(program: Program, lock: Lock, { locked, checked, notes }: Plan): Mending {
  const holding = [...locked, ...checked.filter((each) => !isView(each) && !callsOut(program, each))]
  const asking = checked.filter((each) => !holding.includes(each))
  const edits = [
    ...holding.flatMap((each, index) => [
      ...(index === 0 ? commentAbove(program, each, COMMENT) : []),
      ...addFirstModifier(program, each, lock.name),
    ]),
    ...asking.flatMap((each) =>
      atStart(program, each, [...(holding.length === 0 ? [COMMENT] : []), lock.check]),
    ),
  ]
  return { edits, notes }
}

function planLock({ program, diagnosis, mechanism }: Wound<'reentrancy'>): Plan {
  const calling = mechanism.calls
    .filter(({ code }) => code === diagnosis.code)
    .map(({ pc }) => routineAround(callAt(program, pc)))
  const outer = entryFunctions(program).filter((each) => {
    const reached = reachableFrom(program, each)
    return calling.some((inner) => inner !== null && reached.has(inner))
  })
  const near = mechanism.entries.filter(
    ({ code, target }) => code === diagnosis.code || target === diagnosis.target,
  )
  const far = mechanism.entries.filter((entry) => !near.includes(entry))
  if (near.length === 0 && far.length > 0)
    return refuse(
      'Control comes back through another contract, which sees no lock of this one.',
      `contracts: ${[...new Set(far.map(({ target }) => target))].join(', ')}`,
      'hint: write the state before the call out',
    )
  const named = near.map(({ selector }) => ({ selector, target: functionOf(program, selector) }))
  const entered = [...new Set(named.flatMap(({ target }) => (target ? [target] : [])))]
  const locked = outer.filter((each) => !isView(each))
  const notes = [
    ...named
      .filter(({ target }) => !target)
      .map(({ selector }) => `${selector} is the getter of a variable and stays open`),
    ...[...new Set(far.map(({ target }) => target))].map(
      (target) => `${target} sees no lock of this contract`,
    ),
  ]
  return { locked, checked: entered.filter((each) => !locked.includes(each)), notes }
}

const callsAnother = (
  program: Program,
  from: FunctionDefinition,
  held: ReadonlySet<FunctionDefinition>,
): boolean =>
  [...reachableFrom(program, from)].some((each) => each !== from && held.has(each as FunctionDefinition))

const isCalledBy = (
  program: Program,
  target: FunctionDefinition,
  held: ReadonlySet<FunctionDefinition>,
): boolean => [...held].some((each) => each !== target && reachableFrom(program, each).has(target))

/** Whether a function's contract has the members of another one. */
const sees = ({ vScope }: FunctionDefinition, declaring: ContractDefinition): boolean =>
  (vScope as ContractDefinition).vLinearizedBaseContracts?.includes(declaring) ?? false

function lockCalls({ program, diagnosis, mechanism }: Wound<'reentrancy'>, plan: Plan): Mending {
  const calls = mechanism.calls
    .filter(({ code }) => code === diagnosis.code)
    .map(({ pc }) => callAt(program, pc))
  const inside = calls.flatMap((call) => routineAround(call) ?? [])
  const functions = [...plan.locked, ...plan.checked]
  const lock = declareLock(program, [...functions, ...inside], { modifiers: false })
  const around = calls.map((call): Mending => {
    const statement = call.getClosestParentByType(Statement)
    const plain = ['ExpressionStatement', 'VariableDeclarationStatement'].includes(statement?.type ?? '')
    if (!statement || !plain)
      return refuse('The call stands where nothing can be put behind it.', `call: ${textOf(program, call)}`)
    const comment = '// Nobody may come back while this call is under way.'
    const edits = surround(program, statement, {
      before: [comment, lock.check, lock.take],
      after: [lock.release],
    })
    return { edits, notes: [] }
  })
  const entries = functions.flatMap((each) => atStart(program, each, [lock.check]))
  return joinMendings([{ edits: [...lock.edits, ...entries], notes: plan.notes }, ...around])
}
