import { type Abi, decodeAbiParameters, encodeFunctionData } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { breathe } from '../../test/support/breathe.ts'
import { type CompiledContract, compileSolidity } from '../../test/support/compile-solidity.ts'
import { print } from '../../test/support/print.ts'
import { type CallTrace, findSteps, traceCall } from '../../test/support/traced-call.ts'
import { nameOf, SETUPS, vaultSource } from '../../test/support/vault-source.ts'
import { type LocalNode, startLocalNode } from '../chain/local-node.ts'
import { type Address, bytesOf, type Hex, toWord } from '../core/hex.ts'
import { buildCfg } from '../evm/cfg.ts'
import { functionEntry } from '../evm/cfg-functions.ts'
import { OP } from '../evm/opcodes.ts'
import { type AssembledPatch, assemblePatch } from './assemble.ts'
import { checkCertificate } from './checker/check-certificate.ts'
import { sitesForEntry } from './entry.ts'
import {
  disable,
  guardArithmetic,
  guardCall,
  guardCallAnswer,
  guardCaller,
  guardCallerInSlot,
  guardCallSuccess,
  guardEntry,
  guardOrigin,
  guardPull,
} from './guards.ts'
import { sitesForInstruction } from './operands.ts'
import { buildSiteMap, runAt } from './site-map.ts'
import type { PlacedGuard } from './types.ts'

const VAULT: Address = '0x00000000000000000000000000000000000a0001'
const ATTACKER: Address = '0x00000000000000000000000000000000000a0002'
const TOKEN: Address = '0x00000000000000000000000000000000000a0003'
const REFUSER: Address = '0x00000000000000000000000000000000000a0004'
const USER: Address = '0x00000000000000000000000000000000000b0001'
const OTHER: Address = '0x00000000000000000000000000000000000b0002'
const RESTRICTED = '0xa2d4ac15'
const MAX = 2n ** 256n - 1n
const A = 0x123456789abcdefn
const B = 0xabcdefn

const ATTACKS = `
interface IVault { function deposit() external payable; function withdraw() external; function move(address, uint256) external; }
contract Attacker {
  uint256 rounds; bool crossing;
  function attack(IVault vault, uint256 n, bool cross) external payable returns (uint256) {
    rounds = n; crossing = cross;
    vault.deposit{value: 1 ether}();
    vault.withdraw();
    return address(this).balance;
  }
  receive() external payable {
    if (rounds == 0) return;
    rounds--;
    if (crossing) IVault(msg.sender).move(address(0xdead), 1); else IVault(msg.sender).withdraw();
  }
}
contract Token {
  function transferFrom(address, address, uint256) external pure returns (bool) { return true; }
  function refuse() external pure returns (bool) { return false; }
  function transfer(address, uint256) external pure returns (bool) { return true; }
}`

let node: LocalNode
let attacks: Record<string, CompiledContract>

beforeAll(async () => {
  node = await startLocalNode({ hardfork: 'cancun' })
  attacks = compileSolidity(ATTACKS, { compiler: 'solc', runs: 200 })
})
afterAll(() => node.stop())
afterEach(breathe)

/** One compiled vault, with what a test needs to call and patch it. */
function vaultOf(setup: (typeof SETUPS)[number]) {
  const { abi, runtime, selectors } = compileSolidity(vaultSource(setup), setup).Vault!
  const code = bytesOf(runtime)
  const cfg = buildCfg(code)
  const siteMap = buildSiteMap(cfg)
  const call = (
    name: string,
    args: readonly unknown[],
    from = USER,
    code: Hex = runtime,
  ): Promise<CallTrace> =>
    traceCall(
      node.rpc,
      { from, to: VAULT, data: encodeFunctionData({ abi: abi as Abi, functionName: name, args }) },
      world(code),
    )
  const patch = (guards: readonly PlacedGuard[]): AssembledPatch => {
    const patched = assemblePatch({ code, siteMap, guards })
    const claim = { original: code, patched: bytesOf(patched.runtime), certificate: patched.certificate }
    expect(checkCertificate({ ...claim, siteMapRoot: siteMap.root })).toEqual({
      accepted: true,
      siteMap: 'registered',
    })
    return patched
  }
  const entry = (signature: string): number[] => {
    const { entries } = functionEntry(cfg, `0x${selectors[signature]!}`)
    return entries.flatMap((pc) => sitesForEntry(cfg, siteMap, pc))
  }
  return { runtime, code, cfg, siteMap, call, patch, entry }
}

