import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { breathe } from '../../../test/support/breathe.ts'
import { compileSolidity } from '../../../test/support/compile-solidity.ts'
import { evmoleFunctions } from '../../../test/support/evmole.ts'
import { print } from '../../../test/support/print.ts'
import { seededRandom } from '../../../test/support/random.ts'
import { nameOf, SETUPS, vaultSource } from '../../../test/support/vault-source.ts'
import { bytesOf, type Hex } from '../../core/hex.ts'
import { buildCfg } from '../cfg.ts'
import { OP } from '../opcodes.ts'
import { analyseCode } from './analyse.ts'
import type { Analysis, Variable } from './types.ts'

afterEach(breathe)

const ROOT = path.join(import.meta.dirname, '../../..')

const analyse = (code: Hex): Analysis => analyseCode(buildCfg(bytesOf(code)))

const line = ({ slot, shape, keys, field }: Variable): string =>
  `${slot}${shape} ${keys.map((types) => types.join('|')).join(',')} ${field.offset}+${field.bits}`.replace(
    '  ',
    ' ',
  )

describe('analyseCode on compiled contracts', () => {
  it.each(SETUPS.map((setup) => [nameOf(setup), setup] as const))(
    'finds variables, writers, calls and payable functions of the vault with %s',
    (_, setup) => {
      const { runtime, selectors } = compileSolidity(vaultSource(setup), setup).Vault!
      const analysis = analyse(runtime)
      expect(analysis.complete).toBe(true)
      expect(analysis.variables.map(line)).toEqual(['0x0 0+160', '0x1[key] address 0+256', '0x2 0+256'])
      const named = (selector: string) =>
        Object.entries(selectors).find(([, value]) => `0x${value}` === selector)?.[0]
      expect(
        analysis.functions.filter(({ payable }) => payable).map(({ selector }) => named(selector)),
      ).toEqual(['deposit()'])
      const writers = (slot: bigint) =>
        [...new Set(analysis.writesTo(slot).map(({ selector }) => named(selector)))].sort()
      expect(writers(0n)).toEqual(['setOwner(address)'])
      expect(writers(1n)).toEqual(['deposit()', 'move(address,uint256)', 'withdraw()'])
      expect(writers(3n)).toEqual([])
      const calls = analysis.functions.flatMap(({ selector, calls }) =>
        calls.map(({ kind, target, value }) => [named(selector), kind, target?.text, value?.text]),
      )
      expect(calls.sort()).toEqual([
        ['pay(address,uint256)', 'call', 'calldata[0x4]', 'calldata[0x24]'],
        ['relay(address,bytes)', 'call', 'calldata[0x4]', '0x0'],
        ['withdraw()', 'call', 'caller', 'storage[0x1][caller]'],
      ])
    },
  )

  const STORAGE = `contract Storage {
    address a; bool b; uint64 c;
    mapping(address => mapping(uint256 => bool)) nested;
    mapping(string => uint256) byName;
    struct Position { address holder; uint96 amount; uint256 since; }
    Position[] list;
    mapping(address => Position) positions;
    uint256[4] fixedLength;
    uint256 last;
    function set(uint64 n) public { c = n; }
    function flip() public { b = !b; }
    function setNested(address who, uint256 id) public { nested[who][id] = true; }
    function setName(string memory name) public { byName[name] = 1; }
    function push() public { list.push(Position(msg.sender, 1, block.timestamp)); }
    function change(uint256 i, uint256 v) public { list[i].since = v; fixedLength[i] = v; }
    function open(uint96 n) public { positions[msg.sender].amount = n; positions[msg.sender].since = n; last = n; }
  }`

  it.each(
    SETUPS.filter(({ compiler }) => /0\.8|solc$/.test(compiler)).map(
      (setup) => [nameOf(setup), setup] as const,
    ),
  )('tells packed fields, nested mappings, arrays and structs apart with %s', (_, setup) => {
    const { variables } = analyse(compileSolidity(STORAGE, setup).Storage!.runtime)
    const written = variables.filter(({ writers }) => writers.length > 0).map(line)
    expect(written).toEqual(
      expect.arrayContaining([
        '0x0 160+8',
        '0x0 168+64',
        '0x1[key][key] address,word 0+8',
        '0x2[key] word 0+256',
        '0x3 0+256',
        '0x3[].1 0+256',
        '0x4[key] address 160+96',
        '0x4[key].1 address 0+256',
        '0x5[] 0+256',
        '0x9 0+256',
      ]),
    )
  })

  it('answers which functions reach an instruction and whether all of them check the caller', () => {
    const source = `contract Shared {
      address owner; uint256 total;
      function add(uint256 n) internal { total = total * 3 + n; total = total / 5 + n; total ^= n; }
      function open(uint256 n) public { add(n); }
      function closed(uint256 n) public { require(msg.sender == owner); add(n); }
      function close() public { require(msg.sender == owner); selfdestruct(msg.sender); }
    }`
    const { runtime, selectors } = compileSolidity(source, { compiler: 'solc-0.5.17' }).Shared!
    const analysis = analyse(runtime)
    const [open, closed, close] = ['open(uint256)', 'closed(uint256)', 'close()'].map(
      (name) => `0x${selectors[name]}`,
    )
    const shared = analysis.writesTo(1n)[0]!.write.pc
    expect(new Set(analysis.functionsReaching(shared).map(({ selector }) => selector))).toEqual(
      new Set([open, closed]),
    )
    expect(analysis.isGuarded(shared)).toBe(false)
    const { pc } = analysis.functions.find(({ selector }) => selector === close)!.calls[0]!
    expect(analysis.functionsReaching(pc)).toEqual([{ selector: close, certain: true }])
    expect([analysis.protectionAt(pc), analysis.isGuarded(pc)]).toEqual(['authority', true])
    expect(() => analysis.isGuarded(1)).toThrowError(expect.objectContaining({ code: 'BYTECODE_INVALID' }))
  })

  it('follows recursion as far as it goes and says where it stops', () => {
    const source = `contract Recursive {
      uint256 total;
      function down(uint256 n) internal { if (n > 0) { total += n; down(n - 1); down(n / 2); } }
      function run(uint256 n) public { down(n); }
    }`
    const analysis = analyse(compileSolidity(source, { compiler: 'solc-0.8.19', runs: 1 }).Recursive!.runtime)
    expect(analysis.complete).toBe(false)
    const [run] = analysis.functions
    expect(run!.gaps.map(({ reason }) => reason)).toContain('recursion')
    expect(new Set(run!.writes.map(({ place }) => place?.text))).toEqual(new Set(['storage[0x0]']))
    expect(run!.beyondGaps).toBe('none')
  })
})

