import { type Address, bytesOf, type Hex } from '../../src/core/hex.ts'
import type { Diagnosis, Mechanism } from '../../src/diagnosis/types.ts'
import { disassemble } from '../../src/evm/disassemble.ts'
import { compileWithTree } from '../../src/patching/source/compile.ts'
import { sourceOf } from '../../src/patching/source/locate.ts'
import { planSourcePatch } from '../../src/patching/source/plan-source-patch.ts'
import { readProgram } from '../../src/patching/source/program.ts'
import { reproduce } from '../../src/patching/source/reproduce.ts'
import type { CompilerInput } from '../../src/patching/source/types.ts'
import { caseCompilers } from './case-sources.ts'

/** Where the flawed contract is deployed. */
export const FLAW: Address = '0x00000000000000000000000000000000000c0de0'

interface Flaw {
  readonly compiler: string
  /** Its last contract is deployed. */
  readonly source: string
  readonly evmVersion?: string
  readonly mechanism: (find: Find) => Mechanism
}

/** Offsets of the instructions with an opcode that were compiled from a text, the first of each place in the source. */
export type Find = (text: string, opcode: number) => number[]

/** Plans a source patch for a flaw that is named by the text of the source. */
export async function mendFlaw({ compiler, source, evmVersion, mechanism }: Flaw) {
  const input: CompilerInput = {
    compiler,
    input: {
      language: 'Solidity',
      sources: { 'Flaw.sol': { content: source } },
      settings: { optimizer: { enabled: false }, ...(evmVersion ? { evmVersion } : {}) },
    },
  }
  const output = await compileWithTree(caseCompilers, input)
  const name = [...source.matchAll(/^contract (\w+)/gm)].at(-1)![1]!
  const runtime: Hex = `0x${output.contracts!['Flaw.sol']![name]!.evm.deployedBytecode.object}`
  const deployed = bytesOf(runtime)
  const program = readProgram(input, output, { reproduction: reproduce(output, deployed), deployed })
  const find: Find = (text, opcode) => {
    const seen = new Map<number, number>()
    for (const { pc, opcode: found } of disassemble(deployed)) {
      const range = found === opcode ? sourceOf(program, pc) : null
      const own = range && Buffer.from(source).subarray(range.start, range.end).toString()
      if (range && own === text && !seen.has(range.start)) seen.set(range.start, pc)
    }
    if (seen.size === 0) throw new TypeError(`nothing was compiled from ${text}`)
    return [...seen.values()]
  }
  const diagnosis: Diagnosis = {
    class: 'unknown',
    target: FLAW,
    code: FLAW,
    selector: '0x00000000',
    pc: 0,
    slots: [],
    confidence: 1,
    mechanism: mechanism(find),
    summary: '',
    evidence: {},
  }
  const deployedCodes = new Map([[FLAW, runtime]])
  return planSourcePatch({ diagnosis, sources: [input], compile: caseCompilers, deployed: deployedCodes })
}

/** The removed and added lines of a diff. */
export const changedLines = ({ diff }: { readonly diff: string }): string =>
  diff
    .split('\n')
    .filter((line) => /^[+-](?![+-])/.test(line))
    .join('\n')
