/** What became of a value: the setter refused it, the attack went on in spite of it, or the attack was stopped by it. */
export type Outcome = 'refused' | 'ineffective' | 'effective'

interface Span {
  /** What the parameter is now; with it the attack goes on. */
  readonly present: bigint
  /** The largest value it can hold. */
  readonly highest: bigint
}

/** Values tried to find a lower one, and to find a higher one where that fails. */
const TRIALS_DOWN = 10
const TRIALS_UP = 6
/** Values tried besides to find out how far the setter lets it go. */
const TRIALS_BEYOND = 3
/** Values given back at most: the nearest, and the farthest. */
const KEPT = 5

/**
 * Values of a parameter that stop the attack, the nearest to the present one first and the farthest last: lower ones, or higher ones where
 * no lower one does. Found by halving the order of magnitude first and the distance then, so that the nearest is near within a factor,
 * not to the unit. Every value is tried by `attempt`, and no more than 19 are.
 *
 * It takes for granted that what is beyond a value the setter refuses is refused as well, and what is short of one that does not help does
 * not help either; with 0 that means something of its own ("no limit") 1 is the lowest value.
 */
export async function searchValues(
  { present, highest }: Span,
  attempt: (value: bigint) => Promise<Outcome>,
): Promise<bigint[]> {
  const search = new Search(attempt)
  if (present > 0n) await search.below(present)
  if (search.effective.length === 0) await search.above(present, highest)
  return nearestAndFarthest(search.effective, present)
}

class Search {
  readonly effective: bigint[] = []
  private readonly known = new Map<bigint, Outcome>()
  private readonly attempt: (value: bigint) => Promise<Outcome>

  constructor(attempt: (value: bigint) => Promise<Outcome>) {
    this.attempt = attempt
  }

  async below(present: bigint): Promise<void> {
    let lowest = 0n
    if ((await this.outcomeOf(0n)) === 'ineffective') {
      if (present === 1n || (await this.outcomeOf(1n)) === 'ineffective') return
      lowest = 1n
    }
    await this.approach(present, lowest, TRIALS_DOWN)
  }

  async above(present: bigint, highest: bigint): Promise<void> {
    if (present >= highest) return
    if (present === 0n && (await this.outcomeOf(1n)) === 'effective') return
    await this.approach(present, highest, this.known.size + TRIALS_UP)
  }

  /** From `near`, which does not help, towards `far`, which is too much or helps; then as far beyond as is allowed. */
  private async approach(near: bigint, far: bigint, limit: number): Promise<void> {
    let [without, reached] = [near, far]
    let refused = far
    while (this.known.size < limit) {
      const value = middle(without, reached)
      if (value === null) break
      const outcome = await this.outcomeOf(value)
      if (outcome === 'ineffective') without = value
      else reached = value
      if (outcome === 'refused') refused = value
    }
    await this.goBeyond(near, refused)
  }

  /** Between the farthest value that helps and the nearest that is refused. */
  private async goBeyond(near: bigint, end: bigint): Promise<void> {
    let refused = end
    let farthest = byDistance(this.effective, near).at(-1)
    const limit = this.known.size + TRIALS_BEYOND
    while (farthest !== undefined && this.known.size < limit) {
      const value = middle(farthest, refused)
      if (value === null) break
      if ((await this.outcomeOf(value)) === 'effective') farthest = value
      else refused = value
    }
  }

  private async outcomeOf(value: bigint): Promise<Outcome> {
    const known = this.known.get(value)
    if (known) return known
    const outcome = await this.attempt(value)
    this.known.set(value, outcome)
    if (outcome === 'effective') this.effective.push(value)
    return outcome
  }
}

/** Half the way from one value to another: in orders of magnitude while they are apart by more than one, else in units. Null where none lies between. */
function middle(from: bigint, to: bigint): bigint | null {
  const [low, high] = from < to ? [from, to] : [to, from]
  if (high - low < 2n) return null
  const apart = lengthOf(high) - lengthOf(low)
  if (apart < 2) return (low + high) / 2n
  const half = BigInt(apart >> 1)
  if (from === high) return from >> half
  return (from === 0n ? 1n : from) << half
}

const lengthOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length)

function byDistance(values: readonly bigint[], from: bigint): bigint[] {
  const distance = (value: bigint) => (value > from ? value - from : from - value)
  return [...values].sort((a, b) => (distance(a) < distance(b) ? -1 : 1))
}

function nearestAndFarthest(values: readonly bigint[], present: bigint): bigint[] {
  const sorted = byDistance(values, present)
  return sorted.length <= KEPT ? sorted : [...sorted.slice(0, KEPT - 1), sorted.at(-1)!]
}
