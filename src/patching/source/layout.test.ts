import { describe, expect, it } from 'vitest'
import { caseCompilers } from '../../../test/support/case-sources.ts'
import { compileWithTree } from './compile.ts'
import { computeLayout, layoutOf, proveAppended } from './layout.ts'
import { findContract, readUnits } from './program.ts'

const body = `
    enum Phase { Open, Closed }
    struct Order { address payer; uint64 due; bool paid; uint256[3] parts; bytes4 tag; }
    struct Nested { Order first; uint8 kind; mapping(address => Order) others; }
    bytes32 constant NAME = "x";`
const source = `pragma solidity >=0.5.13;
contract Base {${body}
    address owner;
    bool on;
    Phase phase;
    uint96 rest;
    mapping(address => mapping(uint256 => Order)) orders;
}
contract Flaw is Base {
    Nested nested;
    uint8[40] small;
    Order[2] pair;
    string text;
    uint256[] list;
    Base other;
    function () external callback;
    function () internal inner;
    uint24 last;
}
`

async function read(compiler: string, content: string) {
  const input = { language: 'Solidity', sources: { 'Flaw.sol': { content } }, settings: {} }
  const output = await compileWithTree(caseCompilers, { compiler, input })
  return {
    contract: findContract(readUnits(output), 'Flaw.sol', 'Flaw'),
    output: output.contracts!['Flaw.sol']!.Flaw!,
  }
}

describe('layoutOf', () => {
  it.each(['0.5.17', '0.6.12', '0.7.6', '0.8.30'])(
    'computes for %s what the compiler says',
    async (compiler) => {
      const { contract, output } = await read(compiler, source)
      const places = (of: ReturnType<typeof computeLayout>) =>
        of.map(({ name, slot, offset, bytes, id }) => ({ name, slot, offset, bytes, id }))
      expect(output.storageLayout).toBeDefined()
      expect(places(computeLayout(contract))).toEqual(places(layoutOf(contract, output)))
    },
  )
})

describe('proveAppended', () => {
  const layout = async (compiler: string, content: string) => {
    const { contract, output } = await read(compiler, content)
    return layoutOf(contract, output)
  }
  const flaw = (variables: string, version = '0.8.0') =>
    `pragma solidity >=${version};\ncontract Flaw { struct S { uint128 a; uint128 b; } ${variables} }`

  it.each(['0.4.26', '0.8.30'])('lets variables be added behind the others (%s)', async (compiler) => {
    const before = await layout(compiler, flaw('uint8 a; S s; bool b;', '0.4.0'))
    const after = await layout(compiler, flaw('uint8 a; S s; bool b; bool added;', '0.4.0'))
    expect(proveAppended(before, after)).toEqual(['Flaw.added'])
  })

  it.each([
    ['a variable put before', 'bool added; uint8 a; S s;'],
    ['a variable taken away', 'uint8 a;'],
    ['another type of the same size', 'int8 a; S s;'],
    ['another order', 'S s; uint8 a;'],
  ])('refuses %s', async (_what, variables) => {
    for (const compiler of ['0.4.26', '0.8.30']) {
      const before = await layout(compiler, flaw('uint8 a; S s;', '0.4.0'))
      const after = await layout(compiler, flaw(variables, '0.4.0'))
      expect(() => proveAppended(before, after)).toThrow(
        expect.objectContaining({ code: 'PATCH_IMPOSSIBLE' }),
      )
    }
  })

  it.each(['0.4.26', '0.8.30'])('refuses a struct whose members changed places (%s)', async (compiler) => {
    const before = await layout(compiler, flaw('mapping(address => S) s;', '0.4.0'))
    const swapped = flaw('mapping(address => S) s;', '0.4.0').replace(
      'uint128 a; uint128 b;',
      'uint128 b; uint128 a;',
    )
    const after = await layout(compiler, swapped)
    expect(() => proveAppended(before, after)).toThrow(expect.objectContaining({ code: 'PATCH_IMPOSSIBLE' }))
  })
})
