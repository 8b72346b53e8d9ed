import type { Address, Hex } from '../core/hex.ts'
import type { FunctionRef } from '../detectors/types.ts'
import { code, type Inline } from './document.ts'
import type { ReportDetails } from './types.ts'

/** How addresses and functions are called in one report. */
export interface Words {
  address(address: Address): readonly Inline[]
  function(ref: FunctionRef): readonly Inline[]
  selector(selector: Hex): string
}

/** Names where there are some, always with the hex beside them: a name is a claim, an address is not. */
export function createWords({ names = new Map() }: Pick<ReportDetails, 'names'>): Words {
  const nameOf = (hex: string) => names.get(hex.toLowerCase())
  const address = (hex: Address): readonly Inline[] => {
    const name = nameOf(hex)
    return name ? [`${name} `, code(hex)] : [code(hex)]
  }
  const selector = (hex: Hex) => nameOf(hex) ?? (hex === '0x' ? 'plain transfer' : hex)
  return {
    address,
    selector,
    function: ({ target, selector: hex }) => [code(selector(hex)), ' of ', ...address(target)],
  }
}

/** e.g. `1 guard`, `3 guards`. */
export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`

/** Joins pieces of text with a separator. */
export const join = (parts: readonly (readonly Inline[])[], separator: string): Inline[] =>
  parts.flatMap((part, index) => (index === 0 ? part : [separator, ...part]))
