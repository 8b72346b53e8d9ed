/** Something the demo says about what happened, checked against the chain. */
export interface Claim {
  readonly sentence: string
  readonly holds: boolean
  /** What was read. */
  readonly evidence: string
}

/** Collects claims; they are told at the end, and decide how the demo exits. */
export class Claims {
  readonly all: Claim[] = []

  check(sentence: string, holds: boolean, evidence: string): void {
    this.all.push({ sentence, holds, evidence })
  }

  /** Whether there is anything to hold, and all of it does. */
  hold(): boolean {
    return this.all.length > 0 && this.all.every(({ holds }) => holds)
  }
}
