import { type DestinationStream, type Level, type Logger, pino } from 'pino'
import { createScrubber, type Scrubber } from './scrub.ts'

interface LoggerOptions {
  level?: Level | 'silent'
  /** Everything secret that was read: keys, passwords, RPC and database addresses. Removed wherever it occurs. */
  secrets?: readonly string[]
  /** Default: standard error, so that standard output stays the command's result. */
  destination?: DestinationStream
  /** One readable line per record instead of JSON. Default: whether standard error is a terminal. */
  pretty?: boolean
}

/**
 * A logger that cannot print a secret it was told about, nor a field that names itself one. Objects are cleaned before they
 * are printed (by field name), and every finished line once more (by value), so nothing slips through a format string.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'info', secrets = [], destination = process.stderr } = options
  const pretty = options.pretty ?? (options.destination === undefined && process.stderr.isTTY === true)
  const scrubber = createScrubber(secrets)
  const object = (value: object) => scrubber.value(value) as Record<string, unknown>
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // pino's own serializer for errors would run before the scrubber and drop what SutureError carries.
      serializers: { err: (error: unknown) => scrubber.value(error) },
      formatters: { level: (label) => ({ level: label }), log: object, bindings: object },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((arg) => scrubArgument(arg, scrubber)) as Parameters<typeof method>)
        },
      },
    },
    { write: (line) => void destination.write(scrubber.text(pretty ? prettyLine(line) : line)) },
  )
}

/** pino treats a leading Error specially (it becomes `err`), so errors pass and are cleaned by the serializer. */
function scrubArgument(argument: unknown, scrubber: Scrubber): unknown {
  return argument instanceof Error ? argument : scrubber.value(argument)
}

function prettyLine(line: string): string {
  const { level, time, msg = '', err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const fields = Object.entries(rest).map(([key, value]) => {
    return ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`
  })
  const clock = String(time).slice(11, 19)
  const failure = err === undefined ? '' : `\n${String((err as { message?: unknown }).message)}`
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}${fields.join('')}${failure}\n`
}
