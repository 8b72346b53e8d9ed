import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { breathe } from '../../test/support/breathe.ts'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { evmoleBlocks, evmoleFunctions } from '../../test/support/evmole.ts'
import { print } from '../../test/support/print.ts'
import { seededRandom } from '../../test/support/random.ts'
import { nameOf, SETUPS, vaultSource } from '../../test/support/vault-source.ts'
import { bytesOf, type Hex } from '../core/hex.ts'
import { blockAt, buildCfg, type Cfg, reachableFrom } from './cfg.ts'

afterEach(breathe)

const BLOCKS = path.join(import.meta.dirname, '../../../shared/data/blocks')

const TOKEN = `
import "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import "@openzeppelin/contracts/governance/TimelockController.sol";
import "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
contract VotesToken is ERC20Votes {
  constructor() ERC20("a", "b") EIP712("a", "1") {}
}
contract Lock is TimelockController {
  constructor(address[] memory a) TimelockController(1, a, a, msg.sender) {}
}`

const landings = (cfg: Cfg): number[] => [...cfg.reached].filter((start) => cfg.destinations[start] === 1)

const evmoleLandings = (code: Hex, cfg: Cfg): number[] =>
  evmoleBlocks(code).filter((start) => cfg.destinations[start] === 1)

describe('buildCfg on compiled contracts', () => {
  it.each(SETUPS.map((setup) => [nameOf(setup), setup] as const))(
    'reaches all that evmole reaches with %s',
    (_, setup) => {
      const code = compileSolidity(vaultSource(setup), setup).Vault!.runtime
      const cfg = buildCfg(bytesOf(code))
      expect([...cfg.unresolved]).toEqual([])
      expect(cfg.complete).toBe(true)
      const reached = new Set(landings(cfg))
      expect(evmoleLandings(code, cfg).filter((start) => !reached.has(start))).toEqual([])
    },
  )

  it.each([
    ['legacy', { compiler: 'solc', runs: 200 }],
    ['legacy, not optimised', { compiler: 'solc' }],
    ['via IR', { compiler: 'solc', runs: 200, viaIR: true }],
  ] as const)('resolves every jump of OpenZeppelin contracts (%s)', (_, setup) => {
    const contracts = compileSolidity(TOKEN, setup)
    for (const name of ['VotesToken', 'Lock']) {
      const cfg = buildCfg(bytesOf(contracts[name]!.runtime))
      expect([...cfg.unresolved]).toEqual([])
      const reached = new Set(landings(cfg))
      expect(evmoleLandings(contracts[name]!.runtime, cfg).filter((start) => !reached.has(start))).toEqual([])
    }
  })

  it('follows function pointers on the stack, and reports those in memory as unresolved', () => {
    const source = `contract P {
      function twice(uint256 x) internal pure returns (uint256) { return x * 2; }
      function thrice(uint256 x) internal pure returns (uint256) { return x * 3; }
      function apply_(function (uint256) internal pure returns (uint256) f, uint256 x) internal pure returns (uint256) {
        return f(x);
      }
      function onStack(bool b, uint256 x) public pure returns (uint256) { return apply_(b ? twice : thrice, x); }
    }
    contract Q is P {
      function inMemory(uint256 i, uint256 x) public pure returns (uint256) {
        function (uint256) internal pure returns (uint256)[2] memory table;
        table[0] = twice;
        table[1] = thrice;
        return table[i](x);
      }
    }`
    const contracts = compileSolidity(source, { compiler: 'solc-0.8.19', runs: 200 })
    const onStack = buildCfg(bytesOf(contracts.P!.runtime))
    expect([onStack.unresolved.size, onStack.possible.size]).toEqual([0, 0])
    expect(buildCfg(bytesOf(contracts.Q!.runtime)).unresolved.size).toBe(1)
  })
})

