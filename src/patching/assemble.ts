import { keccak256 } from 'viem'
import { SutureError } from '../core/errors.ts'
import { bytesOf, type Hex, hexOf } from '../core/hex.ts'
import { MAX_CODE_SIZE } from '../evm/cfg.ts'
import { OP } from '../evm/opcodes.ts'
import { heightAfter } from './sentences.ts'
import { proveRun, type SiteMap } from './site-map.ts'
import { findTemplate } from './templates/table.ts'
import { DEEPEST_PEEK, DUP1, type Template } from './templates/template.ts'
import type { Certificate, CertificateSite, GuardInstance, PlacedGuard } from './types.ts'
import { planWindows, type Window } from './windows.ts'

const ADDRESS_SIZE = 20

/** Fill between original and appendix: longer than the operand of any PUSH the original may end in. */
const PADDING = 33

/** JUMPDEST PUSH4 SutureRestricted() PUSH1 0 MSTORE PUSH1 4 PUSH1 28 REVERT: where guards go to refuse. */
const TAIL = bytesOf('0x5b63a2d4ac156000526004601cfd')

export interface PatchRequest {
  /** The runtime code deployed today. */
  readonly code: Uint8Array
  /** Of exactly this code. */
  readonly siteMap: SiteMap
  readonly guards: readonly PlacedGuard[]
  /** Where the code names its own address, when the patched code will live at another (see `findSelfReferences`). */
  readonly self?: Certificate['self']
}

export interface AssembledPatch {
  readonly runtime: Hex
  readonly certificate: Certificate
}

/**
 * Puts guards into code by append-only trampolines: every offset of the original stays valid, and nothing is added but ways to revert
 * with `SutureRestricted()`. Deterministic.
 *
 * Guards at one place keep the order they are given in; pieces among them must make whole sentences.
 *
 * @throws PATCH_IMPOSSIBLE when a guard cannot be placed, a sentence takes or leaves words it must not, or the patched code would be longer
 * than 24,576 bytes.
 * @throws BYTECODE_INVALID when the site map was made for other code.
 */
export function assemblePatch({ code, siteMap, guards, self = null }: PatchRequest): AssembledPatch {
  assertSameCode(code, siteMap)
  if (guards.length === 0) throw impossible('There is no guard to place.', ['fix: give at least one guard'])
  const keep = (self?.offsets ?? []).map((start) => ({ start, end: start + ADDRESS_SIZE }))
  const windows = planWindows(siteMap, guards, keep)

  const front = Uint8Array.from(code)
  if (self) for (const offset of self.offsets) front.set(bytesOf(self.to), offset)
  const tail = code.length + PADDING
  const sites: CertificateSite[] = []
  const appendix: Uint8Array[] = [new Uint8Array(PADDING).fill(OP.INVALID), TAIL]
  let cursor = tail + TAIL.length
  for (const window of windows) {
    overwriteWindow(front, window, cursor)
    const trampoline = buildTrampoline(code, window, { at: cursor, tail })
    sites.push(toSite(siteMap, window, cursor))
    appendix.push(trampoline)
    cursor += trampoline.length
  }
  if (cursor > MAX_CODE_SIZE) throw tooLong(code.length, cursor)
  const runtime = Uint8Array.from(Buffer.concat([front, ...appendix]))
  const certificate: Certificate = {
    format: 'suture-certificate/1',
    original: keccak256(code),
    patched: keccak256(runtime),
    siteMap: siteMap.root,
    sites,
    self,
  }
  return { runtime: hexOf(runtime), certificate }
}

const push2 = (value: number): number[] => [OP.PUSH2, value >> 8, value & 0xff]

/** Whether control goes on behind the window. */
const continues = ({ run, pc, length }: Window): boolean => !(run.terminated && pc + length === run.end)

function overwriteWindow(front: Uint8Array, window: Window, trampoline: number): void {
  const end = window.pc + window.length
  front.fill(OP.INVALID, window.pc, end)
  front.set([...push2(trampoline), OP.JUMP], window.pc)
  if (continues(window)) front[end - 1] = OP.JUMPDEST
}

