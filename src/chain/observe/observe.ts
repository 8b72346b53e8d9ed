import { type Address, bytesOf, hexOf } from '../../core/hex.ts'
import { OP } from '../../evm/opcodes.ts'
import {
  type BlockContext,
  type Branch,
  type CallSite,
  type Frame,
  type Observation,
  type Origin,
  Taint,
} from '../types.ts'
import { INSTRUCTIONS } from './instructions.ts'
import { Divergence, type Inherited, Machine } from './machine.ts'
import { loadProgram } from './program.ts'
import { Recorder, type Session } from './session.ts'
import { type PreAccount, World } from './world.ts'

export interface ObserveOptions {
  /** The call tree in pre-order, as the node traced it. */
  readonly frames: readonly Frame[]
  /** Every account the transaction touched, before it. */
  readonly pre: ReadonlyMap<Address, PreAccount>
  /** Contexts whose frames are observed. */
  readonly watch: ReadonlySet<Address>
  readonly block: BlockContext
  readonly chainId: number
  readonly gasPrice?: bigint
  /** What BLOCKHASH gives, by block number; without it the opcode is `unsupported`. */
  readonly blockHashes?: ReadonlyMap<bigint, bigint>
  /** Keep where values came from. */
  readonly provenance?: boolean
  /** Instructions executed at most, over all observed frames. */
  readonly stepLimit?: number
}

/** Depth to which a condition is searched for the success flag of a call. */
const FLAG_DEPTH = 12

/**
 * The opcode level of the watched frames of a traced transaction, without asking the node for it.
 *
 * Only watched code is run again, here, on the pre-state the node reported; what every other contract did is taken from the call
 * tree. The replay checks itself: each call it makes must be the call in the tree, and each frame must end with the tree's status
 * and output. Where it does not, the frame is reported as unobserved. A struct-log trace of the same attack can exceed what a
 * string may hold (2.8 million steps: over 500 MB); this costs two small traces.
 *
 * Failure modes, all reported as `unobserved`: code that branches on remaining gas; blob opcodes; BLOCKHASH without `blockHashes`; precompiles beyond hashing on
 * nodes that leave them out of the tree.
 */
export function observeExecution(options: ObserveOptions): Observation {
  const { frames, pre, watch, block, chainId, gasPrice = 0n, provenance = false, stepLimit } = options
  const world = new World(pre)
  const record = new Recorder(stepLimit)
  const session: Session = {
    world,
    frames,
    watched: watch,
    tracked: provenance,
    block,
    chainId,
    origin: frames[0]!.caller,
    gasPrice,
    blockHashes: options.blockHashes ?? null,
    record,
    enter: (child, inherited) => walkFrame(session, child, inherited),
  }
  walkFrame(session, frames[0]!, { callValue: frames[0]!.value })
  const { accesses, wraps, losses, branches, blocks, unobserved } = record
  const calls = provenance ? markChecked(record.calls, branches) : record.calls
  return { frames: record.frames, accesses, calls, wraps, losses, branches, blocks, unobserved }
}

/** Applies a frame and everything below it to the world, observing it if its context is watched. */
function walkFrame(session: Session, frame: Frame, inherited: Inherited): void {
  const { world } = session
  const checkpoint = world.checkpoint()
  if (frame.type !== 'DELEGATECALL' && frame.type !== 'CALLCODE')
    world.transfer(frame.caller, frame.context, frame.value)
  const creates = frame.type === 'CREATE' || frame.type === 'CREATE2'
  if (!creates && frame.type !== 'SELFDESTRUCT' && session.watched.has(frame.context))
    observeFrame(session, frame, inherited)
  else walkChildren(session, frame, 0)
  if (frame.status !== 'success') world.rollback(checkpoint)
  else if (creates) world.setCode(frame.context, frame.output)
}

