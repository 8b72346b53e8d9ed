// What the tests let live, in words: contracts/mutation/README.md.

const killed = (results) => results.filter((result) => result.status === 'killed').length
const survived = (results) => results.filter((result) => result.status === 'survived')
const percent = (part, whole) => (whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} %`)

/** The share of mutants a test noticed. What compiles to the same bytecode, or not at all, is no mutant. */
export function scoreOf(results) {
  const counted = killed(results) + survived(results).length
  return counted === 0 ? 1 : killed(results) / counted
}

/** Survivors nobody has explained yet. */
export function unexplained(results, explained) {
  return survived(results).filter(({ id }) => !explained[id])
}

function table(title, key, results) {
  const groups = [...new Set(results.map(key))].sort()
  const rows = groups.map((group) => {
    const ofGroup = results.filter((result) => key(result) === group)
    const [dead, alive] = [killed(ofGroup), survived(ofGroup).length]
    const same = ofGroup.filter((result) => result.status === 'equivalent').length
    return `| ${group} | ${dead} | ${alive} | ${same} | ${percent(dead, dead + alive)} |`
  })
  return [`| ${title} | killed | survived | same bytecode | score |`, '|---|--:|--:|--:|--:|', ...rows].join(
    '\n',
  )
}

/** Each line of a piece of source with a sign before it, as a diff has it. */
const signed = (sign, text) =>
  text
    .split('\n')
    .map((line) => `${sign} ${line.trim()}`)
    .join('\n')

function describe(result, explained) {
  const explanation =
    explained[result.id] ?? '**UNEXPLAINED. A test is missing, or a word why none can be written.**'
  const heading = `### ${result.id}: ${result.file}:${result.line}, ${result.place}, ${result.operator}`
  const change = [
    '```diff',
    signed('-', result.original),
    signed('+', result.replacement || '(nothing)'),
    '```',
  ]
  return [heading, '', ...change, '', explanation].join('\n')
}

/** The report on all results, in Markdown. */
export function writeReport(results, explained) {
  const open = unexplained(results, explained).length
  const alive = survived(results)
  const sections = [
    '# Mutation testing',
    'Written by `npm run contracts:mutate`. A mutant is one of the contracts with one small mistake in it. It is killed when a test ' +
      'fails, and survives when none does. Mutants that compile to the bytecode of the original, optimised, are no mistakes and do not count; those that ' +
      'do not compile do not either. Gas measurements are no tests here. Survivors are explained by hand in `explained.json`, by their identifier.',
    `**${killed(results)} of ${killed(results) + alive.length} killed: ${percent(killed(results), killed(results) + alive.length)}.** ` +
      (open === 0
        ? `The ${alive.length} survivors are explained below.`
        : `**${open} of ${alive.length} SURVIVORS ARE UNEXPLAINED.**`),
    '## By source',
    table('source', (result) => result.file, results),
    '## By operator',
    'Deleted and mixed-up events have classes of their own.',
    table('operator', (result) => result.operator, results),
    '## Survivors',
    ...alive.map((result) => describe(result, explained)),
  ]
  return `${sections.join('\n\n')}\n`
}
