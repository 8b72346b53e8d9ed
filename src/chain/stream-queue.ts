import type { ChainEvent } from './types.ts'

export interface QueueSettings {
  readonly blocks: number
  readonly pending: number
  /** A producer had to wait for the consumer. */
  readonly onBlocked: (sample: {
    readonly queue: 'blocks' | 'pending'
    readonly milliseconds: number
  }) => void
}

/**
 * Two bounded queues with one consumer: blocks and reorgs in order, and pending transactions, which wait while there are blocks.
 * A full queue makes its producer wait.
 */
export class EventQueue {
  private readonly settings: QueueSettings
  private readonly blocks: ChainEvent[] = []
  private readonly pending: ChainEvent[] = []
  private waiters: (() => void)[] = []
  private ended = false
  private failure: { readonly error: unknown } | null = null

  constructor(settings: QueueSettings) {
    this.settings = settings
  }

  /** Resolves once there was room. After the end it resolves at once and the event is gone. */
  async push(event: ChainEvent): Promise<void> {
    const name = event.type === 'pending' ? 'pending' : 'blocks'
    const started = Date.now()
    let blocked = false
    while (this[name].length >= this.settings[name] && !this.ended) {
      blocked = true
      await this.changed()
    }
    if (blocked) this.settings.onBlocked({ queue: name, milliseconds: Date.now() - started })
    this[name].push(event)
    this.change()
  }

  /**
   * The next event; undefined after `end`, what was queued is given out no more: it counts as not delivered.
   *
   * @throws what was given to `fail`, after the events before it
   */
  async take(): Promise<ChainEvent | undefined> {
    for (;;) {
      if (this.ended) return undefined
      const event = this.blocks.shift() ?? this.pending.shift()
      if (event) {
        this.change()
        return event
      }
      if (this.failure) throw this.failure.error
      await this.changed()
    }
  }

  fail(error: unknown): void {
    this.failure ??= { error }
    this.change()
  }

  end(): void {
    this.ended = true
    this.change()
  }

  private changed(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve))
  }

  private change(): void {
    const waiters = this.waiters
    this.waiters = []
    for (const resolve of waiters) resolve()
  }
}