function buildTrampoline(
  code: Uint8Array,
  window: Window,
  place: { readonly at: number; readonly tail: number },
): Uint8Array {
  const bytes: number[] = [OP.JUMPDEST]
  const end = window.pc + window.length
  let copied = window.pc
  let height = 0
  for (const [i, guard] of window.guards.entries()) {
    bytes.push(...code.subarray(copied, guard.pc))
    copied = guard.pc
    const template = templateOf(guard)
    bytes.push(...instantiate(template, guard, { at: place.at + bytes.length, tail: place.tail, height }))
    const after = heightAfter(template, height)
    if (after === null || (after > 0 && window.guards[i + 1]?.pc !== guard.pc))
      throw unbalanced(guard, height)
    height = after
  }
  bytes.push(...code.subarray(copied, end))
  if (continues(window)) bytes.push(...push2(end - 1), OP.JUMP)
  return Uint8Array.from(bytes)
}

function templateOf({ template: name }: GuardInstance): Template {
  const template = findTemplate(name)
  if (template) return template
  throw impossible(`There is no guard template ${name}.`, ['fix: use a template of the table'])
}

interface Instance {
  readonly at: number
  readonly tail: number
  /** Words on the guard's own stack. */
  readonly height: number
}

function instantiate(
  template: Template,
  { args }: GuardInstance,
  { at, tail, height }: Instance,
): Uint8Array {
  const bytes = Uint8Array.from(template.code)
  for (const hole of template.holes) {
    if (hole.kind === 'arg') {
      const param = template.params[hole.index]!
      bytes.set(lowBytes(template.name, param, args[param], hole.width), hole.offset)
    } else if (hole.kind === 'peek') {
      const [depth] = lowBytes(template.name, 'depth', args[template.params[hole.index]!], 1)
      bytes[hole.offset] = dup(height + depth!)
    } else {
      const target = hole.kind === 'tail' ? tail : at + hole.addend
      bytes.set([target >> 8, target & 0xff], hole.offset)
    }
  }
  return bytes
}

function dup(distance: number): number {
  if (distance <= DEEPEST_PEEK) return DUP1 + distance
  throw impossible('A guard would look too deep into the stack.', [
    `words in between: ${distance}`,
    `limit: ${DEEPEST_PEEK}`,
    'fix: peek before other words are pushed, or guard another place',
  ])
}

function lowBytes(template: string, param: string, word: Hex | undefined, width: number): Uint8Array {
  if (word === undefined || word.length !== 66 || BigInt(word) >> BigInt(8 * width) !== 0n) {
    throw impossible(`Argument ${param} of ${template} does not fit.`, [
      `value: ${word ?? 'missing'}`,
      `fix: give a 32-byte word whose value fits in ${width} bytes`,
    ])
  }
  return bytesOf(word).subarray(32 - width)
}

function unbalanced({ template, pc }: PlacedGuard, height: number): SutureError {
  return impossible(`The guards at offset ${pc} make no whole sentence.`, [
    `at: ${template}, with ${height} words before it`,
    'fix: give every piece its operands at the same place, and leave nothing over',
  ])
}

function toSite(siteMap: SiteMap, { run, pc, length, guards }: Window, trampoline: number): CertificateSite {
  const { start, end, boundaries } = run
  return {
    pc,
    length,
    trampoline,
    guards,
    run: { start, end, boundaries, proof: proveRun(siteMap, run) },
  }
}

function assertSameCode(code: Uint8Array, siteMap: SiteMap): void {
  const hash = keccak256(code)
  if (hash === siteMap.code) return
  throw new SutureError('BYTECODE_INVALID', 'The site map was made for other code.', {
    meta: [
      `code: ${hash}`,
      `site map of: ${siteMap.code}`,
      'fix: build the site map of the code that is patched',
    ],
  })
}

function tooLong(before: number, after: number): SutureError {
  return impossible(`The patched code would have ${after} bytes, more than EIP-170 allows.`, [
    `original: ${before} bytes`,
    `limit: ${MAX_CODE_SIZE}`,
    'fix: use fewer guards, or put them into a shim',
  ])
}

const impossible = (sentence: string, meta: readonly string[]): SutureError =>
  new SutureError('PATCH_IMPOSSIBLE', sentence, { meta })
