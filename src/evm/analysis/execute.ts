import { BINARY, UNARY } from '../arithmetic.ts'
import type { Instruction } from '../disassemble.ts'
import { isPush, OP, OPCODES } from '../opcodes.ts'
import { wordAt } from '../words.ts'
import type { Memory } from './memory.ts'
import { TAINT, type Value, type Values } from './values.ts'

/** What the analysis assumes about the call: the selector, or none for a plain transfer without calldata. */
export interface CallInput {
  readonly selector: number | null
}

/** An instruction with an effect or a reading outside the frame, with its operands, first operand first. */
export interface Site {
  readonly frame: number
  readonly pc: number
  readonly opcode: number
  readonly args: readonly Value[]
  /** First four bytes of the calldata of a call, when known. */
  readonly selector: number | null
  /** What the calldata of a call may depend on. */
  readonly inputTaint: number
}

export interface Machine {
  readonly values: Values
  readonly code: Uint8Array
  readonly input: CallInput
  /** Id of the frame that runs, part of the names of opaque words. */
  readonly frame: number
  readonly stack: Value[]
  readonly memory: Memory
  readonly record: (site: Site) => void
}

const INPUTS: ReadonlySet<number> = new Set([
  ...[OP.ADDRESS, OP.ORIGIN, OP.CALLER, OP.CALLVALUE, OP.GASPRICE, OP.COINBASE, OP.TIMESTAMP, OP.NUMBER],
  ...[OP.PREVRANDAO, OP.GASLIMIT, OP.CHAINID, OP.BASEFEE, OP.BLOBBASEFEE],
])
const CALLS: ReadonlySet<number> = new Set([OP.CALL, OP.CALLCODE, OP.DELEGATECALL, OP.STATICCALL])
const SITES: ReadonlySet<number> = new Set([
  ...CALLS,
  ...[OP.SLOAD, OP.SSTORE, OP.SELFDESTRUCT, OP.CREATE, OP.CREATE2],
])
const MAX_HASHED = 0x100n
const MAX_COPIED = 0x200n

/** Runs one instruction other than a jump. */
export function execute(machine: Machine, instruction: Instruction, constant: (word: bigint) => Value): void {
  const { stack } = machine
  const { opcode, operand } = instruction
  if (isPush(opcode)) stack.push(constant(operand!))
  else if (opcode >= OP.DUP1 && opcode <= OP.DUP16) stack.push(stack.at(OP.DUP1 - opcode - 1)!)
  else if (opcode >= OP.SWAP1 && opcode <= OP.SWAP16) swap(stack, opcode - OP.SWAP1 + 1)
  else {
    const { pops, pushes } = OPCODES[opcode]!
    const args: Value[] = []
    for (let i = 0; i < pops; i++) args.push(stack.pop()!)
    if (SITES.has(opcode)) machine.record(siteOf(machine, instruction, args))
    const result = compute(machine, instruction, args)
    if (pushes === 1) stack.push(result!)
  }
}

function swap(stack: Value[], depth: number): void {
  const top = stack.length - 1
  const kept = stack[top]!
  stack[top] = stack[top - depth]!
  stack[top - depth] = kept
}

function siteOf(machine: Machine, { pc, opcode }: Instruction, args: readonly Value[]): Site {
  const site = { frame: machine.frame, pc, opcode, args }
  if (!CALLS.has(opcode)) return { ...site, selector: null, inputTaint: 0 }
  const { values, memory } = machine
  const [at, size] = inputOf(opcode, args)
  return {
    ...site,
    selector: (values.word(size) ?? 4n) < 4n ? null : memory.readSelector(values, at),
    inputTaint: memory.taintOf(values, at, values.word(size)),
  }
}

/** Where the calldata of a call stands in memory: address and size. */
const inputOf = (opcode: number, args: readonly Value[]): [Value, Value] => {
  const first = opcode === OP.CALL || opcode === OP.CALLCODE ? 3 : 2
  return [args[first]!, args[first + 1]!]
}

function compute(machine: Machine, { pc, opcode }: Instruction, args: readonly Value[]): Value | null {
  const { values } = machine
  if (BINARY[opcode]) return values.binary(opcode, args[0]!, args[1]!)
  if (UNARY[opcode]) return values.unary(opcode, args[0]!)
  if (INPUTS.has(opcode)) return values.input(opcode)
  const at = `${machine.frame}.${pc}`
  switch (opcode) {
    case OP.SLOAD:
      return values.storage(args[0]!, at)
    case OP.MLOAD:
      return machine.memory.read(values, args[0]!) ?? values.opaque(at, machine.memory.taint)
    case OP.KECCAK256:
      return hash(machine, args, at)
    case OP.CALLDATALOAD:
      return calldata(machine, args[0]!)
    case OP.CALLDATASIZE:
      return machine.input.selector === null ? values.constant(0n) : values.input(opcode)
    case OP.CODESIZE:
      return values.constant(BigInt(machine.code.length))
    case OP.PC:
      return values.constant(BigInt(pc))
    default:
      writeMemory(machine, opcode, args, at)
      return values.opaque(at, taintOf(machine, opcode, args))
  }
}

