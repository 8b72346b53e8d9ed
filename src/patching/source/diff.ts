import type { StandardInput } from './types.ts'

const CONTEXT = 3

interface Line {
  readonly kind: ' ' | '-' | '+'
  readonly text: string
}

/** A unified diff of the sources that changed, files in the order of their paths. The same sources give the same text. */
export function diffSources(before: StandardInput['sources'], after: StandardInput['sources']): string {
  return Object.keys(after)
    .sort()
    .filter((path) => before[path]?.content !== after[path]!.content)
    .map((path) => diffText(path, before[path]?.content ?? '', after[path]!.content))
    .join('')
}

function diffText(path: string, before: string, after: string): string {
  const lines = alignLines(before.split('\n'), after.split('\n'))
  const hunks = findHunks(lines).map(([from, to]) => formatHunk(lines, from, to))
  return `--- a/${path}\n+++ b/${path}\n${hunks.join('')}`
}

/** The fewest removed and added lines, by longest common subsequence; common ends are cut off first. */
function alignLines(a: readonly string[], b: readonly string[]): Line[] {
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1
  const same = (texts: readonly string[]): Line[] => texts.map((text) => ({ kind: ' ', text }))
  return [
    ...same(a.slice(0, head)),
    ...alignMiddle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ]
}

function alignMiddle(a: readonly string[], b: readonly string[]): Line[] {
  const width = b.length + 1
  const common = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] =
        a[i] === b[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!)
    }
  }
  const lines: Line[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: ' ', text: a[i]! })
      i += 1
      j += 1
    } else if (
      i < a.length &&
      (j === b.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!)
    ) {
      lines.push({ kind: '-', text: a[i]! })
      i += 1
    } else {
      lines.push({ kind: '+', text: b[j]! })
      j += 1
    }
  }
  return lines
}

/** Stretches of changed lines with their context, those that touch put together. */
function findHunks(lines: readonly Line[]): [number, number][] {
  const hunks: [number, number][] = []
  for (const [index, { kind }] of lines.entries()) {
    if (kind === ' ') continue
    const from = Math.max(0, index - CONTEXT)
    const to = Math.min(lines.length, index + CONTEXT + 1)
    const last = hunks.at(-1)
    if (last && from <= last[1]) last[1] = to
    else hunks.push([from, to])
  }
  return hunks
}

function formatHunk(lines: readonly Line[], from: number, to: number): string {
  const count = (part: readonly Line[], not: Line['kind']) => part.filter(({ kind }) => kind !== not).length
  const hunk = lines.slice(from, to)
  const range = (not: Line['kind']) => {
    const length = count(hunk, not)
    return `${count(lines.slice(0, from), not) + (length > 0 ? 1 : 0)},${length}`
  }
  const body = hunk.map(({ kind, text }) => `${kind}${text}\n`).join('')
  return `@@ -${range('+')} +${range('-')} @@\n${body}`
}