function world(vault: Hex) {
  const ether = (n: bigint): Hex => `0x${(n * 10n ** 18n).toString(16)}`
  return {
    [VAULT]: { code: vault, balance: ether(10n), stateDiff: { [toWord(0n)]: toWord(BigInt(OTHER)) } },
    [ATTACKER]: { code: attacks.Attacker!.runtime, balance: ether(1n) },
    [TOKEN]: { code: attacks.Token!.runtime },
    [REFUSER]: { code: '0x60006000fd' as Hex },
    [USER]: { balance: ether(100n) },
  }
}

async function attack(vault: Hex, rounds: bigint, cross = false): Promise<CallTrace> {
  const args = [VAULT, rounds, cross]
  const data = encodeFunctionData({ abi: attacks.Attacker!.abi as Abi, functionName: 'attack', args })
  return traceCall(node.rpc, { from: USER, to: ATTACKER, data }, world(vault))
}

const balanceAfter = ({ output }: CallTrace): bigint => decodeAbiParameters([{ type: 'uint256' }], output)[0]

function expectSame(before: CallTrace, after: CallTrace): void {
  expect([after.failed, after.output]).toEqual([before.failed, before.output])
}

function expectRefused(trace: CallTrace): void {
  expect([trace.failed, trace.output.slice(0, 10)]).toEqual([true, RESTRICTED])
}

