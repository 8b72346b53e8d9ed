import { hexToBigInt, keccak256 } from 'viem'
import { addressOfWord, bytesOf } from '../../core/hex.ts'
import { BINARY, TERNARY, UNARY, wraps } from '../../evm/arithmetic.ts'
import { OP } from '../../evm/opcodes.ts'
import { wordAt } from '../../evm/words.ts'
import { type Origin, Taint } from '../types.ts'
import { callContract, createContract } from './calls.ts'
import { lossOf } from './losses.ts'
import { Divergence, type Machine } from './machine.ts'
import { compute, constant, environment } from './origins.ts'
import { NO_BYTES } from './precompiles.ts'

type Instruction = (machine: Machine, opcode: number) => void

/** Origins of more words than this are not kept for one hash: mapping keys and paths are shorter. */
const HASHED_WORDS = 8

const binary: Instruction = (m, opcode) => {
  const a = m.pop()
  const originA = m.popped
  const b = m.pop()
  const value = BINARY[opcode]!(a, b)
  const origin = m.tracked ? compute(opcode, m.pc, [originA, m.popped], value) : null
  if (opcode <= OP.SUB && wraps(opcode, a, b)) {
    const wrap = { frame: m.frame.index, pc: m.pc, opcode, operands: [a, b] as const }
    m.session.record.wrap(origin ? { ...wrap, origin } : wrap)
  }
  const how = origin && lossOf(opcode, [a, b], origin)
  if (how) m.session.record.loss({ frame: m.frame.index, pc: m.pc, opcode, how, operands: [a, b], origin })
  m.push(value, origin)
}

const unary: Instruction = (m, opcode) => {
  const value = UNARY[opcode]!(m.pop())
  m.push(value, m.tracked ? compute(opcode, m.pc, [m.popped], value) : null)
}

const ternary: Instruction = (m, opcode) => {
  const inputs: Origin[] = []
  const take = () => {
    const value = m.pop()
    inputs.push(m.popped)
    return value
  }
  const value = TERNARY[opcode]!(take(), take(), take())
  m.push(value, m.tracked ? compute(opcode, m.pc, inputs, value) : null)
}

const hash: Instruction = (m, opcode) => {
  const offset = m.pop()
  const length = m.pop()
  const bytes = m.memory.read(offset, length)
  const value = hexToBigInt(keccak256(bytes))
  m.push(value, m.memoryOrigins ? compute(opcode, m.pc, wordsOf(m, offset, bytes), value) : null)
}

function wordsOf(m: Machine, offset: bigint, bytes: Uint8Array): Origin[] {
  const words: Origin[] = []
  for (let at = 0; at < bytes.length && words.length < HASHED_WORDS; at += 32) {
    words.push(m.memoryOrigins!.readWord(Number(offset) + at, wordAt(bytes, at)))
  }
  return words
}

/** Origin of 32 bytes of this frame's calldata. */
export function calldataOrigin(m: Machine, offset: number, value: bigint): Origin {
  const source = m.inherited.inputOrigin?.(offset, value)
  const origin = { op: 'calldata', value, offset: BigInt(offset), frame: m.frame.index } as const
  return source ? { ...origin, taint: source.taint, source } : { ...origin, taint: Taint.calldata }
}

const calldataLoad: Instruction = (m) => {
  const offset = m.pop()
  const inside = offset < m.input.length
  const value = inside ? wordAt(m.input, Number(offset)) : 0n
  const origin = !m.tracked ? null : inside ? calldataOrigin(m, Number(offset), value) : constant(0n)
  m.push(value, origin)
}

/** CALLDATACOPY, CODECOPY, RETURNDATACOPY: memory offset, source offset, length. */
function copyFrom(m: Machine, source: Uint8Array, wordAt: (offset: number, value: bigint) => Origin): void {
  const to = m.pop()
  const from = m.pop()
  const length = m.pop()
  m.memory.copyIn(to, source, from, length)
  if (m.memoryOrigins && length > 0n && from < source.length) {
    const base = Number(from)
    m.memoryOrigins.writeCopy(Number(to), Number(length), (offset, value) => wordAt(base + offset, value))
  }
}

const returnDataCopy: Instruction = (m) => {
  const child = m.returnedBy
  copyFrom(m, m.returnData, (_offset, value) => ({
    op: 'result',
    what: 'returndata',
    child,
    value,
    taint: Taint.returnData,
  }))
}

const extCodeCopy: Instruction = (m) => {
  const address = addressOfWord(m.pop())
  const code = m.session.world.codeOf(address)
  if (code === null) throw new Divergence('state-missing', `code of ${address}`)
  copyFrom(m, bytesOf(code), (_offset, value) => constant(value))
}

const memoryLoad: Instruction = (m) => {
  const offset = m.pop()
  const value = m.memory.readWord(offset)
  m.push(value, m.memoryOrigins ? m.memoryOrigins.readWord(Number(offset), value) : null)
}

