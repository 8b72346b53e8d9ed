import { type Address, type Hex, toWord } from '../../core/hex.ts'
import type { PatchSet } from '../types.ts'
import type { Parameter } from './setters.ts'

/** A call of the protocol's own setter: what carries a state patch out. */
export interface SetterCall {
  /** Who must make it. */
  readonly from: Address
  readonly to: Address
  readonly data: Hex
}

/** A parameter set to another value, and what that does to storage. */
interface ParameterChange {
  readonly call: SetterCall
  readonly parameter: Parameter
  readonly before: bigint
  readonly after: bigint
  /** Slots of the contract the call changes, with the words it leaves there. */
  readonly storage: Readonly<Record<Hex, Hex>>
  /** Functions that read the parameter. */
  readonly readers: number
}

/** A state patch: what the call leaves in the contract's storage, and in words the call itself, which alone can be made on chain. */
export function statePatch({ call, parameter, before, after, storage, readers }: ParameterChange): PatchSet {
  const { slot, field } = parameter
  const where = `slot ${toWord(slot)}, bits ${field.offset} to ${field.offset + field.bits - 1}`
  const [selector, ...words] = [call.data.slice(0, 10), ...(call.data.slice(10).match(/.{64}/g) ?? [])]
  const decoded = words.map((word) => String(BigInt(`0x${word}`))).join(', ')
  return {
    patches: [{ target: call.to, kind: 'state', storage, certificate: null }],
    description: [
      `a parameter of ${call.to} goes from ${before} to ${after} (${where}), which its own setter allows`,
      `made by ${call.from} with the call ${selector}(${decoded}); ${readers} function(s) read the parameter`,
    ],
    cost: readers,
  }
}

/** Calldata of a setter: its arguments as words. */
export function encodeSetter(selector: Hex, words: readonly bigint[]): Hex {
  return `${selector}${words.map((word) => toWord(word).slice(2)).join('')}`
}