describe.each(SETUPS.map((setup) => [nameOf(setup), setup] as const))(
  'a vault compiled with %s',
  (name, setup) => {
    const vault = vaultOf(setup)

    it('loses no more than the deposit once calls are locked and entries check the lock', async () => {
      expect(balanceAfter(await attack(vault.runtime, 3n))).toBe(4n * 10n ** 18n)
      const benign = await attack(vault.runtime, 0n)
      const [site] = findSteps(await vault.call('withdraw', []), 'CALL')
      const entries = [...vault.entry('withdraw()'), ...vault.entry('move(address,uint256)')]
      const { runtime } = vault.patch([
        ...guardCall({ pc: site!, hardfork: 'cancun' }),
        ...entries.map((pc) => guardEntry({ pc, hardfork: 'cancun' })),
      ])
      expect((await attack(runtime, 1n)).failed).toBe(true)
      expect((await attack(runtime, 1n, true)).failed).toBe(true)
      const guarded = await attack(runtime, 0n)
      expectSame(benign, guarded)
      const locked = vault.patch(guardCall({ pc: site!, hardfork: 'cancun' }))
      const lockGas =
        (await vault.call('withdraw', [], USER, locked.runtime)).gas - (await vault.call('withdraw', [])).gas
      print(`${name}: lock around the call +${lockGas} gas, with entry checks +${guarded.gas - benign.gas}`)
      expect(lockGas).toBeLessThanOrEqual(450)
    })

    it('does so with the lock in storage, for chains without transient storage', async () => {
      const [site] = findSteps(await vault.call('withdraw', []), 'CALL')
      const { runtime } = vault.patch([
        ...guardCall({ pc: site!, hardfork: 'shanghai' }),
        ...vault.entry('move(address,uint256)').map((pc) => guardEntry({ pc, hardfork: 'shanghai' })),
      ])
      expectSame(await attack(vault.runtime, 0n), await attack(runtime, 0n))
      expect((await attack(runtime, 1n)).failed).toBe(true)
      expect((await attack(runtime, 1n, true)).failed).toBe(true)
    })

    it.each([
      [
        'sum',
        'ADD',
        OP.ADD,
        [
          [MAX, 1n],
          [MAX, MAX],
          [1n, MAX],
        ],
        [
          [A, B],
          [MAX, 0n],
          [0n, MAX],
          [0n, 0n],
          [MAX - 1n, 1n],
        ],
      ],
      [
        'difference',
        'SUB',
        OP.SUB,
        [
          [0n, 1n],
          [A, MAX],
          [A, A + 1n],
        ],
        [
          [A, B],
          [A, A],
          [MAX, MAX],
          [0n, 0n],
          [MAX, 0n],
        ],
      ],
      [
        'product',
        'MUL',
        OP.MUL,
        [
          [MAX, 2n],
          [2n ** 128n, 2n ** 128n],
          [3n, MAX / 2n],
        ],
        [
          [A, B],
          [0n, MAX],
          [MAX, 0n],
          [MAX, 1n],
          [1n, MAX],
          [2n ** 128n, 2n ** 127n],
          [3n, MAX / 3n],
        ],
      ],
    ] as const)(
      'refuses the wrapping %s and nothing else',
      async (functionName, opname, opcode, wrapping, fitting) => {
        const [pc] = findSteps(await vault.call(functionName, [A, B]), opname, [A, B])
        const { runtime, certificate } = vault.patch([guardArithmetic({ pc: pc!, opcode })])
        for (const args of wrapping) {
          expect((await vault.call(functionName, args)).failed).toBe(false)
          expectRefused(await vault.call(functionName, args, USER, runtime))
        }
        for (const args of fitting) {
          const before = await vault.call(functionName, args)
          const after = await vault.call(functionName, args, USER, runtime)
          expectSame(before, after)
          expect(after.gas - before.gas).toBeLessThanOrEqual(opname === 'MUL' ? 100 : 60)
        }
        const bytes = bytesOf(runtime).length - certificate.sites[0]!.trampoline
        expect(bytes).toBeLessThanOrEqual(60)
      },
    )

    it('checks a product of factors below 2^128 for 60 gas at most', async () => {
      const [pc] = findSteps(await vault.call('product', [A, B]), 'MUL', [A, B])
      const { runtime } = vault.patch([{ template: 'mul-checked@2', args: {}, pc: pc! }])
      const half = 2n ** 128n - 1n
      for (const args of [
        [A, B],
        [0n, half],
        [half, 0n],
        [half, half],
      ]) {
        const before = await vault.call('product', args)
        const after = await vault.call('product', args, USER, runtime)
        expectSame(before, after)
        expect(after.gas - before.gas).toBeLessThanOrEqual(60)
      }
      expectRefused(await vault.call('product', [half + 1n, half + 1n], USER, runtime))
    })

    it('asks sentences before an instruction, and goes on as the original where they do not refuse', async () => {
      const piece = (template: string, args: Record<string, bigint> = {}) => ({
        template: `${template}@1`,
        args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, toWord(value)])),
        pc: pc!,
      })
      const [pc] = findSteps(await vault.call('difference', [A, B]), 'SUB', [A, B])
      // SUB has A on top. Refuses when it is below B: what `sub-checked` does, in pieces.
      const below = [
        piece('peek', { depth: 0n }),
        piece('peek', { depth: 1n }),
        piece('less'),
        piece('refuse-if'),
      ]
      // Refuses the caller who was noted before; nobody is, so it notes them.
      const once = [
        ...[piece('caller'), piece('recall', { mark: 1n }), piece('refuse-if')],
        ...[piece('timestamp'), piece('caller'), piece('remember', { mark: 1n })],
      ]
      const checked = vault.patch(below).runtime
      const noting = vault.patch([...below, ...once]).runtime
      for (const runtime of [checked, noting]) {
        for (const args of [
          [A, B],
          [A, A],
          [MAX, 0n],
        ]) {
          expectSame(
            await vault.call('difference', args),
            await vault.call('difference', args, USER, runtime),
          )
        }
        expectRefused(await vault.call('difference', [B, A], USER, runtime))
      }
    })

    it('admits to a function the caller it names only', async () => {
      const sites = vault.entry('setOwner(address)')
      const before = await vault.call('setOwner', [USER])
      const named = vault.patch(sites.map((pc) => guardCaller(pc, OTHER))).runtime
      const inSlot = vault.patch(sites.map((pc) => guardCallerInSlot(pc, { slot: 0n, shift: 0 }))).runtime
      for (const runtime of [named, inSlot]) {
        expectRefused(await vault.call('setOwner', [USER], USER, runtime))
        expectSame(before, await vault.call('setOwner', [USER], OTHER, runtime))
      }
      expectSame(await vault.call('owner', []), await vault.call('owner', [], USER, named))
    })

    it('admits no contract where only origins may call, and nobody where the function is disabled', async () => {
      const sites = vault.entry('deposit()')
      const { runtime } = vault.patch(sites.map(guardOrigin))
      expect((await attack(runtime, 0n)).failed).toBe(true)
      expectSame(await vault.call('deposit', []), await vault.call('deposit', [], USER, runtime))
      expectRefused(await vault.call('deposit', [], USER, vault.patch(sites.map(disable)).runtime))
    })

    it('refuses to go on after a failed call', async () => {
      const [site] = findSteps(await vault.call('pay', [OTHER, 1n]), 'CALL')
      const { runtime } = vault.patch([guardCallSuccess(site!)])
      expect((await vault.call('pay', [REFUSER, 7n])).failed).toBe(false)
      expectRefused(await vault.call('pay', [REFUSER, 7n], USER, runtime))
      expectSame(await vault.call('pay', [OTHER, 7n]), await vault.call('pay', [OTHER, 7n], USER, runtime))
    })

    it('refuses to go on after a call that answered false', async () => {
      const abi = attacks.Token!.abi as Abi
      const refuse = encodeFunctionData({ abi, functionName: 'refuse' })
      const transfer = encodeFunctionData({ abi, functionName: 'transfer', args: [OTHER, 5n] })
      const [site] = findSteps(await vault.call('relay', [TOKEN, refuse]), 'CALL')
      const { runtime } = vault.patch([guardCallAnswer(site!)])
      expect((await vault.call('relay', [TOKEN, refuse])).failed).toBe(false)
      expectRefused(await vault.call('relay', [TOKEN, refuse], USER, runtime))
      for (const [target, data] of [
        [TOKEN, transfer],
        [OTHER, '0x'],
        [REFUSER, refuse],
      ] as const) {
        expectSame(
          await vault.call('relay', [target, data]),
          await vault.call('relay', [target, data], USER, runtime),
        )
      }
    })

    it('pulls tokens from the caller, the origin or itself only', async () => {
      const pull = (from: Address) =>
        encodeFunctionData({
          abi: attacks.Token!.abi as Abi,
          functionName: 'transferFrom',
          args: [from, USER, 5n],
        })
      const [site] = findSteps(await vault.call('relay', [TOKEN, pull(USER)]), 'CALL')
      const { runtime } = vault.patch([guardPull(site!)])
      expect((await vault.call('relay', [TOKEN, pull(OTHER)])).failed).toBe(false)
      expectRefused(await vault.call('relay', [TOKEN, pull(OTHER)], USER, runtime))
      const plain = encodeFunctionData({
        abi: attacks.Token!.abi as Abi,
        functionName: 'transfer',
        args: [OTHER, 5n],
      })
      for (const data of [
        pull(USER),
        pull(VAULT),
        plain,
        '0x',
        '0x23b872dd',
        pull(OTHER).slice(0, 130) as Hex,
      ]) {
        expectSame(
          await vault.call('relay', [TOKEN, data]),
          await vault.call('relay', [TOKEN, data], USER, runtime),
        )
      }
    })
  },
)