const memoryStore: Instruction = (m, opcode) => {
  const offset = m.pop()
  const value = m.pop()
  if (opcode === OP.MSTORE) m.memory.writeWord(offset, value)
  else m.memory.writeByte(offset, value)
  if (!m.memoryOrigins) return
  if (opcode === OP.MSTORE) m.memoryOrigins.writeWord(Number(offset), m.popped)
  else m.memoryOrigins.writeByte(Number(offset), m.popped)
}

const memoryCopy: Instruction = (m) => {
  const to = m.pop()
  const from = m.pop()
  const length = m.pop()
  m.memory.move(to, from, length)
  if (!m.memoryOrigins || length === 0n) return
  const words: Origin[] = []
  const copied = m.memory.read(to, length)
  for (let at = 0; at < copied.length; at += 32)
    words.push(m.memoryOrigins.readWord(Number(from) + at, wordAt(copied, at)))
  m.memoryOrigins.writeCopy(Number(to), Number(length), (offset, value) => {
    const word = words[offset >> 5]
    return word && (offset & 31) === 0 ? word : compute(OP.MLOAD, -1, word ? [word] : [], value)
  })
}

const load: Instruction = (m, opcode) => {
  const slot = m.pop()
  const slotOrigin = m.popped
  const address = m.frame.context
  const transient = opcode === OP.TLOAD
  const value = transient
    ? m.session.world.readTransient(address, slot)
    : m.session.world.readStorage(address, slot)
  const access = {
    kind: 'read',
    transient,
    address,
    slot,
    value,
    previous: value,
    frame: m.frame.index,
    pc: m.pc,
  } as const
  const order = m.session.record.nextOrder()
  if (!m.tracked) {
    m.session.record.accesses.push({ ...access, order })
    m.push(value, null)
    return
  }
  const keyed = slotOrigin.taint & (Taint.caller | Taint.callerKeyed) ? Taint.callerKeyed : 0
  m.session.record.accesses.push({ ...access, order, slotOrigin })
  m.push(value, { op: 'storage', address, slot, slotOrigin, pc: m.pc, value, taint: Taint.storage | keyed })
}

const store: Instruction = (m, opcode) => {
  const slot = m.pop()
  const slotOrigin = m.popped
  const value = m.pop()
  const address = m.frame.context
  const { world, record } = m.session
  const transient = opcode === OP.TSTORE
  const previous = transient ? world.readTransient(address, slot) : world.readStorage(address, slot)
  if (transient) world.writeTransient(address, slot, value)
  else world.writeStorage(address, slot, value)
  const order = record.nextOrder()
  const access = {
    kind: 'write',
    transient,
    address,
    slot,
    value,
    previous,
    frame: m.frame.index,
    pc: m.pc,
    order,
  } as const
  record.accesses.push(m.tracked ? { ...access, slotOrigin, valueOrigin: m.popped } : access)
}

const jump: Instruction = (m) => m.jump(m.pop())

const jumpIf: Instruction = (m) => {
  const destination = m.pop()
  const condition = m.pop()
  const { record } = m.session
  if (m.tracked) {
    const branch = { frame: m.frame.index, pc: m.pc, taken: condition !== 0n, condition: m.popped }
    record.branches.push({ ...branch, order: record.nextOrder() })
  }
  if (condition !== 0n) m.jump(destination)
  else m.pc += 1
}

const finish: Instruction = (m, opcode) => {
  const offset = m.pop()
  const length = m.pop()
  m.stop(opcode === OP.RETURN ? 'success' : 'revert', m.memory.read(offset, length))
}

const selfdestruct: Instruction = (m) => {
  const beneficiary = addressOfWord(m.pop())
  const { world } = m.session
  // Nodes tell it as a call of its own, whose value then moves with that frame.
  const child = m.nextFrame()
  if (child?.type === 'SELFDESTRUCT') m.enterNext(child, { callValue: child.value })
  else world.transfer(m.frame.context, beneficiary, world.balanceOf(m.frame.context) ?? 0n)
  m.stop('success', NO_BYTES)
}

/** Everything an instruction reads without popping. */
function read(value: (m: Machine) => bigint): Instruction {
  return (m, opcode) => {
    const word = value(m)
    m.push(word, m.tracked ? environment(opcode, word) : null)
  }
}

/** Everything an instruction looks up by one operand. */
function lookUp(value: (m: Machine, operand: bigint) => bigint): Instruction {
  return (m, opcode) => {
    const word = value(m, m.pop())
    m.push(word, m.tracked ? environment(opcode, word, m.popped) : null)
  }
}

function balanceOf(m: Machine, address: bigint): bigint {
  const balance = m.session.world.balanceOf(addressOfWord(address))
  if (balance === null) throw new Divergence('state-missing', `balance of ${addressOfWord(address)}`)
  return balance
}

function codeOf(m: Machine, address: bigint): Uint8Array {
  const code = m.session.world.codeOf(addressOfWord(address))
  if (code === null) throw new Divergence('state-missing', `code of ${addressOfWord(address)}`)
  return bytesOf(code)
}

