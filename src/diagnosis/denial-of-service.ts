import { type CallSite, type Frame, type Origin, type StorageAccess, Taint } from '../chain/types.ts'
import { type Address, addressOfWord, toWord } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import {
  codeSite,
  type Diagnoser,
  distinct,
  type Evidence,
  entryOf,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import {
  add,
  addressOf,
  and,
  argument,
  blockNumber,
  caller,
  codeSize,
  constant,
  differ,
  equal,
  field,
  greater,
  load,
  multiply,
  not,
  origin,
  recall,
  stack,
} from './expressions.ts'
import { type Call, type CalledFunction, calledFunctions, writesOf } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import type { CodeSite, Diagnosis, Expression, Invariant, Rule } from './types.ts'

/** A payment to an address the contract keeps, which failed and undid the function that made it. */
interface FailedPayment extends CodeSite {
  readonly context: Address
  readonly payee: Address
  /** Where the address is kept. */
  readonly slots: ReadonlySet<bigint>
  readonly blocked: Frame
}

/** A list that one call made much longer than any call before. */
interface Growth {
  readonly access: StorageAccess
  readonly grown: number
  /** Where it was made longer. */
  readonly places: readonly CodeSite[]
}

const CHOSEN = Taint.calldata | Taint.caller
const SLOT = stack(0)
const VALUE = stack(1)
/** Marks for the block that last made a list longer, and how long it was before. */
const COUNTED_IN = 0
const BEGUN_AT = 1
/** How much longer than ever in history a list may become by one call, and how long at least. */
const FACTOR = 4
const FEW = 16

/**
 * Denial of service: a function pays somebody whose address it keeps and cannot go on when the payment fails, and the attack put a contract
 * there that refuses; or one call made a list so long that going through it costs more than a block has.
 *
 * Failure modes: the first needs a blocked call among the attack's transactions; a payee that turns into a contract later (its address was
 * computed beforehand) is not kept out; a list that was made long over many blocks is none that one call made long.
 */
export const diagnoseDenialOfService: Diagnoser = (evidence) => {
  const functions = calledFunctions(evidence)
  const payments = distinct(failedPayments(evidence), ({ code, pc }) => `${code}:${pc}`)
  const blocked = payments.flatMap((payment) =>
    functions.flatMap((fn) => {
      const setting = settingOf(fn, payment)
      return setting ? [diagnosePayment(fn, payment, setting)] : []
    }),
  )
  return [...blocked, ...functions.flatMap((fn) => growthDiagnoses(evidence, fn))]
}

// ---- a payment that fails ----

function failedPayments({ attack }: Evidence): FailedPayment[] {
  return observed(attack).flatMap((execution) =>
    execution.observation.calls.flatMap((site): FailedPayment[] => {
      const payment = failedPayment(execution, site)
      return payment ? [payment] : []
    }),
  )
}

function failedPayment(execution: ObservedExecution, site: CallSite): FailedPayment | null {
  const { targetOrigin, child, succeeded, opcode } = site
  if (opcode !== OP.CALL || succeeded || child === null || !targetOrigin) return null
  const payee = execution.frames[child]!
  const frame = execution.frames[site.frame]!
  const blocked = entryOf(execution, frame)
  if (payee.value === 0n || blocked.status === 'success' || targetOrigin.taint & CHOSEN) return null
  const slots = new Set<bigint>()
  visitOrigin(targetOrigin, new Set(), (node) => {
    if (node.op === 'storage' && node.address === frame.context) slots.add(node.slot)
  })
  if (slots.size === 0) return null
  return { ...codeSite(execution, site), context: frame.context, payee: payee.context, slots, blocked }
}

interface Setting {
  readonly call: Call
  readonly access: StorageAccess
}

/** The call by which the attack put the payee where the payment finds it. */
function settingOf({ hostile }: CalledFunction, { context, payee, slots }: FailedPayment): Setting | null {
  for (const call of hostile) {
    const access = writesOf(call).find(
      ({ address, slot, value, valueOrigin }) =>
        address === context &&
        slots.has(slot) &&
        holds(value, payee) &&
        ((valueOrigin?.taint ?? 0) & CHOSEN) !== 0,
    )
    if (access) return { call, access }
  }
  return null
}

const holds = (word: bigint, address: Address): boolean => shiftOf(word, address) !== null

/** Where a word has the address in it, in bits from its low end, at any byte; null where it has not. */
function shiftOf(word: bigint, address: Address): number | null {
  for (let shift = 0; shift <= 96; shift += 8)
    if (addressOfWord(word >> BigInt(shift)) === address) return shift
  return null
}

function diagnosePayment(fn: CalledFunction, payment: FailedPayment, { call, access }: Setting): Diagnosis {
  const { ref } = fn
  const place = { at: 'entry', ...ref } as const
  const given = call.caller === payment.payee ? null : argumentOf(access.valueOrigin, payment.payee)
  const payee: Expression = given ?? caller
  const notes = ['contracts, smart wallets among them, cannot become the one who is paid']
  const kept = field(stack(1), { shift: shiftOf(access.value, payment.payee) ?? 0, bits: 160 })
  const { code } = call.execution.frames[access.frame]!
  const written = { at: 'instruction', code, pc: access.pc } as const
  const invariants: Invariant[] = [
    // Where it is written, whichever function made it so.
    { name: 'payee-kept-without-code', rules: [{ place: written, refuse: codeSize(kept) }], notes },
    { name: 'payee-without-code', rules: [{ place, refuse: codeSize(payee) }], notes },
    ...(given === null
      ? [{ name: 'payee-is-origin', rules: [{ place, refuse: differ(caller, origin) }], notes }]
      : []),
  ]
  return {
    class: 'denial-of-service',
    target: ref.target,
    code: ref.code,
    selector: ref.selector,
    pc: payment.pc,
    slots: [toWord(access.slot)],
    confidence: 0.85,
    mechanism: { class: 'denial-of-service', invariants },
    summary: `${payment.blocked.selector} of ${ref.target} cannot go on since its payment at pc ${payment.pc} is refused by whom ${ref.selector} made its payee`,
    evidence: { payee: payment.payee, blocked: payment.blocked.selector },
  }
}

/** The argument an address was given by. */
function argumentOf(value: Origin | undefined, payee: Address): Expression | null {
  let found: Expression | null = null
  if (!value) return null
  visitOrigin(value, new Set(), (node) => {
    if (node.op !== 'calldata' || addressOfWord(node.value) !== payee || node.offset < 4n) return
    found = addressOf(argument(Number((node.offset - 4n) / 32n)))
  })
  return found
}

// ---- a list that grows ----

function growthDiagnoses({ attack }: Evidence, fn: CalledFunction): Diagnosis[] {
  const usual = Math.max(0, ...fn.benign.flatMap(growthsOf).map(({ grown }) => grown))
  const found = fn.hostile.flatMap(growthsOf).filter(({ grown }) => grown >= FEW && grown > FACTOR * usual)
  const [worst] = found.sort((a, b) => b.grown - a.grown)
  if (!worst) return []
  const halted = observed(attack).some(({ frames }) =>
    frames.some(({ context, status }) => context === fn.ref.target && status === 'halt'),
  )
  return [diagnoseGrowth(fn, worst, { most: Math.max(FACTOR * usual, FEW - 1), halted })]
}

/** What a call counted up by ones: lengths of lists. */
function growthsOf(call: Call): Growth[] {
  const steps = new Map<string, StorageAccess[]>()
  for (const access of writesOf(call)) {
    if (access.value !== access.previous + 1n) continue
    const key = `${access.address}:${access.slot}`
    steps.set(key, [...(steps.get(key) ?? []), access])
  }
  return [...steps.values()].map((accesses) => ({
    access: accesses[0]!,
    grown: accesses.length,
    places: distinct(
      accesses.map((access) => codeSite(call.execution, access)),
      ({ code, pc }) => `${code}:${pc}`,
    ),
  }))
}

interface Bound {
  readonly most: number
  /** Whether a call to the contract ran out of gas in the attack. */
  readonly halted: boolean
}

function diagnoseGrowth(
  { ref }: CalledFunction,
  { access, grown, places }: Growth,
  { most, halted }: Bound,
): Diagnosis {
  const begunNow = equal(recall(SLOT, COUNTED_IN), blockNumber)
  const counts = equal(VALUE, add(load(SLOT), constant(1n)))
  const tooLong = greater(VALUE, add(recall(SLOT, BEGUN_AT), constant(BigInt(most))))
  // How long the list was when the block first made it longer.
  const begunAt = add(multiply(begunNow, recall(SLOT, BEGUN_AT)), multiply(not(begunNow), load(SLOT)))
  const invariant: Invariant = {
    name: 'growth-bounded',
    rules: places.flatMap((site): Rule[] => {
      const place = { at: 'instruction' as const, ...site }
      const refuse = and(and(counts, begunNow), tooLong)
      return [
        { place, refuse, note: { value: begunAt, key: SLOT, mark: BEGUN_AT } },
        { place, note: { value: blockNumber, key: SLOT, mark: COUNTED_IN } },
      ]
    }),
    notes: [`no list can become longer by more than ${most} entries in a block`],
  }
  return {
    class: 'denial-of-service',
    target: ref.target,
    code: ref.code,
    selector: ref.selector,
    pc: access.pc,
    slots: [toWord(access.slot)],
    confidence: halted ? 0.7 : 0.35,
    mechanism: { class: 'denial-of-service', invariants: [invariant] },
    summary: `one call of ${ref.selector} of ${ref.target} made a list ${grown} entries longer`,
    evidence: { grown, most, halted },
  }
}