/** Taint of the result of an instruction that is not computed further. */
function taintOf({ values }: Machine, opcode: number, args: readonly Value[]): number {
  if (CALLS.has(opcode) || opcode === OP.RETURNDATASIZE || opcode === OP.CREATE || opcode === OP.CREATE2) {
    return TAINT.returndata
  }
  if (opcode === OP.TLOAD) return TAINT.storage
  const used = args.reduce((all, arg) => all | values.taint(arg), 0)
  return opcode === OP.ADDMOD || opcode === OP.MULMOD ? used : used | TAINT.environment
}

function calldata({ values, input }: Machine, offset: Value): Value {
  if (input.selector === null) return values.constant(0n)
  return values.word(offset) === 0n ? values.selectorWord(input.selector) : values.calldata(offset)
}

function hash({ values, memory }: Machine, [start, size]: readonly Value[], at: string): Value {
  const length = values.word(size!)
  const taint = memory.taintOf(values, start!, length)
  const wordAt = (address: Value, name: string) =>
    memory.read(values, address) ?? values.opaque(`${at}${name}`, memory.taint)
  if (length === null) {
    // The entry of a mapping with a string as key: its bytes, then the slot.
    const last = values.binary(OP.ADD, start!, values.binary(OP.SUB, size!, values.constant(32n)))
    return values.hash([values.opaque(`${at}+`, taint), wordAt(last, '-')])
  }
  if (length > MAX_HASHED || length % 32n !== 0n) return values.opaque(at, taint)
  const words: Value[] = []
  for (let i = 0n; i < length; i += 32n) {
    words.push(wordAt(values.binary(OP.ADD, start!, values.constant(i)), `+${i}`))
  }
  return values.hash(words)
}

function writeMemory(machine: Machine, opcode: number, args: readonly Value[], at: string): void {
  const { values, memory } = machine
  const [a, b, c] = args as [Value, Value, Value]
  const forget = (to: Value, size: Value, taint: number) =>
    memory.forget(values, to, values.word(size), taint)
  if (opcode === OP.MSTORE) memory.write(values, a, b)
  else if (opcode === OP.MSTORE8) memory.write(values, a, b, 1)
  else if (opcode === OP.CALLDATACOPY) copy(machine, args, TAINT.calldata, (from) => calldata(machine, from))
  else if (opcode === OP.CODECOPY) copy(machine, args, TAINT.environment, (from) => codeWord(machine, from))
  else if (opcode === OP.EXTCODECOPY) forget(b, args[3]!, TAINT.environment)
  else if (opcode === OP.RETURNDATACOPY) forget(a, c, TAINT.returndata)
  else if (opcode === OP.MCOPY) forget(a, c, memory.taint)
  else if (CALLS.has(opcode)) {
    const [to, size] = args.slice(-2) as [Value, Value]
    if (values.word(size) === 32n) memory.write(values, to, answerOf(machine, args, to, at))
    else forget(to, size, TAINT.returndata)
  }
}

/** Opaque words that are addresses recovered from a signature. */
export const SIGNER = 'signer '
const RECOVER = 1n

/** The word a call leaves in memory: what was there before where the answer is shorter. */
function answerOf({ values, memory }: Machine, args: readonly Value[], to: Value, at: string): Value {
  if (values.word(args[1]!) === RECOVER) return values.opaque(`${SIGNER}${at}`, TAINT.calldata, 160)
  return values.opaque(`${at}r`, TAINT.returndata | memory.taintOf(values, to, 32n))
}

function codeWord({ values, code }: Machine, from: Value): Value | null {
  const offset = values.word(from)
  if (offset === null) return null
  return values.constant(offset >= BigInt(code.length) ? 0n : wordAt(code, Number(offset)))
}

function copy(
  { values, memory }: Machine,
  [to, from, size]: readonly Value[],
  taint: number,
  wordFrom: (from: Value) => Value | null,
): void {
  const length = values.word(size!)
  const plus = (base: Value, i: bigint) => values.binary(OP.ADD, base, values.constant(i))
  if (length === null || length > MAX_COPIED || wordFrom(from!) === null) {
    memory.forget(values, to!, length, taint)
    return
  }
  for (let i = 0n; i < length; i += 32n) {
    const bytes = Number(length - i < 32n ? length - i : 32n)
    memory.writeHead(values, plus(to!, i), wordFrom(plus(from!, i))!, bytes)
  }
}
