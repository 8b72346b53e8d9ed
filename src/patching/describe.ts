import { SutureError } from '../core/errors.ts'
import { describeGuard } from './guards.ts'
import { findTemplate } from './templates/table.ts'
import { isPiece } from './templates/template.ts'
import type { GuardInstance } from './types.ts'

/**
 * What guards of one place do, in words: phrases of pieces are put into one another as the words are on the guard's own stack. Several
 * sentences, or whole templates, are separated by semicolons.
 *
 * @throws CERTIFICATE_INVALID when a template is unknown, a piece lacks an operand, or a word is left over.
 */
export function describeSentence(guards: readonly GuardInstance[]): string {
  const phrases: string[] = []
  const said: string[] = []
  for (const { template: name, args } of guards) {
    const template = findTemplate(name)
    if (!template) throw invalid(name, 'unknown template')
    const { takes, gives, description } = template
    if (phrases.length < takes) throw invalid(name, `takes ${takes}, and there are ${phrases.length}`)
    const operands = phrases.splice(phrases.length - takes, takes)
    const phrase = describeGuard(description, args)
    const words = isPiece(template)
      ? phrase.replaceAll(/\{(\d)\}/g, (_, index) => operands[Number(index)]!)
      : phrase
    if (gives > 0) phrases.push(words)
    else said.push(words)
  }
  if (phrases.length > 0) throw invalid(guards.at(-1)!.template, `left over: ${phrases.join(', ')}`)
  return READINGS.reduce((text, [phrase, words]) => text.replaceAll(phrase, words), said.join('; '))
}

/** What common combinations of pieces mean, in the words of those who sign. */
const READINGS: readonly (readonly [RegExp, string])[] = [
  [/\(0x20 bits of word 0x0 of the calldata, from bit 0xe0\)/g, 'the selector'],
  [/\(0xa0 bits of (word 0x[0-9a-f]+ of the (?:calldata|stack)), from bit 0x0\)/g, 'the address in $1'],
  [/\(0xa0 bits of (storage slot 0x[0-9a-f]+), from bit 0x0\)/g, 'the address in $1'],
  [/storage slot word 0x0 of the stack/g, 'what the slot on top of the stack holds'],
]

const invalid = (template: string, problem: string): SutureError =>
  new SutureError('CERTIFICATE_INVALID', 'The guards make no whole sentence.', {
    meta: [`template: ${template}`, `problem: ${problem}`, 'fix: see docs/certificates.md'],
  })
