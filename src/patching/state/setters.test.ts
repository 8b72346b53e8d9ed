import { describe, expect, it } from 'vitest'
import { type CompilerSetup, compileSolidity } from '../../../test/support/compile-solidity.ts'
import { bytesOf } from '../../core/hex.ts'
import { analyseCode } from '../../evm/analysis/analyse.ts'
import { buildCfg } from '../../evm/cfg.ts'
import { countReaders, findSetters, protectedSelectors } from './setters.ts'

const SOURCE = `
contract Desk {
  address owner;          // 0
  uint256 cap;            // 1
  uint64 fee; uint64 ltv; bool open; // 2
  address oracle;         // 3
  mapping(address => uint256) caps; // 4
  uint256 free;           // 5
  uint256 total;          // 6
  modifier onlyOwner() { require(msg.sender == owner); _; }
  function setCap(uint256 next) external onlyOwner { require(next < 1000); cap = next; }
  function setRates(uint64 nextFee, uint64 nextLtv) external onlyOwner { fee = nextFee; ltv = nextLtv; }
  function setOpen(bool next) external onlyOwner { open = next; }
  function setOracle(address next) external onlyOwner { oracle = next; }
  function setCapOf(address who, uint256 next) external onlyOwner { caps[who] = next; }
  function setFree(uint256 next) external { free = next; }
  function setSum(uint256 a, uint256 b) external onlyOwner { total = a + b; }
  function close() external onlyOwner { open = false; }
  function use(uint256 n) external view returns (uint256) { require(open && n * ltv < cap); return n * fee; }
}`
const ALL = new Set([0n, 1n, 2n, 3n, 4n, 5n, 6n])
const SETUPS: readonly CompilerSetup[] = [
  { compiler: 'solc', runs: 200 },
  { compiler: 'solc' },
  { compiler: 'solc', runs: 200, viaIR: true },
  { compiler: 'solc-0.5.17', runs: 200 },
]

describe('findSetters', () => {
  it.each(
    SETUPS.map((setup) => [`${setup.compiler} ${setup.runs ?? 0} ${setup.viaIR ?? ''}`, setup] as const),
  )('finds what sets plain variables to an argument under authority, with %s', (_, setup) => {
    const { runtime, selectors } = compileSolidity(SOURCE, setup).Desk!
    const analysis = analyseCode(buildCfg(bytesOf(runtime)))
    const name = (selector: string) =>
      Object.keys(selectors).find((signature) => `0x${selectors[signature]}` === selector)
    const found = findSetters(analysis, ALL).map(
      ({ selector, parameters }) =>
        `${name(selector)}: ${parameters
          .map(({ slot, field, argument }) => `${slot} ${field.offset}+${field.bits} from ${argument}`)
          .join(', ')}`,
    )
    expect(found.sort()).toEqual([
      'setCap(uint256): 1 0+256 from 0',
      'setOpen(bool): 2 128+1 from 0',
      'setRates(uint64,uint64): 2 0+64 from 0, 2 64+64 from 1',
    ])
    expect(findSetters(analysis, new Set([1n])).map(({ selector }) => name(selector))).toEqual([
      'setCap(uint256)',
    ])
    expect(countReaders(analysis, 1n)).toBe(1)
    expect(protectedSelectors(analysis).map(name).sort()).toEqual([
      'close()',
      'setCap(uint256)',
      'setCapOf(address,uint256)',
      'setOpen(bool)',
      'setOracle(address)',
      'setRates(uint64,uint64)',
      'setSum(uint256,uint256)',
    ])
  })
})
