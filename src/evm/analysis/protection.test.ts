import { afterEach, describe, expect, it } from 'vitest'
import { breathe } from '../../../test/support/breathe.ts'
import { type CompilerSetup, compileSolidity } from '../../../test/support/compile-solidity.ts'
import { nameOf } from '../../../test/support/vault-source.ts'
import { bytesOf } from '../../core/hex.ts'
import { buildCfg } from '../cfg.ts'
import { analyseCode } from './analyse.ts'
import { PROTECTIONS, type Protection } from './frame.ts'

afterEach(breathe)

const SETUPS: readonly CompilerSetup[] = [
  { compiler: 'solc-0.4.26' },
  { compiler: 'solc-0.5.17', runs: 200 },
  { compiler: 'solc-0.6.12', runs: 999_999 },
  { compiler: 'solc-0.7.6', runs: 200 },
  { compiler: 'solc-0.8.19' },
  { compiler: 'solc', runs: 200 },
  { compiler: 'solc', runs: 200, viaIR: true },
]

/** Each function sets `cap` under another check; the comment is what it is worth. */
const CHECKS = [
  ['byOwner', 'require(msg.sender == owner);', 'authority'],
  ['inverted', 'if (msg.sender != owner) revert();', 'authority'],
  [
    'constantAddress',
    'require(msg.sender == address(0x1234567890123456789012345678901234567890));',
    'authority',
  ],
  ['self', 'require(msg.sender == address(this));', 'authority'],
  ['flag', 'require(admin[msg.sender]);', 'authority'],
  ['number', 'require(wards[msg.sender] == 1);', 'authority'],
  ['role', 'require(roles[keccak256("R")][msg.sender]);', 'authority'],
  ['internalFunction', 'require(isOwner(msg.sender));', 'authority'],
  ['and', 'require(!paused && isOwner(msg.sender));', 'authority'],
  ['either', 'require(isOwner(msg.sender) || msg.sender == keeper);', 'authority'],
  [
    'branches',
    'if (paused) { require(msg.sender == owner); } else { require(admin[msg.sender]); }',
    'authority',
  ],
  ['signature', 'require(ecrecover(bytes32(uint256(v)), 27, bytes32(0), bytes32(0)) == owner);', 'authority'],
  ['ownRecord', 'require(holder[v] == msg.sender);', 'record'],
  ['ownAmount', 'require(wards[msg.sender] >= v);', 'record'],
  ['origin', 'require(tx.origin == owner);', 'origin'],
  ['nothing', '', 'none'],
  ['or', 'require(paused || isOwner(msg.sender));', 'none'],
  ['oneBranch', 'if (paused) { require(msg.sender == owner); }', 'none'],
  ['argument', 'require(msg.sender == address(uint160(v)));', 'none'],
  ['notZero', 'require(msg.sender != address(0));', 'none'],
  ['blacklist', 'require(!admin[msg.sender]);', 'none'],
  ['eoa', 'require(tx.origin == msg.sender);', 'none'],
] as const

const SOURCE = `contract Guarded {
  address owner; bool paused; address keeper; uint256 cap;
  mapping(address => bool) admin;
  mapping(address => uint256) wards;
  mapping(uint256 => address) holder;
  mapping(bytes32 => mapping(address => bool)) roles;
  function isOwner(address who) internal view returns (bool) { return who == owner; }
  ${CHECKS.map(([name, check]) => `function ${name}(uint256 v) public { ${check} cap = v; }`).join('\n  ')}
}`

describe('protection of writes', () => {
  it.each(SETUPS.map((setup) => [nameOf(setup), setup] as const))(
    'is what the source says with %s',
    (_, setup) => {
      const { runtime, selectors } = compileSolidity(SOURCE, setup).Guarded!
      const analysis = analyseCode(buildCfg(bytesOf(runtime)))
      expect(analysis.complete).toBe(true)
      const found = CHECKS.map(([name]) => {
        const selector = `0x${selectors[`${name}(uint256)`]}`
        const { writes } = analysis.functions.find((each) => each.selector === selector)!
        for (const { place, value } of writes) {
          expect([place?.path, value.text]).toEqual([[], 'calldata[0x4]'])
        }
        // The compiler may write once on each way.
        const protections = writes.map(({ guard }) => PROTECTIONS.indexOf(guard.protection as Protection))
        return [name, PROTECTIONS[Math.min(...protections)]]
      })
      expect(found).toEqual(CHECKS.map(([name, , protection]) => [name, protection]))
    },
  )

  it('names the checks, and the conditions that hold on every way', () => {
    const { runtime, selectors } = compileSolidity(SOURCE, { compiler: 'solc', runs: 200 }).Guarded!
    const { functions } = analyseCode(buildCfg(bytesOf(runtime)))
    const guardOf = (name: string) =>
      functions.find(({ selector }) => selector === `0x${selectors[`${name}(uint256)`]}`)!.writes[0]!.guard
    expect(guardOf('either')).toMatchInlineSnapshot(`
      {
        "by": [
          "caller == storage[0x0]",
          "caller == storage[0x1]",
        ],
        "conditions": [
          "value == 0",
        ],
        "protection": "authority",
      }
    `)
    expect(guardOf('and')).toMatchInlineSnapshot(`
      {
        "by": [
          "caller == storage[0x0]",
        ],
        "conditions": [
          "caller == storage[0x0]",
          "storage[0x0]{160,8} == 0",
          "value == 0",
        ],
        "protection": "authority",
      }
    `)
    expect(guardOf('or')).toMatchInlineSnapshot(`
      {
        "by": [],
        "conditions": [
          "value == 0",
        ],
        "protection": "none",
      }
    `)
    expect(guardOf('role').by).toHaveLength(1)
  })
})
