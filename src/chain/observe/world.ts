import type { Address, Hex } from '../../core/hex.ts'

/** What the node says an account was before the transaction. Slots are words; an accessed slot that is absent is zero. */
export interface PreAccount {
  readonly balance: bigint
  readonly code: Hex | null
  readonly storage: ReadonlyMap<bigint, bigint>
}

type Undo = () => void

/**
 * The part of the state that watched code can see, rebuilt while frames are walked in order: storage and transient storage of
 * watched contexts, balances, code. Journaled, so that a frame that failed leaves nothing behind.
 */
export class World {
  readonly #pre: ReadonlyMap<Address, PreAccount>
  readonly #storage = new Map<Address, Map<bigint, bigint>>()
  readonly #transient = new Map<Address, Map<bigint, bigint>>()
  readonly #balances = new Map<Address, bigint>()
  readonly #code = new Map<Address, Hex>()
  readonly #journal: Undo[] = []

  constructor(pre: ReadonlyMap<Address, PreAccount>) {
    this.#pre = pre
  }

  checkpoint(): number {
    return this.#journal.length
  }

  rollback(checkpoint: number): void {
    while (this.#journal.length > checkpoint) this.#journal.pop()!()
  }

  readStorage(address: Address, slot: bigint): bigint {
    return this.#storage.get(address)?.get(slot) ?? this.#pre.get(address)?.storage.get(slot) ?? 0n
  }

  writeStorage(address: Address, slot: bigint, value: bigint): void {
    this.#write(this.#storage, address, slot, value)
  }

  readTransient(address: Address, slot: bigint): bigint {
    return this.#transient.get(address)?.get(slot) ?? 0n
  }

  writeTransient(address: Address, slot: bigint, value: bigint): void {
    this.#write(this.#transient, address, slot, value)
  }

  /** `null` where the node did not report the account: it was not touched, so its balance is not known. */
  balanceOf(address: Address): bigint | null {
    return this.#balances.get(address) ?? this.#pre.get(address)?.balance ?? null
  }

  transfer(from: Address, to: Address, amount: bigint): void {
    if (amount === 0n || from === to) return
    this.#setBalance(from, (this.balanceOf(from) ?? 0n) - amount)
    this.#setBalance(to, (this.balanceOf(to) ?? 0n) + amount)
  }

  /** `null` where neither the node nor a creation of this transaction told the code. */
  codeOf(address: Address): Hex | null {
    return this.#code.get(address) ?? this.#pre.get(address)?.code ?? null
  }

  setCode(address: Address, code: Hex): void {
    this.#set(this.#code, address, code)
  }

  #setBalance(address: Address, balance: bigint): void {
    this.#set(this.#balances, address, balance)
  }

  #write(spaces: Map<Address, Map<bigint, bigint>>, address: Address, slot: bigint, value: bigint): void {
    const space = spaces.get(address) ?? new Map<bigint, bigint>()
    spaces.set(address, space)
    this.#set(space, slot, value)
  }

  #set<K, V>(map: Map<K, V>, key: K, value: V): void {
    const had = map.has(key)
    const before = map.get(key)
    map.set(key, value)
    this.#journal.push(() => {
      if (had) map.set(key, before as V)
      else map.delete(key)
    })
  }
}
