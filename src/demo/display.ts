import type { WriteStream } from 'node:tty'
import type { Milestone } from './milestones.ts'

/** Where the story is told. */
export interface Display {
  heading(text: string): void
  line(text: string): void
  milestone(milestone: Milestone): void
  /** A claim and whether it held. */
  claim(sentence: string, holds: boolean): void
  /** One line at the bottom that is written over; nothing where the output is no terminal. */
  status(text: string): void
  end(): void
}

type Output = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>

const CODES = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 } as const
type Style = keyof typeof CODES
const ERASE_LINE = '\r\u001b[2K'
/** What is good and bad news, and how it is coloured; the words stand without. */
const STYLES: Readonly<Record<string, Style>> = {
  attack: 'red',
  loss: 'red',
  stuck: 'red',
  'comes back': 'red',
  frozen: 'cyan',
  upgraded: 'green',
  unfrozen: 'green',
  resolved: 'green',
}

/** Plain text, with colours and a status line only on a terminal that wants them (https://no-color.org). */
export function createDisplay(output: Output, environment = process.env): Display {
  const terminal = output.isTTY === true && environment.TERM !== 'dumb'
  const coloured = terminal && !environment.NO_COLOR
  let standing = ''
  const paint = (style: Style, text: string) => (coloured ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text)
  const print = (text: string) => {
    const again = terminal && standing ? standing : ''
    output.write(`${terminal ? ERASE_LINE : ''}${text}\n${again}`)
  }
  return {
    heading: (text) => print(`\n${paint('bold', text)}`),
    line: print,
    milestone({ name, milliseconds, block, detail }) {
      const style = STYLES[name]
      const label = name.padEnd(11)
      const place = block === null ? '' : `block ${block}`
      const time = `+${(milliseconds / 1_000).toFixed(2)} s`
      print(
        `  ${paint('dim', time.padStart(9))}  ${paint('dim', place.padEnd(10))} ${style ? paint(style, label) : label} ${detail}`,
      )
    },
    claim: (sentence, holds) =>
      print(`  ${holds ? paint('green', 'ok    ') : paint('red', 'FAILED')} ${sentence}`),
    status(text) {
      if (!terminal) return
      standing = paint('dim', text.slice(0, (output.columns ?? 80) - 1))
      output.write(`${ERASE_LINE}${standing}`)
    },
    end() {
      if (terminal && standing) output.write(ERASE_LINE)
      standing = ''
    },
  }
}

/** Says nothing: for output that is data. */
export const silentDisplay: Display = {
  heading: () => {},
  line: () => {},
  milestone: () => {},
  claim: () => {},
  status: () => {},
  end: () => {},
}
