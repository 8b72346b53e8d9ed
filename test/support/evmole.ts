import { createRequire } from 'node:module'
import type { Hex } from '../../src/core/hex.ts'

interface EvmoleContract {
  readonly functions: readonly { readonly selector: string; readonly bytecodeOffset: number }[]
  readonly controlFlowGraph: { readonly blocks: ReadonlyMap<number, unknown> }
}

// Its declarations are not reachable from the entry Node takes, hence the require.
const { contractInfo } = createRequire(import.meta.url)('evmole') as {
  contractInfo(code: string, options: Record<string, boolean>): EvmoleContract
}

/** Body offset by selector, as evmole sees it. */
export function evmoleFunctions(code: Hex): Map<string, number> {
  const { functions } = contractInfo(code, { selectors: true })
  return new Map(functions.map(({ selector, bytecodeOffset }) => [`0x${selector}`, bytecodeOffset]))
}

/** First offsets of the blocks evmole's control-flow graph has. */
export function evmoleBlocks(code: Hex): number[] {
  return [...contractInfo(code, { controlFlowGraph: true }).controlFlowGraph.blocks.keys()]
}
