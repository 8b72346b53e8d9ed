import { hexToBytes } from 'viem'
import { findTemplate } from '../templates/table.ts'
import type { Hole } from '../templates/template.ts'
import type { Certificate, CertificateSite, PlacedGuard } from '../types.ts'
import { heightBehind } from './check-site.ts'
import { TRAILER } from './check-writes.ts'
import { instructionsBetween, neverGoesOn, type Survey } from './survey.ts'

const TAIL_IN_TRAILER = 33

interface Derived {
  readonly code: Uint8Array
  /** Offset of each site's trampoline, in the order of the sites. */
  readonly trampolines: readonly number[]
}

/** The only code the certificate, whose sites have been checked, can stand for. */
export function derivePatched(survey: Survey, certificate: Certificate): Derived {
  const tail = survey.code.length + TAIL_IN_TRAILER
  const out: number[] = [...survey.code, ...TRAILER]
  for (const offset of certificate.self?.offsets ?? []) {
    hexToBytes(certificate.self!.to).forEach((byte, i) => {
      out[offset + i] = byte
    })
  }
  const trampolines: number[] = []
  for (const site of certificate.sites) {
    trampolines.push(out.length)
    writeWindow(out, survey, site)
    writeTrampoline(out, survey, site, tail)
  }
  return { code: Uint8Array.from(out), trampolines }
}

const returns = (survey: Survey, { pc, length }: CertificateSite): boolean =>
  !neverGoesOn(instructionsBetween(survey, pc, pc + length)!.at(-1)!)

const jumpTo = (offset: number): number[] => [0x61, Math.floor(offset / 256), offset % 256, 0x56]

function writeWindow(out: number[], survey: Survey, site: CertificateSite): void {
  const jump = jumpTo(out.length)
  for (let i = 0; i < site.length; i++) out[site.pc + i] = jump[i] ?? 0xfe
  if (returns(survey, site)) out[site.pc + site.length - 1] = 0x5b
}

function writeTrampoline(out: number[], survey: Survey, site: CertificateSite, tail: number): void {
  const end = site.pc + site.length
  const place = (pc: number) => {
    let height = 0
    for (const guard of site.guards) {
      if (guard.pc !== pc) continue
      writeGuard(out, guard, { tail, height })
      height = heightBehind(guard, height)
    }
  }
  out.push(0x5b)
  for (const { pc, size } of instructionsBetween(survey, site.pc, end)!) {
    place(pc)
    out.push(...survey.code.subarray(pc, pc + size))
  }
  place(end)
  if (returns(survey, site)) out.push(...jumpTo(end - 1))
}

function writeGuard(
  out: number[],
  { template: name, args }: PlacedGuard,
  { tail, height }: { readonly tail: number; readonly height: number },
): void {
  const { code, holes, params } = findTemplate(name)!
  const start = out.length
  out.push(...code)
  const fill = (hole: Hole): bigint => {
    if (hole.kind === 'arg') return BigInt(args[params[hole.index]!]!)
    if (hole.kind === 'peek') return BigInt(0x80 + height) + BigInt(args[params[hole.index]!]!)
    return BigInt(hole.kind === 'tail' ? tail : start + hole.addend)
  }
  for (const hole of holes) {
    const value = fill(hole)
    for (let i = 0; i < hole.width; i++) {
      out[start + hole.offset + i] = Number((value >> BigInt(8 * (hole.width - 1 - i))) & 0xffn)
    }
  }
}
