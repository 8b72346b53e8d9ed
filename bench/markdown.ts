const NUMBER = /^(–|[-+]?[\d,.]+×?( of \d+)?)$/

/** A Markdown table. Columns of numbers are set right; `–` stands for none. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((name, column) => {
    const cells = rows.map((row) => row[column]!)
    const width = Math.max(3, name.length, ...cells.map((cell) => cell.length))
    return { width, right: cells.every((cell) => NUMBER.test(cell)) && cells.some((cell) => cell !== '–') }
  })
  const line = (cells: readonly string[]) => {
    const padded = columns.map(({ width, right }, column) =>
      right ? cells[column]!.padStart(width) : cells[column]!.padEnd(width),
    )
    return `| ${padded.join(' | ')} |`
  }
  const rule = columns.map(({ width, right }) => (right ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}
