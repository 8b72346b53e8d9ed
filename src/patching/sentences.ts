import { findTemplate } from './templates/table.ts'
import { isPiece, type Template } from './templates/template.ts'
import type { PlacedGuard } from './types.ts'

/**
 * Words on the guard's own stack after an instance, given how many there were before; null when it would reach below them, or is a
 * whole template in the middle of a sentence, where it would take the sentence's words for the original's.
 */
export function heightAfter(template: Template, height: number): number | null {
  const { takes, gives } = template
  if (height < takes || (height > 0 && !isPiece(template))) return null
  return height - takes + gives
}

/**
 * Guards, in the order they run, as what is said of them: each whole template by itself, pieces from where the guard's own stack is empty
 * to where it is again. Where pieces do not balance, or a template is unknown, the group ends; nothing is lost.
 */
export function splitSentences<Guard extends PlacedGuard>(guards: readonly Guard[]): Guard[][] {
  const sentences: Guard[][] = []
  let open: Guard[] = []
  let height = 0
  for (const [i, guard] of guards.entries()) {
    open.push(guard)
    const template = findTemplate(guard.template)
    height = (template && heightAfter(template, height)) ?? 0
    if (height > 0 && guards[i + 1]?.pc === guard.pc) continue
    sentences.push(open)
    open = []
    height = 0
  }
  return sentences
}
