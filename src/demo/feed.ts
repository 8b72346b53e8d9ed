import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { validate } from '../core/validate.ts'

const quantity = z.union([z.string(), z.number()]).transform((value) => BigInt(value))
const receipt = z.looseObject({ hash: z.string(), blockNumber: quantity })

/** What the demo reads from the events of a watching process. They are told in full in `incidents/types.ts`. */
const payloads = {
  AttackDetected: z.looseObject({
    victim: z.string(),
    sighting: z.looseObject({
      finding: z.looseObject({ detector: z.string(), summary: z.string() }),
      transaction: z.looseObject({ hash: z.string() }),
    }),
  }),
  FreezePlanned: z.looseObject({
    containment: z.looseObject({
      functions: z.array(z.looseObject({ target: z.string(), selector: z.string() })),
    }),
  }),
  FreezeMined: z.looseObject({ receipt }),
  AttackDiagnosed: z.looseObject({
    diagnosis: z.looseObject({ class: z.string(), summary: z.string(), selector: z.string() }),
  }),
  PatchesPlanned: z.looseObject({
    patches: z.array(z.looseObject({ description: z.array(z.string()) })),
  }),
  PatchVerified: z.looseObject({
    candidate: z.number(),
    verdict: z.looseObject({
      verdict: z.string(),
      checks: z.array(z.looseObject({ name: z.string(), result: z.string() })),
    }),
  }),
  ApprovalGranted: z.looseObject({
    approval: z.looseObject({ signatures: z.array(z.looseObject({ signer: z.string() })) }),
  }),
  RestrictionMined: z.looseObject({ receipt }),
  IncidentResolved: z.looseObject({ summary: z.string() }),
  HumanNeeded: z.looseObject({ effect: z.string(), sentence: z.string() }),
} as const

export type Payloads = { readonly [K in keyof typeof payloads]: z.output<(typeof payloads)[K]> }

const lineSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('watching'), url: z.string().optional() }),
  z.looseObject({
    type: z.literal('event'),
    at: z.string(),
    incident: z.string(),
    event: z.string(),
    payload: z.unknown(),
  }),
  z.looseObject({ type: z.literal('signature'), signer: z.string(), incident: z.string().optional() }),
  z.looseObject({
    type: z.literal('report'),
    incident: z.string().optional(),
    markdown: z.string(),
    html: z.string(),
  }),
])

/** One line of a watching process's output, and when it was read (milliseconds since the epoch). */
export type Line = z.output<typeof lineSchema> & { readonly readAt: number }
export type EventLine = Extract<Line, { type: 'event' }>
type LineOf<T extends Line['type']> = Extract<Line, { type: T }>

/** What a watching process said so far, and waiting for what it says next. */
export class Feed {
  readonly lines: Line[] = []
  readonly #listeners = new Set<() => void>()
  #ended: string | null = null

  /** Takes a line in. What is no line of ours (a warning of the runtime) is left out. */
  accept(text: string): void {
    const line = lineSchema.safeParse(parse(text))
    if (!line.success) return
    this.lines.push({ ...line.data, readAt: Date.now() })
    this.#tell()
  }

  /** The process is over: nobody needs to wait any longer. */
  end(reason: string): void {
    this.#ended = reason
    this.#tell()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * The first line of a type that fits, whether said already or yet to come; null when none comes within `timeoutMs`.
   *
   * @throws INTERNAL when the process ends first.
   */
  async waitFor<T extends Line['type']>(
    type: T,
    fits: (line: LineOf<T>) => boolean,
    timeoutMs: number,
  ): Promise<LineOf<T> | null> {
    const find = () =>
      this.lines.find((line): line is LineOf<T> => line.type === type && fits(line as LineOf<T>))
    const end = Date.now() + timeoutMs
    for (;;) {
      const found = find()
      if (found) return found
      if (this.#ended !== null) {
        throw new SutureError('INTERNAL', 'The watching process ended.', {
          meta: [`waited for: ${type}`, `reason: ${this.#ended}`],
        })
      }
      const left = end - Date.now()
      if (left <= 0) return null
      await this.#nextChange(left)
    }
  }

  /** Every line from position `from` on, as it comes, until `end` (milliseconds since the epoch, asked again each time). */
  async *follow(from: number, end: () => number): AsyncGenerator<Line> {
    for (let at = from; ; ) {
      while (at < this.lines.length) yield this.lines[at++]!
      const left = end() - Date.now()
      if (left <= 0 || this.#ended !== null) return
      await this.#nextChange(left)
    }
  }

  #nextChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        stop()
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      const stop = this.onChange(done)
    })
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** The payload of an event the demo knows. */
export function readPayload<K extends keyof Payloads>(name: K, payload: unknown): Payloads[K] {
  const schema: z.ZodType = payloads[name]
  return validate(schema, payload, {
    code: 'RPC_RESPONSE_INVALID',
    what: `The event ${name} of the watching process`,
  }) as Payloads[K]
}

export const isKnownEvent = (name: string): name is keyof Payloads => name in payloads

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