describe('analyseCode on hand-written code', () => {
  it('reports a jump to an argument, and lets it count as a way to every place', () => {
    // if (CALLER != SLOAD(0)) STOP; SSTORE(1, 1), JUMP to CALLDATALOAD(4); JUMPDEST SSTORE(2, 1) STOP
    const analysis = analyse('0x3360005414600957005b6001600155600435565b600160025500')
    const [fallback] = analysis.functions
    expect(fallback!.gaps).toEqual([{ reason: 'jump', pc: 18, from: ['calldata'] }])
    expect(analysis.writesTo(1n).map(({ write }) => write.guard.protection)).toEqual([
      'authority',
      'authority',
    ])
    // Without calldata the target is 0, where no jump may land.
    expect(analysis.functionsReaching(24)).toEqual([{ selector: 'fallback', certain: false }])
    expect(analysis.isGuarded(24)).toBe(true)
    expect(analysis.isGuarded(0)).toBe(false)
  })

  it('takes a write to a slot from calldata for one that may hit every slot', () => {
    // SSTORE(CALLDATALOAD(4), CALLER) STOP
    const analysis = analyse('0x336004355500')
    expect(analysis.writesTo(7n)).toMatchObject([
      { selector: 'fallback', certain: false, write: { place: null, slot: { from: ['calldata'] } } },
    ])
  })

  it('ends soon on 150 random codes, and says when it was cut short', () => {
    const seed = 20_240_612
    print(`seed ${seed}`)
    const random = seededRandom(seed)
    for (let i = 0; i < 150; i++) {
      const code = Uint8Array.from({ length: 1 + Math.floor(random() * 1500) }, () => hostileByte(random))
      if (code[0] === 0xef) code[0] = 0
      const begun = process.cpuUsage()
      analyseCode(buildCfg(code, { maxSteps: 20_000 }), { maxSteps: 5_000 })
      expect(process.cpuUsage(begun).user).toBeLessThan(5_000_000)
    }
    const loop = bytesOf('0x5b60016001600056')
    const analysis = analyseCode(buildCfg(loop), { maxSteps: 5 })
    expect(analysis.functions.flatMap(({ gaps }) => gaps.map(({ reason }) => reason))).toContain('budget')
  })
})

