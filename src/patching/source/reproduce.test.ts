import { describe, expect, it } from 'vitest'
import { caseCompilers } from '../../../test/support/case-sources.ts'
import { bytesOf, type Hex, hexOf } from '../../core/hex.ts'
import { compileFor } from './compile.ts'
import { fillRuntime, reproduce } from './reproduce.ts'
import type { DeployedBytecode, StandardOutput } from './types.ts'

const SLOW = 240_000
const SOURCE = `pragma solidity ^0.8.0;
library Sums {
    function sum(uint256 a, uint256 b) external pure returns (uint256) { return a + b; }
}
contract Bank {
    uint256 public immutable fee;
    address public immutable owner;
    constructor() { fee = 5; owner = msg.sender; }
    function add(uint256 a) external view returns (uint256) { return Sums.sum(a, fee); }
    function later() external pure returns (uint256) { return 1; }
}
`
const LIBRARY = '11'.repeat(20)
const VALUE = '22'.repeat(32)

const compile = (source = SOURCE): Promise<StandardOutput> =>
  compileFor(
    caseCompilers,
    {
      compiler: '0.8.19',
      input: { language: 'Solidity', sources: { 'Bank.sol': { content: source } }, settings: {} },
    },
    'code',
  )

/** Code as it stands on a chain: immutables and libraries filled in. */
function deploy({ object, immutableReferences = {} }: DeployedBytecode): Uint8Array {
  const code = Buffer.from(object.replaceAll(/__[\s\S]{38}/g, LIBRARY), 'hex')
  for (const { start } of Object.values(immutableReferences).flat()) code.write(VALUE, start, 'hex')
  return Uint8Array.from(code)
}

const bankOf = (output: StandardOutput) => output.contracts!['Bank.sol']!.Bank!.evm.deployedBytecode

describe('reproduce', { timeout: SLOW }, () => {
  it('finds the contract and reads what deployment filled in', async () => {
    const output = await compile()
    const found = reproduce(output, deploy(bankOf(output)))
    expect(`${found.path}:${found.name}`).toBe('Bank.sol:Bank')
    expect([...found.fillings.immutables.values()].map(hexOf)).toEqual([`0x${VALUE}`, `0x${VALUE}`])
    expect([...found.fillings.libraries].map(([name, bytes]) => [name, hexOf(bytes)])).toEqual([
      ['Bank.sol:Sums', `0x${LIBRARY}`],
    ])
  })

  it('passes over metadata: a comment more is the same code', async () => {
    const deployed = deploy(bankOf(await compile()))
    expect(reproduce(await compile(`${SOURCE}// more\n`), deployed).name).toBe('Bank')
  })

  it('reads the address of a library out of its own code', async () => {
    const output = await compile()
    const { object } = output.contracts!['Bank.sol']!.Sums!.evm.deployedBytecode
    const deployed = bytesOf(`0x73${LIBRARY}${object.slice(42)}` as Hex)
    const found = reproduce(output, deployed)
    expect(found.name).toBe('Sums')
    expect(fillRuntime(found.output, found.fillings, () => null)).toBe(hexOf(deployed))
  })

  it('says where the nearest contract departs', async () => {
    const deployed = deploy(bankOf(await compile()))
    const changed = await compile(SOURCE.replace('return 1;', 'return 2;'))
    expect(() => reproduce(changed, deployed)).toThrow(
      /nearest: Bank\.sol:Bank\n.*difference: 1 byte\(s\), first at \d+: 0x02\w* compiled, 0x01\w* deployed/,
    )
  })
})

describe('fillRuntime', { timeout: SLOW }, () => {
  it('puts into new code what the deployed one holds', async () => {
    const output = await compile()
    const deployed = deploy(bankOf(output))
    const { output: contract, fillings } = reproduce(output, deployed)
    expect(fillRuntime(contract, fillings, (id) => id)).toBe(hexOf(deployed))
  })

  it('refuses code that needs a value nobody knows', async () => {
    const output = await compile()
    const { output: contract, fillings } = reproduce(output, deploy(bankOf(output)))
    expect(() => fillRuntime(contract, fillings, () => null)).toThrow(/needs a value/)
  })
})
