/** The last `size` keys that were added: a set that forgets its oldest. */
export class RecentSet {
  private readonly size: number
  private readonly keys = new Set<string>()

  constructor(size: number) {
    this.size = size
  }

  has(key: string): boolean {
    return this.keys.has(key)
  }

  /** Whether the key was new. */
  add(key: string): boolean {
    if (this.keys.has(key)) return false
    this.keys.add(key)
    if (this.keys.size > this.size) this.keys.delete(this.keys.values().next().value!)
    return true
  }

  delete(key: string): void {
    this.keys.delete(key)
  }
}
