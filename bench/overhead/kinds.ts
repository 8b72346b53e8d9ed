import { type Address, type Hex, toWord } from '../../src/core/hex.ts'
import { OP } from '../../src/evm/opcodes.ts'
import * as guards from '../../src/patching/guards.ts'
import type { GuardInstance, PlacedGuard } from '../../src/patching/types.ts'

/** A call as it was executed on the original, as far as guards are placed by it. */
export interface SeenCall {
  readonly from: Address
  /** Instructions of the outermost frame that ran once, by opcode; arithmetic only where nothing wrapped. */
  readonly once: ReadonlyMap<number, readonly number[]>
  /** Where every execution of the called function passes; empty when there is no room. */
  readonly entry: readonly number[]
}

/** One kind of guard, or guards that belong together. */
export interface GuardKind {
  readonly name: string
  /** One set of guards for each place the call offers; a slot it reads holds what lets the call pass. */
  place(call: SeenCall): readonly (readonly PlacedGuard[])[]
}

/** Slots that contracts do not use, with what guards expect there: the caller, and the greatest number. */
export const CALLER_SLOT = 0x5375747572650000000000000000000000000000000000000000000000000001n
export const LIMIT_SLOT = CALLER_SLOT + 1n

const atEach =
  (opcode: number, guard: (pc: number) => readonly PlacedGuard[]) =>
  ({ once }: SeenCall) =>
    (once.get(opcode) ?? []).map(guard)

const onEntry =
  (guard: (pc: number, from: Address) => readonly PlacedGuard[]) =>
  ({ entry, from }: SeenCall) =>
    entry.length === 0 ? [] : [entry.flatMap((pc) => guard(pc, from))]

const whole = (template: string, pc: number): PlacedGuard[] => [{ template, args: {}, pc }]

const lock = (hardfork: string) => (call: SeenCall) =>
  call.entry.length === 0
    ? []
    : (call.once.get(OP.CALL) ?? []).map((pc) => [
        ...guards.guardCall({ pc, hardfork }),
        ...call.entry.map((at) => guards.guardEntry({ pc: at, hardfork })),
      ])

const piece = (name: string, args: Readonly<Record<string, bigint>> = {}): GuardInstance => ({
  template: `${name}@1`,
  args: Object.fromEntries(Object.entries(args).map(([param, value]) => [param, toWord(value)])) as Record<
    string,
    Hex
  >,
})

const sentence = (...pieces: readonly GuardInstance[]) =>
  onEntry((pc) => pieces.map((instance) => ({ ...instance, pc })))

const LIMIT = piece('storage', { slot: LIMIT_SLOT })
const ENTRY_OF_CALLER = [piece('caller'), piece('byte', { word: 3n }), piece('entry'), piece('load')]

/** What is measured, in the order of the table. */
export const KINDS: readonly GuardKind[] = [
  { name: 'add-checked@1', place: atEach(OP.ADD, (pc) => whole('add-checked@1', pc)) },
  { name: 'sub-checked@1', place: atEach(OP.SUB, (pc) => whole('sub-checked@1', pc)) },
  { name: 'mul-checked@1', place: atEach(OP.MUL, (pc) => whole('mul-checked@1', pc)) },
  { name: 'mul-checked@2', place: atEach(OP.MUL, (pc) => whole('mul-checked@2', pc)) },
  {
    name: 'lock: enter and exit (transient)',
    place: atEach(OP.CALL, (pc) => guards.guardCall({ pc, hardfork: 'cancun' })),
  },
  { name: 'lock: enter, exit and check on the own entry (transient)', place: lock('cancun') },
  { name: 'lock: enter, exit and check on the own entry (storage)', place: lock('shanghai') },
  { name: 'call-succeeded@1', place: atEach(OP.CALL, (pc) => [guards.guardCallSuccess(pc)]) },
  { name: 'answer-not-false@1', place: atEach(OP.CALL, (pc) => [guards.guardCallAnswer(pc)]) },
  { name: 'pull-from-caller@2', place: atEach(OP.CALL, (pc) => [guards.guardPull(pc)]) },
  { name: 'caller-is@1', place: onEntry((pc, from) => [guards.guardCaller(pc, from)]) },
  {
    name: 'caller-in-slot@1',
    place: onEntry((pc) => [guards.guardCallerInSlot(pc, { slot: CALLER_SLOT, shift: 0 })]),
  },
  { name: 'caller-is-origin@1', place: onEntry((pc) => [guards.guardOrigin(pc)]) },
  {
    name: 'sentence: an argument above a stored limit',
    place: sentence(piece('calldata', { offset: 4n }), LIMIT, piece('greater'), piece('refuse-if')),
  },
  {
    name: 'sentence: a mapping’s entry of the caller above a stored limit',
    place: sentence(...ENTRY_OF_CALLER, LIMIT, piece('greater'), piece('refuse-if')),
  },
  {
    name: 'sentence: notes a word of the caller for the transaction',
    place: sentence(piece('value'), piece('caller'), piece('remember-now', { mark: 1n })),
  },
]
