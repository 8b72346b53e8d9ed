/** A line of a test's own report: seeds and measurements. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
