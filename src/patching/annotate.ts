import { bytesOf, type Hex } from '../core/hex.ts'
import { disassemble, formatInstruction } from '../evm/disassemble.ts'
import { describeSentence } from './describe.ts'
import { splitSentences } from './sentences.ts'
import { findTemplate } from './templates/table.ts'
import type { Certificate, CertificateSite } from './types.ts'

export interface PatchedCode {
  readonly original: Uint8Array
  readonly runtime: Hex
  readonly certificate: Certificate
}

/** The patch as text for a reviewer: every window as it was and as it is, and its trampoline with what each guard refuses. */
export function annotatePatch({ original, runtime, certificate }: PatchedCode): string {
  const patched = bytesOf(runtime)
  return certificate.sites
    .map((site, i) => {
      const end = certificate.sites[i + 1]?.trampoline ?? patched.length
      return annotateSite(original, patched, site, end)
    })
    .join('\n\n')
}

function annotateSite(original: Uint8Array, patched: Uint8Array, site: CertificateSite, end: number): string {
  const windowEnd = site.pc + site.length
  return [
    `window ${hexOffset(site.pc)}..${hexOffset(windowEnd)} (${site.length} bytes)`,
    ...listing(original, site.pc, windowEnd, '-'),
    ...listing(patched, site.pc, windowEnd, '+'),
    `trampoline ${hexOffset(site.trampoline)}..${hexOffset(end)} (${end - site.trampoline} bytes)`,
    ...trampolineListing(patched, site, end),
  ].join('\n')
}

function trampolineListing(patched: Uint8Array, site: CertificateSite, end: number): string[] {
  const lines = listing(patched, site.trampoline, site.trampoline + 1, '+')
  let at = site.trampoline + 1
  const list = (length: number, mark: string) => {
    lines.push(...listing(patched, at, at + length, mark))
    at += length
  }
  let copied = site.pc
  for (const sentence of splitSentences(site.guards)) {
    const { pc } = sentence[0]!
    list(pc - copied, ' ')
    copied = pc
    lines.push(`  ; ${sentence.map(({ template }) => template).join(' ')}: ${describeSentence(sentence)}`)
    for (const { template } of sentence) list(findTemplate(template)!.code.length, '+')
  }
  list(site.pc + site.length - copied, ' ')
  if (at < end) list(end - at, '+')
  return lines
}

function listing(code: Uint8Array, start: number, end: number, mark: string): string[] {
  return disassemble(code.subarray(start, end)).map(
    (instruction) => `${mark} ${hexOffset(start + instruction.pc)}  ${formatInstruction(instruction)}`,
  )
}

const hexOffset = (offset: number): string => `0x${offset.toString(16).padStart(4, '0')}`
