import type { Origin } from '../chain/types.ts'
import { OP } from '../evm/opcodes.ts'
import { type ObservedExecution, ofFrames } from './evidence.ts'
import { add, and, constant, differ, divide, field, greater, less, multiply, stack } from './expressions.ts'
import { flag } from './functions-running.ts'
import type { Expression } from './types.ts'

type Computed = Extract<Origin, { op: 'compute' }>

/** Steps of a calculation with numbers; a hash or a comparison begins another one. */
const NUMERIC: ReadonlySet<number> = new Set([
  ...[OP.ADD, OP.SUB, OP.MUL, OP.DIV, OP.MOD, OP.EXP],
  ...[OP.AND, OP.SHL, OP.SHR, OP.SIGNEXTEND],
])
const [A, B] = [stack(0), stack(1)]

/** An instruction of a calculation, and what is true in front of it when its result will not fit. */
export interface Step {
  readonly pc: number
  readonly refuse: Expression
}

/**
 * The other instructions of the calculation a number is part of that can lose bits as well: what it was made from, and what a frame made of it.
 * Larger or smaller numbers lose theirs there instead.
 *
 * Failure mode: only what the frame went on to store, hand on or decide by is known; a step whose result was not used is not found.
 */
export function stepsAround(execution: ObservedExecution, frame: number, number: Origin): Step[] {
  const around = [...below(number), ...above(execution, frame, number)]
  const steps = around.flatMap((node) => {
    const refuse = node.taint === 0 ? null : doesNotFit(node)
    return refuse ? [{ pc: node.pc, refuse }] : []
  })
  return [...new Map(steps.map((step) => [step.pc, step])).values()]
}

const isNumeric = (node: Origin): node is Computed => node.op === 'compute' && NUMERIC.has(node.opcode)

function below(number: Origin): Computed[] {
  const found = new Set<Computed>()
  const walk = (node: Origin) => {
    if (!isNumeric(node) || found.has(node)) return
    found.add(node)
    node.inputs.forEach(walk)
  }
  if (isNumeric(number)) number.inputs.forEach(walk)
  return [...found]
}

function above({ observation }: ObservedExecution, frame: number, number: Origin): Computed[] {
  const made = new Map<Origin, boolean>([[number, true]])
  const isMade = (node: Origin): boolean => {
    const known = made.get(node)
    if (known !== undefined) return known
    made.set(node, false)
    if (node.op !== 'compute') return false
    const numeric = isNumeric(node)
    // What a comparison compares is looked into, but a flag is no number.
    const any = node.inputs.map(isMade).some(Boolean) && numeric
    made.set(node, any)
    return any
  }
  for (const { kind, valueOrigin } of ofFrames(observation.accesses, [frame]))
    if (kind === 'write' && valueOrigin) isMade(valueOrigin)
  for (const { valueOrigin, inputOrigins } of ofFrames(observation.calls, [frame]))
    for (const value of [valueOrigin, ...(inputOrigins ?? [])]) if (value) isMade(value)
  for (const { condition } of ofFrames(observation.branches, [frame])) isMade(condition)
  return [...made].flatMap(([node, is]) => (is && node !== number && isNumeric(node) ? [node] : []))
}

function doesNotFit({ opcode, inputs }: Computed): Expression | null {
  const [first] = inputs
  switch (opcode) {
    case OP.MUL:
      return and(greater(A, constant(0n)), flag(differ(divide(multiply(A, B), A), B)))
    case OP.ADD:
      // Compilers subtract by adding a constant that is negative as a signed word.
      return inputs.some((input) => input.op === 'constant' && input.value >> 255n === 1n)
        ? null
        : less(add(A, B), A)
    case OP.SHL:
      return first?.op === 'constant' && first.value > 0n && first.value < 256n
        ? field(B, { shift: 256 - Number(first.value), bits: Number(first.value) })
        : null
    default:
      return null
  }
}
