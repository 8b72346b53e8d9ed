import { type Address, addressOfWord, bytesOf, hexOf } from '../../core/hex.ts'
import { OP } from '../../evm/opcodes.ts'
import { wordAt } from '../../evm/words.ts'
import { type CallSite, type Frame, type Origin, Taint } from '../types.ts'
import { Divergence, type Inherited, type Machine } from './machine.ts'
import { constant } from './origins.ts'
import { NO_BYTES, precompileNumber, runPrecompile } from './precompiles.ts'

/** Argument words of a call's input whose origins are kept. */
const ARGUMENTS = 8
const TYPE_OF: Readonly<Record<number, string>> = {
  [OP.CALL]: 'CALL',
  [OP.CALLCODE]: 'CALLCODE',
  [OP.DELEGATECALL]: 'DELEGATECALL',
  [OP.STATICCALL]: 'STATICCALL',
}

interface CallOperands {
  readonly target: Address
  readonly targetOrigin: Origin
  readonly value: bigint
  readonly valueOrigin: Origin
  readonly inOffset: bigint
  readonly input: Uint8Array
  readonly outOffset: bigint
  readonly outLength: bigint
}

function popOperands(m: Machine, opcode: number): CallOperands {
  m.pop()
  const target = addressOfWord(m.pop())
  const targetOrigin = m.popped
  const valued = opcode === OP.CALL || opcode === OP.CALLCODE
  const value = valued ? m.pop() : 0n
  const valueOrigin = valued ? m.popped : constant(0n)
  const inOffset = m.pop()
  const inLength = m.pop()
  const outOffset = m.pop()
  const outLength = m.pop()
  const input = m.memory.read(inOffset, inLength)
  m.memory.expand(outOffset, outLength)
  return { target, targetOrigin, value, valueOrigin, inOffset, input, outOffset, outLength }
}

/** CALL, CALLCODE, DELEGATECALL, STATICCALL: what the callee did is taken from the node's call tree, after checking that it is the same call. */
export function callContract(m: Machine, opcode: number): void {
  const operands = popOperands(m, opcode)
  const { record } = m.session
  const order = record.nextOrder()
  const child = nextChild(m, opcode, operands)
  const { succeeded, output } = child ? enterChild(m, opcode, child, operands) : withoutFrame(operands)
  m.returnData = output
  m.returnedBy = child?.index ?? null
  writeOutput(m, operands, output)
  const site: CallSite = {
    frame: m.frame.index,
    pc: m.pc,
    opcode,
    child: child?.index ?? null,
    succeeded,
    order,
    returned: record.nextOrder(),
    successChecked: false,
  }
  record.calls.push(m.tracked ? { ...site, ...originsOf(m, operands) } : site)
  const flag = succeeded ? 1n : 0n
  m.push(
    flag,
    m.tracked
      ? { op: 'result', what: 'success', child: child?.index ?? null, value: flag, taint: Taint.callSuccess }
      : null,
  )
}

function nextChild(m: Machine, opcode: number, operands: CallOperands): Frame | null {
  const index = m.frame.children[m.childrenUsed]
  const child = index === undefined ? null : m.session.frames[index]!
  if (
    child &&
    child.type === TYPE_OF[opcode] &&
    child.code === operands.target &&
    child.input === hexOf(operands.input)
  ) {
    return child
  }
  const mayHaveNoFrame =
    precompileNumber(operands.target) !== null ||
    operands.value > (m.session.world.balanceOf(m.frame.context) ?? 0n)
  if (mayHaveNoFrame) return null
  const seen = child ? `${child.type} to ${child.code}` : 'none'
  throw new Divergence('diverged', `call to ${operands.target} at pc ${m.pc}, the node has ${seen}`)
}

function enterChild(
  m: Machine,
  opcode: number,
  child: Frame,
  operands: CallOperands,
): { succeeded: boolean; output: Uint8Array } {
  const delegated = opcode === OP.DELEGATECALL
  const { memoryOrigins } = m
  const base = Number(operands.inOffset)
  const inherited: Inherited = {
    callValue: delegated ? m.inherited.callValue : operands.value,
    ...(memoryOrigins
      ? { inputOrigin: (offset: number, value: bigint) => memoryOrigins.readWord(base + offset, value) }
      : {}),
  }
  m.enterNext(child, inherited)
  return { succeeded: child.status === 'success', output: bytesOf(child.output) }
}

/** A precompile the node does not trace, or a call that failed before it opened a frame. */
function withoutFrame(operands: CallOperands): { succeeded: boolean; output: Uint8Array } {
  const precompile = precompileNumber(operands.target)
  if (precompile === null) return { succeeded: false, output: NO_BYTES }
  const output = runPrecompile(precompile, operands.input)
  if (output === null) throw new Divergence('unsupported', `precompile ${precompile} without a frame`)
  return { succeeded: true, output: bytesOf(output) }
}

function writeOutput(m: Machine, operands: CallOperands, output: Uint8Array): void {
  const length = Math.min(Number(operands.outLength), output.length)
  if (length === 0) return
  m.memory.copyIn(operands.outOffset, output, 0n, BigInt(length))
  const child = m.returnedBy
  m.memoryOrigins?.writeCopy(Number(operands.outOffset), length, (_offset, value) => ({
    op: 'result',
    what: 'returndata',
    child,
    value,
    taint: Taint.returnData,
  }))
}

function originsOf(
  m: Machine,
  operands: CallOperands,
): Pick<CallSite, 'targetOrigin' | 'valueOrigin' | 'inputOrigins'> {
  const { targetOrigin, valueOrigin, input } = operands
  const base = Number(operands.inOffset)
  const inputOrigins: Origin[] = []
  for (let at = 0; at < input.length && inputOrigins.length <= ARGUMENTS; at += at === 0 ? 4 : 32) {
    inputOrigins.push(m.memoryOrigins!.readWord(base + at, wordAt(input, at)))
  }
  return { targetOrigin, valueOrigin, inputOrigins }
}

/** CREATE, CREATE2: the address is the node's word; zero when the creation failed. */
export function createContract(m: Machine, opcode: number): void {
  const value = m.pop()
  m.memory.read(m.pop(), m.pop())
  if (opcode === OP.CREATE2) m.pop()
  const child = m.nextFrame()
  const type = opcode === OP.CREATE ? 'CREATE' : 'CREATE2'
  if (!child || child.type !== type) {
    if (value <= (m.session.world.balanceOf(m.frame.context) ?? 0n))
      throw new Divergence('diverged', `${type} at pc ${m.pc}`)
    m.returnData = NO_BYTES
    m.pushConstant(0n)
    return
  }
  m.enterNext(child, { callValue: value })
  const created = child.status === 'success'
  m.returnData = created ? NO_BYTES : bytesOf(child.output)
  m.returnedBy = child.index
  const address = created ? BigInt(child.context) : 0n
  m.push(
    address,
    m.tracked
      ? { op: 'result', what: 'returndata', child: child.index, value: address, taint: Taint.returnData }
      : null,
  )
}
