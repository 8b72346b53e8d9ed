import { concat, encodeAbiParameters, keccak256 } from 'viem'
import type { Hex } from '../../core/hex.ts'
import { findTemplate } from '../templates/table.ts'
import type { CertificateSite, PlacedGuard } from '../types.ts'
import { type Rejection, reject } from './rejection.ts'
import { instructionsBetween, mayMove, neverGoesOn, type Survey } from './survey.ts'

const MIN_WINDOW = 5
/** DUP1 to DUP16. */
const DUPS = 16n

/** Every rule about one window that can be decided without deriving code. */
export function checkSite(survey: Survey, site: CertificateSite, siteMapRoot: Hex): Rejection | null {
  return (
    checkRun(survey, site.run) ??
    checkMembership(site.run, siteMapRoot) ??
    checkWindow(survey, site) ??
    checkGuards(survey, site)
  )
}

function checkRun(survey: Survey, run: CertificateSite['run']): Rejection | null {
  const instructions = run.start < run.end ? instructionsBetween(survey, run.start, run.end) : null
  if (!instructions) return reject('not-an-instruction', `run ${run.start}..${run.end}`)
  if (!instructions.every(mayMove) || instructions.slice(0, -1).some(neverGoesOn)) {
    return reject('run-invalid', `run ${run.start}..${run.end} holds an instruction that must not move`)
  }
  const bits = new Array<number>(Math.ceil((run.end - run.start) / 8)).fill(0)
  for (const { pc } of instructions) {
    const i = pc - run.start
    bits[Math.floor(i / 8)]! += 2 ** (7 - (i % 8))
  }
  const expected = `0x${bits.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
  return expected === run.boundaries ? null : reject('run-invalid', `boundaries must be ${expected}`)
}

function checkMembership(run: CertificateSite['run'], root: Hex): Rejection | null {
  const types = [{ type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }] as const
  const leaf = keccak256(
    keccak256(encodeAbiParameters(types, [BigInt(run.start), BigInt(run.end), run.boundaries])),
  )
  const computed = run.proof.reduce<Hex>(
    (node, sibling) => keccak256(concat(BigInt(node) < BigInt(sibling) ? [node, sibling] : [sibling, node])),
    leaf,
  )
  return computed === root ? null : reject('not-in-site-map', `run ${run.start}..${run.end}`)
}

function checkWindow(survey: Survey, { pc, length, run }: CertificateSite): Rejection | null {
  const end = pc + length
  if (length < MIN_WINDOW || pc < run.start || end > run.end) {
    return reject('window-bounds', `window ${pc}..${end} in run ${run.start}..${run.end}`)
  }
  return instructionsBetween(survey, pc, end) ? null : reject('not-an-instruction', `window ${pc}..${end}`)
}

function checkGuards(survey: Survey, { pc, length, guards }: CertificateSite): Rejection | null {
  const end = pc + length
  const displaced = instructionsBetween(survey, pc, end)!
  const places = new Set(displaced.map((instruction) => instruction.pc))
  if (!neverGoesOn(displaced.at(-1)!)) places.add(end)
  let previous = pc
  let height = 0
  for (const guard of guards) {
    if (!places.has(guard.pc) || guard.pc < previous) return reject('guard-misplaced', `guard at ${guard.pc}`)
    if (guard.pc !== previous && height !== 0) return unbalanced(previous, height)
    previous = guard.pc
    const rejection = checkInstance(guard, height)
    if (rejection) return rejection
    height = heightBehind(guard, height)
    if (height < 0) return unbalanced(guard.pc, height)
  }
  return height === 0 ? null : unbalanced(previous, height)
}

const unbalanced = (pc: number, height: number): Rejection =>
  reject('guard-unbalanced', `guards at ${pc}: ${height < 0 ? 'operands missing' : `${height} words left`}`)

/** Words on the guard's own stack behind the instance; below 0 when it cannot stand on so many. A whole template stands on none. */
export function heightBehind({ template: name }: PlacedGuard, height: number): number {
  const { takes, gives } = findTemplate(name)!
  const whole = takes === 0 && gives === 0
  return takes > height || (whole && height > 0) ? -1 : height - takes + gives
}

function checkInstance({ template: name, args }: PlacedGuard, height: number): Rejection | null {
  const template = findTemplate(name)
  if (!template) return reject('template-unknown', name)
  const given = Object.keys(args)
  if (given.length !== template.params.length || !template.params.every((param) => given.includes(param))) {
    return reject('arguments-mismatch', `${name} takes (${template.params.join(', ')})`)
  }
  for (const hole of template.holes) {
    if (hole.kind !== 'arg' && hole.kind !== 'peek') continue
    const param = template.params[hole.index]!
    if (hole.kind === 'peek') {
      if (BigInt(args[param]!) + BigInt(height) < DUPS) continue
      return reject('arguments-mismatch', `${param} of ${name} is out of reach behind ${height} words`)
    }
    if (BigInt(args[param]!) >= 256n ** BigInt(hole.width)) {
      return reject('arguments-mismatch', `${param} of ${name} does not fit in ${hole.width} bytes`)
    }
  }
  return null
}