/** Zero for what is no earlier block, or one beyond the reach of the opcode. */
const blockHash: Instruction = (m, opcode) => {
  const { blockHashes } = m.session
  if (!blockHashes) return unsupported(m, opcode)
  const hash = blockHashes.get(m.pop()) ?? 0n
  m.push(hash, m.tracked ? environment(opcode, hash, m.popped) : null)
}

const unsupported: Instruction = (m, opcode) => {
  throw new Divergence('unsupported', `opcode 0x${opcode.toString(16)} at pc ${m.pc}`)
}

function logged(m: Machine, opcode: number): void {
  m.memory.read(m.pop(), m.pop())
  for (let i = OP.LOG0; i < opcode; i++) m.pop()
}

/** The instruction set as functions over a machine; `undefined` is an invalid opcode. PUSH, DUP and SWAP stand in the loop. */
export const INSTRUCTIONS: readonly (Instruction | undefined)[] = (() => {
  const table: (Instruction | undefined)[] = new Array(256).fill(undefined)
  const fill = (operations: readonly unknown[], instruction: Instruction) => {
    for (const [opcode, operation] of operations.entries()) if (operation) table[opcode] = instruction
  }
  fill(BINARY, binary)
  fill(UNARY, unary)
  fill(TERNARY, ternary)
  const environmentReads: Record<number, (m: Machine) => bigint> = {
    [OP.ADDRESS]: (m) => BigInt(m.frame.context),
    [OP.ORIGIN]: (m) => BigInt(m.session.origin),
    [OP.CALLER]: (m) => BigInt(m.frame.caller),
    [OP.CALLVALUE]: (m) => m.inherited.callValue,
    [OP.CALLDATASIZE]: (m) => BigInt(m.input.length),
    [OP.CODESIZE]: (m) => BigInt(m.program.code.length),
    [OP.GASPRICE]: (m) => m.session.gasPrice,
    [OP.RETURNDATASIZE]: (m) => BigInt(m.returnData.length),
    [OP.COINBASE]: (m) => BigInt(m.session.block.coinbase),
    [OP.TIMESTAMP]: (m) => m.session.block.timestamp,
    [OP.NUMBER]: (m) => m.session.block.number,
    [OP.PREVRANDAO]: (m) => BigInt(m.session.block.prevRandao),
    [OP.GASLIMIT]: (m) => m.session.block.gasLimit,
    [OP.CHAINID]: (m) => BigInt(m.session.chainId),
    [OP.SELFBALANCE]: (m) => balanceOf(m, BigInt(m.frame.context)),
    [OP.BASEFEE]: (m) => m.session.block.baseFeePerGas,
    [OP.PC]: (m) => BigInt(m.pc),
    [OP.MSIZE]: (m) => BigInt(m.memory.size),
    // Gas is not metered here. Code that passes it on is unaffected; code that branches on it shows as divergence.
    [OP.GAS]: (m) => m.frame.gas,
  }
  for (const [opcode, value] of Object.entries(environmentReads)) table[Number(opcode)] = read(value)
  table[OP.BALANCE] = lookUp(balanceOf)
  table[OP.EXTCODESIZE] = lookUp((m, address) => BigInt(codeOf(m, address).length))
  table[OP.EXTCODEHASH] = lookUp((m, address) => hexToBigInt(keccak256(codeOf(m, address))))
  table[OP.BLOCKHASH] = blockHash
  table[OP.BLOBHASH] = unsupported
  table[OP.BLOBBASEFEE] = unsupported
  table[OP.STOP] = (m) => m.stop('success', NO_BYTES)
  table[OP.KECCAK256] = hash
  table[OP.CALLDATALOAD] = calldataLoad
  table[OP.CALLDATACOPY] = (m) => copyFrom(m, m.input, (offset, value) => calldataOrigin(m, offset, value))
  table[OP.CODECOPY] = (m) => copyFrom(m, m.program.code, (_offset, value) => constant(value))
  table[OP.EXTCODECOPY] = extCodeCopy
  table[OP.RETURNDATACOPY] = returnDataCopy
  table[OP.POP] = (m) => {
    m.pop()
  }
  table[OP.MLOAD] = memoryLoad
  table[OP.MSTORE] = memoryStore
  table[OP.MSTORE8] = memoryStore
  table[OP.MCOPY] = memoryCopy
  table[OP.SLOAD] = load
  table[OP.TLOAD] = load
  table[OP.SSTORE] = store
  table[OP.TSTORE] = store
  table[OP.JUMP] = jump
  table[OP.JUMPI] = jumpIf
  table[OP.JUMPDEST] = () => undefined
  for (let opcode: number = OP.LOG0; opcode <= OP.LOG4; opcode++) table[opcode] = logged
  for (const opcode of [OP.CALL, OP.CALLCODE, OP.DELEGATECALL, OP.STATICCALL]) table[opcode] = callContract
  table[OP.CREATE] = createContract
  table[OP.CREATE2] = createContract
  table[OP.RETURN] = finish
  table[OP.REVERT] = finish
  table[OP.SELFDESTRUCT] = selfdestruct
  return table
})()
