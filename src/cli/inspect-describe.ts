import type {
  Analysis,
  CallSite,
  FunctionAnalysis,
  Guard,
  StorageWrite,
  Variable,
} from '../evm/analysis/types.ts'

/** The analysis as one JSON object: offsets are numbers, words and slots hex. */
export function analysisJson({
  functions,
  variables,
  unvisited,
  complete,
}: Analysis): Record<string, unknown> {
  return {
    complete,
    functions: functions.map(({ blocks, ...rest }) => ({ ...rest, blocks: blocks.size })),
    variables,
    unvisitedBlocks: unvisited,
  }
}

/** Lines for people: functions with what they may change and who may do so, then the variables. */
export function describeAnalysis({ functions, variables, unvisited, complete }: Analysis): string[] {
  const gaps = functions.filter(({ gaps }) => gaps.length > 0).length
  return [
    '',
    `functions: ${functions.length}${complete ? '' : `, ${gaps} of them not followed to the end: what is shown of these is not all`}`,
    ...functions.flatMap(describeFunction),
    '',
    `variables: ${variables.length}`,
    ...table(variables.map(describeVariable)),
    ...(unvisited.length > 0
      ? ['', `blocks of the graph that no function above runs: ${unvisited.length}`]
      : []),
  ]
}

function describeFunction(each: FunctionAnalysis): string[] {
  const { selector, entries, payable, writes, calls, gaps } = each
  const notable = calls.filter(({ kind }) => kind !== 'staticcall')
  const at = entries.map((pc) => `0x${pc.toString(16)}`).join(', ')
  return [
    `  ${selector}${at === '' ? '' : ` at ${at}`}${payable ? ', payable' : ''}`,
    ...table([...writes.map(describeWrite), ...notable.map(describeCall)]).map((line) => `  ${line}`),
    ...gaps.map(
      ({ reason, pc, from }) =>
        `    not followed: ${reason}${pc === null ? '' : ` at 0x${pc.toString(16)}`}${from.length > 0 ? `, depends on ${from.join(', ')}` : ''}`,
    ),
  ]
}

function describeWrite({ pc, place, slot, field, guard }: StorageWrite): string[] {
  const bits = field.bits === 256 ? '' : ` bits ${field.offset} to ${field.offset + field.bits - 1}`
  return [
    `0x${pc.toString(16)}`,
    'writes',
    `${place?.text ?? `storage[${slot.text}]`}${bits}`,
    describeGuard(guard),
  ]
}

function describeCall({ pc, kind, target, selector, guard }: CallSite): string[] {
  const what = kind === 'selfdestruct' ? 'destroys itself for' : `${kind}s`
  const whom = `${target?.text ?? ''}${selector === null ? '' : ` ${selector}`}`
  return [`0x${pc.toString(16)}`, what, whom, describeGuard(guard)]
}

const SAID: Readonly<Record<Guard['protection'], string>> = {
  authority: 'authority',
  record: "caller's record",
  origin: 'tx.origin only',
  none: 'anyone',
  unknown: 'unknown',
}

function describeGuard({ protection, by }: Guard): string {
  return protection === 'none' || by.length === 0
    ? SAID[protection]
    : `${SAID[protection]}: ${by.join(' or ')}`
}

function describeVariable({ slot, shape, kind, keys, field, readers, writers }: Variable): string[] {
  const types = keys.map((each) => each.join('|')).join(', ')
  return [
    `${slot}${shape}`,
    `${kind}${types === '' ? '' : ` of ${types}`}`,
    field.bits === 256 ? '256 bits' : `bits ${field.offset} to ${field.offset + field.bits - 1}`,
    `read by ${readers.length}, written by ${writers.length}`,
  ]
}

const MAX_WIDTH = 60

/** Rows with columns under each other; a long cell pushes only its own row. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => Math.min(MAX_WIDTH, row[column]!.length))),
  )
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd()}`,
  )
}