describe('buildCfg on hand-written code', () => {
  it('returns to the caller that made the call and to no other', () => {
    // A (0x00) and B (0x0a) call f (0x17), each with its own continuation below the return address.
    const cfg = buildCfg(bytesOf('0x600a6008601756fe5b565b60156013601756fe5b565b005b56'))
    expect([...cfg.unresolved]).toEqual([])
    expect([...cfg.successors.get(0x08)!]).toEqual([0x0a])
    expect([...cfg.successors.get(0x13)!]).toEqual([0x15])
  })

  it('does not take data behind an unconditional jump for code', () => {
    // PUSH1 5 JUMP, data 0x5b 0x5b, JUMPDEST STOP
    const cfg = buildCfg(bytesOf('0x6005565b5b5b00'))
    expect([...cfg.reached]).toEqual([0, 5])
    expect([...cfg.possible]).toEqual([])
  })

  it('marks what an unresolved jump may reach, and admits it once it was executed', () => {
    // CALLDATALOAD(0) JUMP; JUMPDEST STOP; JUMPDEST PUSH1 11 JUMP; STOP; JUMPDEST STOP
    const code = bytesOf('0x600035565b005b600b56005b00')
    const cfg = buildCfg(code)
    expect([...cfg.reached]).toEqual([0])
    expect([...cfg.unresolved]).toEqual([3])
    expect([...cfg.possible]).toEqual([4, 6, 11])
    expect([...buildCfg(code, { executed: [7] }).reached].sort((a, b) => a - b)).toEqual([0, 6, 11])
  })

  it('refuses what cannot be runtime code', () => {
    const refused = (code: Uint8Array) => {
      expect(() => buildCfg(code)).toThrowError(expect.objectContaining({ code: 'BYTECODE_INVALID' }))
    }
    refused(new Uint8Array())
    refused(new Uint8Array(24_577))
    refused(bytesOf('0xef0100000000000000000000000000000000000000000000'))
    expect(() => blockAt(buildCfg(bytesOf('0x600100')), 1)).toThrowError(
      expect.objectContaining({ code: 'BYTECODE_INVALID' }),
    )
  })
})

describe('buildCfg on hostile code', () => {
  it('ends soon on 300 random codes', () => {
    const seed = 20_240_607
    print(`seed ${seed}`)
    const random = seededRandom(seed)
    const started = performance.now()
    for (let i = 0; i < 300; i++) {
      const code = Uint8Array.from({ length: 1 + Math.floor(random() * 2000) }, () => hostileByte(random))
      if (code[0] === 0xef) code[0] = 0
      buildCfg(code, { maxSteps: 20_000 })
    }
    expect(performance.now() - started).toBeLessThan(30_000)
  })

  it('converges when the stack grows without end, and says so when it is cut short', () => {
    // JUMPDEST PUSH1 1 PUSH1 1 PUSH1 0 JUMP
    const code = bytesOf('0x5b60016001600056')
    expect(buildCfg(code).complete).toBe(true)
    expect(buildCfg(code, { maxSteps: 5 }).complete).toBe(false)
  })
})

describe('reachableFrom', () => {
  it('stays inside one function', () => {
    const setup = SETUPS[8]!
    const { runtime, selectors } = compileSolidity(vaultSource(setup), setup).Vault!
    const cfg = buildCfg(bytesOf(runtime))
    const entry = evmoleFunctions(runtime).get(`0x${selectors['owner()']}`)!
    const blocks = reachableFrom(cfg, entry)
    const opcodes = [...blocks].flatMap((start) =>
      cfg.blocks.get(start)!.instructions.map(({ opcode }) => opcode),
    )
    expect(opcodes).toContain(0x54)
    expect(opcodes).not.toContain(0xf1)
    expect(opcodes).not.toContain(0x55)
  })
})

describe.skipIf(!existsSync(BLOCKS))('buildCfg on mainnet code (skipped without ../shared/data)', () => {
  it('resolves 99.5 % of the jumps of the contracts in real blocks, each within two seconds', () => {
    const codes = mainnetCodes()
    let resolved = 0
    let unresolved = 0
    let slowest = 0
    for (const code of codes) {
      const started = performance.now()
      const cfg = buildCfg(code)
      slowest = Math.max(slowest, performance.now() - started)
      unresolved += cfg.unresolved.size
      resolved += [...cfg.resolved].filter((pc) => !cfg.unresolved.has(pc)).length
    }
    const share = resolved / (resolved + unresolved)
    print(
      `${codes.length} codes, ${(share * 100).toFixed(2)} % of ${resolved + unresolved} jumps resolved, slowest ${slowest.toFixed(0)} ms`,
    )
    expect(share).toBeGreaterThan(0.995)
    expect(slowest).toBeLessThan(2_000)
  })
})

function mainnetCodes(): Uint8Array[] {
  const files = readdirSync(BLOCKS).filter((file) => file.endsWith('.json.gz'))
  const codes = new Set<string>()
  for (const file of files.filter((_, i) => i % 5 === 0)) {
    const text = gunzipSync(readFileSync(path.join(BLOCKS, file))).toString()
    for (const [, code] of text.matchAll(/"code":\s*"(0x[0-9a-f]{2,49152})"/g)) codes.add(code!)
  }
  return [...codes].map((code) => bytesOf(code as Hex)).filter((code) => code[0] !== 0xef)
}

/** Rich in jumps, jump destinations and short pushes. */
function hostileByte(random: () => number): number {
  const pick = random()
  if (pick < 0.25) return 0x5b
  if (pick < 0.45) return 0x60
  if (pick < 0.6) return 0x56 + Math.floor(random() * 2)
  if (pick < 0.75) return 0x80 + Math.floor(random() * 32)
  return Math.floor(random() * 256)
}
