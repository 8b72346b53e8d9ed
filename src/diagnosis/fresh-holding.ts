import type { Origin, StorageAccess } from '../chain/types.ts'
import { OP } from '../evm/opcodes.ts'
import { type Diagnoser, distinct, type Evidence, isBelow, ofFrames } from './evidence.ts'
import { type FreshUse, freshUses, settledBeforeUse, valuesUsed } from './freshness.ts'
import { type Call, calledFunctions } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import { variableKey } from './slots.ts'
import type { Diagnosis, Invariant } from './types.ts'

/** Uses that are told at most. */
const USES = 4
/** Whether both functions are known from history, and were never used so. */
const BOTH_KNOWN = 0.57
const UNKNOWN = 0.3

/**
 * Holdings of the same block: what an account holds was raised, and in the same block the contract paid out by it. Shares that are bought and given
 * back in one block, or stakes that earn what comes in between, bear no risk and take from those who do. The entry of the account is what is
 * looked at, not who sends: another sender, or a holder in between, does not help.
 *
 * Failure modes: contracts that settle within a block by design (a router that buys and gives back in one transaction) look the same until history shows
 * it; whoever can raise an account's holding for it can hold up its use for the block; a gain that waits for the next block is not covered.
 */
export const diagnoseFreshHolding: Diagnoser = (evidence) => {
  const functions = calledFunctions(evidence)
  const usual = new Set(freshUses(evidence, functions, 'benign').map(keyOf))
  const found = freshUses(evidence, functions, 'hostile').filter(
    (use) =>
      isHolding(use.write) &&
      use.first !== use.second &&
      pays(use.user) &&
      !usual.has(keyOf(use)) &&
      valuesUsed(use.user, { decisions: true }).has(`${use.write.address}:${use.write.slot}`),
  )
  const uses = distinct(found, ({ user, read }) => `${user.execution.frames[read.frame]!.code}:${read.pc}`)
    .sort((a, b) => Number(isShare(b)) - Number(isShare(a)))
    .slice(0, USES)
  return uses.length > 0 ? [toDiagnosis(evidence, uses)] : []
}

const keyOf = ({ first, second, write }: FreshUse): string =>
  `${first.ref.selector}:${second.ref.selector}:${variableKey(write)}`

/** An entry of a mapping that was raised. */
function isHolding({ slotOrigin, value, previous }: StorageAccess): boolean {
  let hashed = false
  if (slotOrigin)
    visitOrigin(slotOrigin, new Set(), (node) => {
      if (node.op === 'compute' && node.opcode === OP.KECCAK256) hashed = true
    })
  return hashed && value > previous
}

/** Whether value of the contract left it in the call. */
function pays({ execution, entry }: Call): boolean {
  return execution.transfers.some(
    ({ from, frame }) => from === entry.context && isBelow(execution, execution.frames[frame]!, entry),
  )
}

/** Whether the holding was multiplied into something that was paid or handed on. */
function isShare({ user: { execution, activation }, write }: FreshUse): boolean {
  const seen = new Set<Origin>()
  let multiplied = false
  const isEntry = (node: Origin) => node.op === 'storage' && node.slot === write.slot
  const visit = (value: Origin | undefined) =>
    value &&
    visitOrigin(value, seen, (node) => {
      if (node.op === 'compute' && node.opcode === OP.MUL && node.inputs.some(isEntry)) multiplied = true
    })
  for (const { valueOrigin, inputOrigins } of ofFrames(execution.observation.calls, activation)) {
    visit(valueOrigin)
    for (const input of inputOrigins?.slice(1) ?? []) visit(input)
  }
  return multiplied
}

function toDiagnosis(evidence: Evidence, uses: readonly FreshUse[]): Diagnosis {
  const [{ first, second, read, user }] = uses as readonly [FreshUse]
  const { target, code, selector } = second.ref
  const single = uses.flatMap((use) => settledBeforeUse(evidence, use, { byAnother: false }))
  const together: Invariant = {
    name: 'settled-before-use',
    rules: single.flatMap(({ rules }) => rules),
    notes: [...new Set(single.flatMap(({ notes }) => notes))],
  }
  const known = uses.every((use) => use.first.benign.length > 0 && use.second.benign.length > 0)
  return {
    class: 'price-manipulation',
    target,
    code: user.execution.frames[read.frame]?.code ?? code,
    selector,
    pc: read.pc,
    slots: [],
    confidence: known ? BOTH_KNOWN : UNKNOWN,
    mechanism: {
      class: 'price-manipulation',
      invariants: [...single, ...(single.length > 1 ? [together] : [])],
    },
    summary: `${selector} of ${target} paid out by a holding that ${first.ref.selector} had raised in the same block`,
    evidence: { uses: uses.length, raisedBy: uses.map((use) => use.first.ref.selector) },
  }
}
