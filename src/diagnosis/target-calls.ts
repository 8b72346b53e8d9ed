import { type CallSite, type Origin, Taint } from '../chain/types.ts'
import type { Hex } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import {
  codeSite,
  distinct,
  type Evidence,
  functionOf,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import { and, constant, equal, field, greater, memory, multiply, or, stack } from './expressions.ts'
import { visitOrigin } from './origins.ts'
import type { Diagnosis, Expression, Rule } from './types.ts'

/**
 * What moves tokens, or lets somebody move them, in ERC-20, ERC-721, ERC-777 and ERC-1155: transferFrom, transfer, approve,
 * increaseAllowance, both safeTransferFrom of ERC-721, setApprovalForAll, send, safeTransferFrom and safeBatchTransferFrom of ERC-1155.
 */
const MOVEMENTS: readonly Hex[] = [
  '0x23b872dd',
  '0xa9059cbb',
  '0x095ea7b3',
  '0x39509351',
  '0x42842e0e',
  '0xb88d4fde',
  '0xa22cb465',
  '0x9bd9bbc6',
  '0xf242432a',
  '0x2eb2c2d6',
]
/** All of them take two words at least. */
const SHORTEST = 4n + 64n
const CALLS: ReadonlySet<number> = new Set([OP.CALL, OP.CALLCODE])

interface Made {
  readonly execution: ObservedExecution
  readonly site: CallSite
  readonly code: `0x${string}`
  readonly selector: Hex
  /** Whether whom it calls with which function came in the calldata. */
  readonly isChosen: boolean
}

/**
 * A protected contract makes a call that its caller composed, and the caller let it speak to a token: it then spends what the contract has,
 * or was allowed. Refused are calls of a token's movements where callers compose them, as far as no benign caller made them there.
 *
 * Failure mode: tokens with movements of their own are not known; a router whose users do move tokens by such calls, and that history has not
 * seen do so, is refused to.
 */
export function diagnoseComposedCalls({ attack, history, probes }: Evidence): Diagnosis[] {
  const hostile = callsMade(observed(attack))
  const usual = callsMade([...observed(history), ...observed(probes)])
  const moving = hostile.filter(
    (made) =>
      made.isChosen &&
      MOVEMENTS.includes(made.selector) &&
      !usual.some((other) => sameSite(other, made) && other.selector === made.selector),
  )
  const [first] = moving
  if (!first) return []
  const places = distinct(
    [...moving, ...hostile, ...usual].filter(({ isChosen, code }) => isChosen && code === first.code),
    siteKey,
  )
  const rules = places.flatMap((made): Rule[] => {
    const benign = new Set(usual.filter((other) => sameSite(other, made)).map(({ selector }) => selector))
    const refused = MOVEMENTS.filter((selector) => !benign.has(selector))
    if (refused.length === 0) return []
    const place = { at: 'instruction' as const, code: made.code, pc: made.site.pc }
    return [{ place, refuse: callsOneOf(refused) }]
  })
  const { target, selector } = functionOf(first.execution, first.execution.frames[first.site.frame]!)
  const notes = ['calls that callers compose cannot be movements of tokens']
  return [
    {
      class: 'arbitrary-call',
      target,
      code: first.code,
      selector,
      pc: first.site.pc,
      slots: [],
      confidence: 0.89,
      mechanism: {
        class: 'input-validation',
        invariants: [{ name: 'no-composed-movement', rules, notes }],
      },
      summary: `${selector} of ${target} makes the call at pc ${first.site.pc} as its caller composed it, and was made to call ${first.selector} of a token`,
      evidence: { movements: [...new Set(moving.map((made) => made.selector))], places: places.length },
    },
  ]
}

/** CALL finds gas, target, value, offset and length of the input on the stack. Input too short to be a movement is not looked at. */
function callsOneOf(selectors: readonly Hex[]): Expression {
  const isLong = greater(stack(4), constant(SHORTEST - 1n))
  const called = field(memory(multiply(stack(3), isLong)), { shift: 224, bits: 32 })
  const isOneOf = selectors.map((selector) => equal(called, constant(BigInt(selector)))).reduce(or)
  return and(isLong, isOneOf)
}

const siteKey = ({ code, site }: Made): string => `${code}:${site.pc}`
const sameSite = (a: Made, b: Made): boolean => siteKey(a) === siteKey(b)

function callsMade(executions: readonly ObservedExecution[]): Made[] {
  return executions.flatMap((execution) =>
    execution.observation.calls.flatMap((site): Made[] => {
      if (site.child === null || !CALLS.has(site.opcode)) return []
      const { selector } = execution.frames[site.child]!
      const isChosen =
        ((site.targetOrigin?.taint ?? 0) & Taint.calldata) !== 0 && isGiven(site.inputOrigins?.[0])
      return [{ execution, site, ...codeSite(execution, site), selector, isChosen }]
    }),
  )
}

/** Whether a word came from calldata altogether: with a selector of the contract's own in it, it is a call of the contract's choice. */
function isGiven(word: Origin | undefined): boolean {
  let leaves = 0
  let given = 0
  if (word) {
    visitOrigin(word, new Set(), (node) => {
      if (node.op === 'compute') return
      leaves++
      if (node.op === 'calldata') given++
    })
  }
  return leaves > 0 && leaves === given
}