function walkChildren(session: Session, frame: Frame, from: number): void {
  for (const index of frame.children.slice(from)) {
    const child = session.frames[index]!
    // A frame nobody observed hands on nothing but the value its own call carried.
    session.enter(child, { callValue: child.value })
  }
}

function observeFrame(session: Session, frame: Frame, inherited: Inherited): void {
  const { world, record } = session
  const code = world.codeOf(frame.code)
  if (code === null) {
    record.unobserved.push({ frame: frame.index, reason: 'state-missing', detail: `code of ${frame.code}` })
    walkChildren(session, frame, 0)
    return
  }
  // An account without code, or a precompile: nothing runs here.
  if (code === '0x') {
    walkChildren(session, frame, 0)
    return
  }
  record.frames.push(frame.index)
  const machine = new Machine(frame, loadProgram(code), session, inherited, bytesOf(frame.input))
  try {
    run(machine)
    compareWithNode(machine)
  } catch (error) {
    if (!(error instanceof Divergence) && !(error instanceof RangeError)) throw error
    // A frame that ran out of gas stops at an instruction the replay cannot know; what it did before is undone anyway.
    if (frame.status !== 'halt') {
      const { reason, detail } =
        error instanceof Divergence ? error : { reason: 'diverged' as const, detail: error.message }
      record.unobserved.push({ frame: frame.index, reason, detail })
    }
    walkChildren(session, frame, machine.childrenUsed)
  }
}

function run(machine: Machine): void {
  const { record } = machine.session
  const blocks: number[] = []
  const seen = new Set<number>()
  record.blocks.set(machine.frame.index, blocks)
  const enterBlock = (pc: number) => {
    if (seen.has(pc)) return
    seen.add(pc)
    blocks.push(pc)
  }
  enterBlock(0)
  while (machine.stopped === null) {
    if (!record.step()) throw new Divergence('step-limit', 'the step limit is used up')
    const { opcode, size, operand } = machine.fetch()
    if (opcode === OP.JUMPDEST) enterBlock(machine.pc)
    if (operand !== null) machine.pushConstant(operand)
    else if (opcode >= OP.DUP1 && opcode <= OP.DUP16) machine.duplicate(opcode - OP.DUP1 + 1)
    else if (opcode >= OP.SWAP1 && opcode <= OP.SWAP16) machine.swap(opcode - OP.SWAP1 + 1)
    else {
      const instruction = INSTRUCTIONS[opcode]
      if (!instruction) machine.halt()
      else instruction(machine, opcode)
      if (opcode === OP.JUMP) continue
      if (opcode === OP.JUMPI) {
        enterBlock(machine.pc)
        continue
      }
    }
    machine.pc += size
  }
}

function compareWithNode({ frame, stopped, childrenUsed }: Machine): void {
  const { status, output } = stopped!
  if (frame.status === 'halt') return
  if (status !== frame.status)
    throw new Divergence('diverged', `ended with ${status}, the node says ${frame.status}`)
  if (hexOf(output) !== frame.output) throw new Divergence('diverged', 'output differs from the node’s')
  if (childrenUsed !== frame.children.length) {
    throw new Divergence('diverged', `${childrenUsed} calls, the node has ${frame.children.length}`)
  }
}

/** Calls whose success flag a later jump of the same frame depended on. */
function markChecked(calls: readonly CallSite[], branches: readonly Branch[]): CallSite[] {
  const checked = new Set<string>()
  for (const { frame, condition } of branches)
    collectFlags(condition, FLAG_DEPTH, (child) => checked.add(`${frame}:${child}`))
  return calls.map((call) => ({ ...call, successChecked: checked.has(`${call.frame}:${call.child}`) }))
}

function collectFlags(origin: Origin, depth: number, found: (child: number | null) => void): void {
  if ((origin.taint & Taint.callSuccess) === 0) return
  if (origin.op === 'result' && origin.what === 'success') found(origin.child)
  if (origin.op === 'compute' && depth > 0)
    for (const input of origin.inputs) collectFlags(input, depth - 1, found)
}
