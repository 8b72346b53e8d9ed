import { createRequire } from 'node:module'
import { type AbiParameter, encodeAbiParameters, parseAbiParameters } from 'viem'
import { type Address, addressOfWord, type Hex, toWord } from '../../src/core/hex.ts'
import type { Random } from '../../test/support/random.ts'
import { pick } from '../../test/support/random-guards.ts'
import type { SubjectCall } from './subject.ts'

interface FoundFunction {
  readonly selector: string
  readonly arguments?: string
}

// Its declarations are not reachable from the entry Node takes, hence the require.
const { contractInfo } = createRequire(import.meta.url)('evmole') as {
  contractInfo(
    code: string,
    options: Record<string, boolean>,
  ): { readonly functions?: readonly FoundFunction[] }
}

/** Selectors and argument types of a contract's functions, as evmole finds them in the bytecode. */
export function findFunctions(code: Hex): { readonly selector: Hex; readonly types: string }[] {
  const { functions = [] } = contractInfo(code, { selectors: true, arguments: true })
  return functions.map((found) => ({ selector: `0x${found.selector}`, types: found.arguments ?? '' }))
}

/** Calls whose data is encoded as the functions expect it, with random values. */
export function wellFormedCalls(
  random: Random,
  code: Hex,
  world: {
    readonly to: Address
    readonly callers: readonly Address[]
    readonly words: readonly bigint[]
    readonly each: number
  },
): SubjectCall[] {
  const calls: SubjectCall[] = []
  for (const { selector, types } of findFunctions(code)) {
    const parameters = parseTypes(types)
    if (parameters === null) continue
    for (let i = 0; i < world.each; i++) {
      const values = parameters.map((parameter) => randomValue(random, parameter, world.words))
      calls.push({
        from: pick(random, world.callers),
        to: world.to,
        value: random.chance(0.15) ? BigInt(random.between(1, 10 ** 9)) : 0n,
        data: `${selector}${encodeAbiParameters(parameters, values).slice(2)}`,
      })
    }
  }
  return calls
}

/** null where the types are not such as an encoder takes. */
function parseTypes(types: string): readonly AbiParameter[] | null {
  if (types === '') return []
  try {
    return parseAbiParameters(types)
  } catch {
    return null
  }
}

function randomValue(random: Random, parameter: AbiParameter, words: readonly bigint[]): unknown {
  const { type } = parameter
  const array = /^(.*)\[(\d*)\]$/.exec(type)
  if (array) {
    const length = array[2] === '' ? random.between(0, 3) : Number(array[2])
    return Array.from({ length }, () => randomValue(random, { ...parameter, type: array[1]! }, words))
  }
  if ('components' in parameter) return parameter.components.map((part) => randomValue(random, part, words))
  const word = random.chance(0.4) && words.length > 0 ? pick(random, words) : BigInt(random.between(0, 1_000))
  if (type === 'bool') return random.chance(0.5)
  if (type === 'address') return addressOfWord(words.length > 0 ? pick(random, words) : word)
  if (type === 'string') return 'word'.repeat(random.between(0, 12))
  if (type === 'bytes') return `0x${toWord(word).slice(2).repeat(random.between(0, 3))}`
  if (type.startsWith('bytes')) return toWord(word).slice(0, 2 + 2 * Number(type.slice(5)))
  const bits = Number(type.replace(/\D/g, '') || 256)
  return type.startsWith('int') ? BigInt.asIntN(bits, word) : BigInt.asUintN(bits, word)
}
