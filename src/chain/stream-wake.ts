/** Lets a loop sleep until there is something to do. A call that comes while the loop works is remembered. */
export class Wake {
  private called = false
  private resolve: (() => void) | null = null

  call(): void {
    this.called = true
    this.resolve?.()
  }

  /** Waits for a call, for `ms` milliseconds at most; true where there was one. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.called && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, ms)
        const queue = this
        function done() {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          queue.resolve = null
          resolve()
        }
        this.resolve = done
        signal.addEventListener('abort', done, { once: true })
      })
    }
    const called = this.called
    this.called = false
    return called
  }
}