describe('sitesForInstruction', () => {
  it('goes back to where the operands were laid down when a helper is too short for a window', async () => {
    const vault = vaultOf({ compiler: 'solc-0.4.26', runs: 200 })
    const [pc] = findSteps(await vault.call('tiny', [A, B]), 'ADD', [A, B])
    expect(runAt(vault.siteMap, pc!)).toBeUndefined()
    const sites = sitesForInstruction(vault.cfg, vault.siteMap, pc!)
    const { runtime } = vault.patch(sites.map((place) => guardArithmetic({ pc: place, opcode: OP.ADD })))
    expectRefused(await vault.call('tiny', [MAX, 1n], USER, runtime))
    expectSame(await vault.call('tiny', [A, B]), await vault.call('tiny', [A, B], USER, runtime))
  })

  it('gives up where the way there is the return of a function that others share', async () => {
    const vault = vaultOf({ compiler: 'solc-0.8.19', runs: 200 })
    const [pc] = findSteps(await vault.call('tiny', [A, B]), 'ADD', [A, B])
    expect(() => sitesForInstruction(vault.cfg, vault.siteMap, pc!)).toThrowError(
      expect.objectContaining({ code: 'PATCH_IMPOSSIBLE' }),
    )
  })
})

describe('assemblePatch', () => {
  it('says so when the patched code would be too long', () => {
    const code = new Uint8Array(24_560)
    code.set(bytesOf('0x600160020100'))
    const siteMap = buildSiteMap(buildCfg(code))
    expect(() =>
      assemblePatch({ code, siteMap, guards: [guardArithmetic({ pc: 4, opcode: OP.ADD })] }),
    ).toThrowError(expect.objectContaining({ code: 'PATCH_IMPOSSIBLE' }))
  })

  it('refuses the site map of other code', () => {
    const siteMap = buildSiteMap(buildCfg(bytesOf('0x600160020100')))
    const code = bytesOf('0x600160020200')
    expect(() => assemblePatch({ code, siteMap, guards: [disable(0)] })).toThrowError(
      expect.objectContaining({ code: 'BYTECODE_INVALID' }),
    )
  })

  it('puts memory back that a guard went through', async () => {
    // MSTORE(0, CALLDATALOAD(0)); CALL(gas, TOKEN, 0, 0, 0, 0, 0); POP; RETURN(0, MSIZE)
    const code = bytesOf(
      `0x600035600052600060006000600060007 3${TOKEN.slice(2)}5af150596000f3`.replace(' ', '') as Hex,
    )
    const siteMap = buildSiteMap(buildCfg(code))
    const { runtime } = assemblePatch({ code, siteMap, guards: [guardCallAnswer(code.indexOf(OP.CALL, 37))] })
    const answering = (word: bigint) =>
      traceCall(
        node.rpc,
        { to: VAULT, data: toWord(A) },
        // MSTORE(0, word); RETURN(0, 32)
        {
          [VAULT]: { code: runtime },
          [TOKEN]: { code: `0x7f${toWord(word).slice(2)}60005260206000f3` as Hex },
        },
      )
    expect((await answering(7n)).output).toBe(toWord(A))
    expectRefused(await answering(0n))
  })

  it('starts the appendix at an instruction even when the original ends in a cut-off PUSH32', async () => {
    // CALLDATALOAD(0) + CALLDATALOAD(32) is returned; a PUSH32 without operand stands behind.
    const code = bytesOf('0x6020356000350160005260206000f37f')
    const siteMap = buildSiteMap(buildCfg(code))
    const { runtime } = assemblePatch({ code, siteMap, guards: [guardArithmetic({ pc: 6, opcode: OP.ADD })] })
    const run = (a: bigint, b: bigint) =>
      traceCall(
        node.rpc,
        { to: VAULT, data: `${toWord(a)}${toWord(b).slice(2)}` as Hex },
        { [VAULT]: { code: runtime } },
      )
    expect((await run(2n, 3n)).output).toBe(toWord(5n))
    expectRefused(await run(MAX, 3n))
  })
})
