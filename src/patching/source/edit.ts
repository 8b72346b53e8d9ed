import { refuse } from './refuse.ts'
import type { StandardInput } from './types.ts'

/** A stretch of a source and what stands there instead; an insertion where `start` is `end`. Offsets count bytes of UTF-8. */
export interface Edit {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Sources with edits applied. Insertions at one place keep their order; the same edit twice counts once.
 *
 * @throws PATCH_IMPOSSIBLE when two edits change the same text.
 */
export function applyEdits(
  sources: StandardInput['sources'],
  edits: readonly Edit[],
): StandardInput['sources'] {
  const changed = [...new Set(edits.map(({ path }) => path))].map((path) => {
    const own = distinct(edits.filter((edit) => edit.path === path))
    return [path, { ...sources[path]!, content: editText(sources[path]!.content, own) }] as const
  })
  return { ...sources, ...Object.fromEntries(changed) }
}

function distinct(edits: readonly Edit[]): Edit[] {
  return [...new Map(edits.map((edit) => [`${edit.start}:${edit.end}:${edit.text}`, edit])).values()]
}

function editText(content: string, edits: readonly Edit[]): string {
  const bytes = Buffer.from(content)
  const parts: Buffer[] = []
  let at = 0
  for (const { path, start, end, text } of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < at) refuse('Two edits change the same text.', `source: ${path}`, `offset: ${start}`)
    parts.push(bytes.subarray(at, start), Buffer.from(text))
    at = end
  }
  return Buffer.concat([...parts, bytes.subarray(at)]).toString()
}
