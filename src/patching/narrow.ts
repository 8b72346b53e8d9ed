import { splitSentences } from './sentences.ts'
import { NARROW_TEMPLATES } from './templates/table.ts'
import type { Certificate, PlacedGuard } from './types.ts'

/** Pieces that look at nothing but the operands (or the answer) of the instruction a guard stands at, what they name in storage, and constants. */
const OPERANDS_ONLY: ReadonlySet<string> = new Set(
  [
    ...['peek', 'byte', 'word', 'load', 'entry', 'element', 'memory', 'returned', 'field', 'shift-left'],
    ...['is-zero', 'not', 'add', 'subtract', 'multiply', 'divide', 'modulo', 'and', 'or', 'xor'],
    ...['less', 'greater', 'signed-less', 'equal', 'refuse-if'],
  ].map((name) => `${name}@1`),
)
const ARGUMENT = 'calldata@1'

/**
 * Whether every guard of a patch refuses a faulty step only, whoever caused it and whenever: whole templates of that kind, and sentences over
 * the operands or the answer of an instruction. What such a guard refuses was the flaw at work. Decided from the pieces, whatever the patcher says of them.
 *
 * Failure mode: a sentence may copy an operand and refuse whatever it is. Probes with senseless arguments and history still count against
 * it, and the verdict names the functions that answer no probe any more.
 */
export function isNarrow({ sites }: Certificate): boolean {
  const sentences = sites.flatMap(({ guards }) => splitSentences(guards))
  return sentences.length > 0 && sentences.every(isNarrowSentence)
}

function isNarrowSentence(guards: readonly PlacedGuard[]): boolean {
  const [first] = guards
  if (guards.length === 1) return NARROW_TEMPLATES.has(first!.template)
  const looks = guards.some(({ template }) => template === 'peek@1' || template === 'returned@1')
  // The selector is read to let other functions that share the instruction pass.
  return looks && guards.every((guard) => OPERANDS_ONLY.has(guard.template) || readsSelector(guard))
}

const readsSelector = ({ template, args }: PlacedGuard): boolean =>
  template === ARGUMENT && BigInt(args.offset ?? '0x1') === 0n