describe('selectors', () => {
  it('are those evmole finds in contracts built by their authors with the optimiser', () => {
    const differing = builtContracts().filter(({ code }) => {
      const here = analyse(code).functions.map(({ selector }) => selector)
      const ours = here.filter((selector) => selector.startsWith('0x')).sort()
      return ours.join() !== [...evmoleFunctions(code).keys()].sort().join()
    })
    expect(differing.map(({ name }) => name)).toEqual([])
  })

  it('include all that evmole finds in the codes of the own cases', () => {
    const missed = caseCodes().flatMap((code) => {
      const here = new Set<string>(analyse(code).functions.map(({ selector }) => selector))
      return [...evmoleFunctions(code).keys()].filter((selector) => !here.has(selector))
    })
    expect(missed).toEqual([])
  })
})

function caseCodes(): Hex[] {
  const cases = path.join(ROOT, 'cases')
  const codes = readdirSync(cases)
    .map((name) => path.join(cases, name, 'case.json'))
    .filter(existsSync)
    .flatMap((file) => {
      const { alloc } = JSON.parse(readFileSync(file, 'utf8')) as { alloc: Record<string, { code?: Hex }> }
      return Object.values(alloc).flatMap(({ code }) => (code && code !== '0x' ? [code] : []))
    })
  return [...new Set(codes)]
}

/** Optimised runtime codes in npm packages, without libraries, whose codes start with their own address. */
function builtContracts(): { readonly name: string; readonly code: Hex }[] {
  const folders = [
    'node_modules/@aave/core-v3/artifacts/contracts/protocol/pool',
    'node_modules/@aave/core-v3/artifacts/contracts/protocol/tokenization',
    'node_modules/@safe-global/safe-smart-account/build/artifacts/contracts',
  ].map((folder) => path.join(ROOT, folder))
  return folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.json') && !file.endsWith('.dbg.json'))
      .flatMap((file) => {
        const { deployedBytecode } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as {
          deployedBytecode?: Hex
        }
        // Places for the addresses of libraries are no hex; any address does.
        const code = deployedBytecode?.replace(/__\$[0-9a-f]{34}\$__/g, '11'.repeat(20)) as Hex | undefined
        return code && code.length > 400 && !code.startsWith('0x73') ? [{ name: file, code }] : []
      }),
  )
}

/** Rich in storage, hashes, jumps and their destinations. */
function hostileByte(random: () => number): number {
  const pick = random()
  if (pick < 0.2) return OP.JUMPDEST
  if (pick < 0.45) return OP.PUSH1
  if (pick < 0.55) return OP.JUMP + Math.floor(random() * 2)
  if (pick < 0.65) return OP.POP + Math.floor(random() * 6)
  if (pick < 0.7) return OP.KECCAK256
  if (pick < 0.85) return OP.DUP1 + Math.floor(random() * 32)
  return Math.floor(random() * 256)
}
