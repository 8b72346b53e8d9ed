import { type Abi, encodeFunctionData } from 'viem'
import type { Rpc } from '../src/chain/types.ts'
import { SutureError } from '../src/core/errors.ts'
import { type Address, bytesOf, type Hex, toQuantity, toWord } from '../src/core/hex.ts'
import { buildCfg } from '../src/evm/cfg.ts'
import { functionEntry } from '../src/evm/cfg-functions.ts'
import { OP } from '../src/evm/opcodes.ts'
import { assemblePatch } from '../src/patching/assemble.ts'
import { checkCertificate } from '../src/patching/checker/check-certificate.ts'
import { sitesForEntry } from '../src/patching/entry.ts'
import * as guards from '../src/patching/guards.ts'
import { buildSiteMap } from '../src/patching/site-map.ts'
import { TEMPLATES } from '../src/patching/templates/table.ts'
import { isPiece } from '../src/patching/templates/template.ts'
import type { PlacedGuard } from '../src/patching/types.ts'
import { compileSolidity } from '../test/support/compile-solidity.ts'
import { findSteps, traceCall } from '../test/support/traced-call.ts'
import { vaultSource } from '../test/support/vault-source.ts'

/** What one guard, or a set of them that belongs together, costs on a real contract. */
export interface GuardCost {
  readonly guards: string
  /** The function that was called. */
  readonly function: string
  /** Bytes of the trampolines: guards, the instructions that moved there, and the way back. */
  readonly bytes: number
  /** What the patched code has more, with the padding and the code that reverts, which a patch has once. */
  readonly totalBytes: number
  /** Gas of a transaction it lets pass, beyond what it takes without the guard; null where it lets none pass. */
  readonly gas: number | null
  /** The same once more, with everything written before; null where a lock was never given back. */
  readonly gasAgain: number | null
}

const SETUP = { compiler: 'solc', runs: 200 } as const
const VAULT: Address = '0x00000000000000000000000000000000000a0001'
const TOKEN: Address = '0x00000000000000000000000000000000000a0003'
const USER: Address = '0x00000000000000000000000000000000000b0001'
const OTHER: Address = '0x00000000000000000000000000000000000b0002'
const ETHER = 10n ** 18n
/** Its functions answer true, whatever they are asked. */
const YES: Hex = '0x600160005260206000f3'
const A = 0x123456789abcdefn
const B = 0xabcdefn

interface Use {
  readonly name: string
  readonly args: readonly unknown[]
}

interface Sample {
  readonly label: string
  readonly use: Use
  readonly place: () => Promise<PlacedGuard[]> | PlacedGuard[]
}

/**
 * Gas and bytes of every template of the table: the same transaction is mined on the original code and on the patched one, and the
 * receipts are compared. The contract is the vault of the patching tests, as the newest compiler makes it.
 *
 * @param rpc a node that mines when told, and impersonates any sender
 */
export async function measureGuards(rpc: Rpc): Promise<GuardCost[]> {
  const { abi, runtime, selectors } = compileSolidity(vaultSource(SETUP), SETUP).Vault!
  const code = bytesOf(runtime)
  const cfg = buildCfg(code)
  const siteMap = buildSiteMap(cfg)
  const world = { [VAULT]: { code: runtime, balance: toQuantity(ETHER) }, [TOKEN]: { code: YES } }
  const dataOf = ({ name, args }: Use) => encodeFunctionData({ abi: abi as Abi, functionName: name, args })

  /** Where the function executes an instruction, found by executing it. */
  async function site(use: Use, opcode: string, operands?: readonly [bigint, bigint]): Promise<number> {
    const trace = await traceCall(rpc, { from: USER, to: VAULT, data: dataOf(use) }, world)
    const [pc] = findSteps(trace, opcode, operands)
    if (pc !== undefined) return pc
    throw new SutureError('INTERNAL', 'The benchmark finds no place for a guard.', {
      meta: [`function: ${use.name}`, `instruction: ${opcode}`],
    })
  }

  const entry = (signature: string): number[] =>
    functionEntry(cfg, `0x${selectors[signature]!}`).entries.flatMap((pc) => sitesForEntry(cfg, siteMap, pc))

  async function mine(patched: Hex, use: Use): Promise<(number | null)[]> {
    const snapshot = await rpc.request<Hex>('evm_snapshot')
    await rpc.request('anvil_setCode', [VAULT, patched])
    try {
      const first = await gasOf(dataOf(use))
      return [first, await gasOf(dataOf(use))]
    } finally {
      await rpc.request('evm_revert', [snapshot])
    }
  }

  /** null where it reverts. */
  async function gasOf(data: Hex): Promise<number | null> {
    const gas = toQuantity(1_000_000)
    const hash = await rpc.request<Hex>('eth_sendTransaction', [{ from: USER, to: VAULT, data, gas }])
    await rpc.request('evm_mine')
    const receipt = await rpc.request<{ gasUsed: Hex; status: Hex }>('eth_getTransactionReceipt', [hash])
    return BigInt(receipt.status) === 1n ? Number(receipt.gasUsed) : null
  }

  async function measure({ label, use, place }: Sample): Promise<GuardCost> {
    const placed = await place()
    const { runtime: patched, certificate } = assemblePatch({ code, siteMap, guards: placed })
    const claim = { original: code, patched: bytesOf(patched), certificate, siteMapRoot: siteMap.root }
    if (!checkCertificate(claim).accepted) {
      throw new SutureError('CERTIFICATE_REJECTED', 'A patch of the benchmark is no restriction.', {
        meta: [`guards: ${label}`],
      })
    }
    const before = await mine(runtime, use)
    const after = await mine(patched, use)
    const added = after.map((gas, index) => (gas === null ? null : gas - before[index]!))
    return {
      guards: label,
      function: use.name,
      bytes: bytesOf(patched).length - certificate.sites[0]!.trampoline,
      totalBytes: bytesOf(patched).length - code.length,
      gas: added[0] ?? null,
      gasAgain: added[1] ?? null,
    }
  }

  await rpc.request('anvil_setCode', [TOKEN, YES])
  await rpc.request('anvil_setBalance', [VAULT, toQuantity(ETHER)])
  await rpc.request('anvil_setBalance', [USER, toQuantity(100n * ETHER)])
  await rpc.request('anvil_setStorageAt', [VAULT, toWord(0n), toWord(BigInt(USER))])
  const costs: GuardCost[] = []
  for (const sample of samples(site, entry)) costs.push(await measure(sample))
  return costs
}

/** A place for every template, and for those that only make sense together. */
function samples(
  site: (use: Use, opcode: string, operands?: readonly [bigint, bigint]) => Promise<number>,
  entry: (signature: string) => number[],
): Sample[] {
  const pay: Use = { name: 'pay', args: [OTHER, 7n] }
  const relay: Use = { name: 'relay', args: [TOKEN, '0x'] }
  const pull = `0x23b872dd${[USER, OTHER].map((who) => toWord(BigInt(who)).slice(2)).join('')}${toWord(5n).slice(2)}`
  const pulling: Use = { name: 'relay', args: [TOKEN, pull] }
  const deposit: Use = { name: 'deposit', args: [] }
  const setOwner: Use = { name: 'setOwner', args: [USER] }
  const arithmetic = (name: string, opcode: 'ADD' | 'SUB' | 'MUL'): Sample => {
    const use = { name, args: [A, B] }
    const place = async () => [
      guards.guardArithmetic({ pc: await site(use, opcode, [A, B]), opcode: OP[opcode] }),
    ]
    return { label: '', use, place }
  }
  const lock = (hardfork: string, part: (all: PlacedGuard[]) => PlacedGuard[]): Sample => ({
    label: '',
    use: pay,
    place: async () => part(guards.guardCall({ pc: await site(pay, 'CALL'), hardfork })),
  })
  const check = (hardfork: string): Sample => ({
    label: '',
    use: deposit,
    place: () => entry('deposit()').map((pc) => guards.guardEntry({ pc, hardfork })),
  })
  const onEntries = (use: Use, signature: string, guard: (pc: number) => PlacedGuard[]): Sample => ({
    label: '',
    use,
    place: () => entry(signature).flatMap(guard),
  })
  const onEntry = (use: Use, signature: string, guard: (pc: number) => PlacedGuard): Sample =>
    onEntries(use, signature, (pc) => [guard(pc)])
  const whole = (hardfork: string): Sample => ({
    label: `lock: enter, exit and check on the caller's own entry (${hardfork === 'cancun' ? 'transient' : 'storage'})`,
    use: pay,
    place: async () => [
      ...guards.guardCall({ pc: await site(pay, 'CALL'), hardfork }),
      ...entry('pay(address,uint256)').map((pc) => guards.guardEntry({ pc, hardfork })),
    ],
  })
  const first = ([enter]: PlacedGuard[]) => [enter!]
  const second = ([, exit]: PlacedGuard[]) => [exit!]
  const single: Record<string, Sample> = {
    'lock-enter@1': lock('cancun', first),
    'lock-exit@1': lock('cancun', second),
    'lock-check@1': check('cancun'),
    'lock-enter-storage@1': lock('shanghai', first),
    'lock-exit-storage@1': lock('shanghai', second),
    'lock-check-storage@1': check('shanghai'),
    'caller-is@1': onEntry(setOwner, 'setOwner(address)', (pc) => guards.guardCaller(pc, USER)),
    'caller-in-slot@1': onEntry(setOwner, 'setOwner(address)', (pc) =>
      guards.guardCallerInSlot(pc, { slot: 0n, shift: 0 }),
    ),
    'caller-is-origin@1': onEntry(deposit, 'deposit()', guards.guardOrigin),
    'add-checked@1': arithmetic('sum', 'ADD'),
    'sub-checked@1': arithmetic('difference', 'SUB'),
    'mul-checked@1': instead('mul-checked@1', arithmetic('product', 'MUL')),
    'mul-checked@2': instead('mul-checked@2', arithmetic('product', 'MUL')),
    'call-succeeded@1': {
      label: '',
      use: pay,
      place: async () => [guards.guardCallSuccess(await site(pay, 'CALL'))],
    },
    'answer-not-false@1': {
      label: '',
      use: relay,
      place: async () => [guards.guardCallAnswer(await site(relay, 'CALL'))],
    },
    'pull-from-caller@1': {
      label: '',
      use: pulling,
      place: async () => [guards.guardPull(await site(pulling, 'CALL'))],
    },
    'not-callable@1': onEntry(deposit, 'deposit()', guards.disable),
  }
  const wholes = TEMPLATES.filter((template) => !isPiece(template))
  const missing = wholes.filter(({ name }) => !(name in single)).map(({ name }) => name)
  if (missing.length > 0) {
    throw new SutureError('INTERNAL', 'The benchmark measures not every template.', {
      meta: [`missing: ${missing.join(', ')}`, 'fix: say in bench/measure-guards.ts where they may stand'],
    })
  }
  return [
    ...wholes.map(({ name }) => ({ ...single[name]!, label: name })),
    ...['cancun', 'shanghai'].map((fork) => ({
      ...lock(fork, (both) => both),
      label: `lock around one call: enter and exit (${fork === 'cancun' ? 'transient' : 'storage'})`,
    })),
    ...['cancun', 'shanghai'].map(whole),
    {
      ...onEntries(setOwner, 'setOwner(address)', limitByCaller),
      label: "sentence: an argument against the caller's entry in a mapping",
    },
    {
      ...onEntries(setOwner, 'setOwner(address)', noteTime),
      label: 'sentence: the time noted for the caller',
    },
  ]
}

/** The same guards with another version of a template. */
const instead = (template: string, { place, ...sample }: Sample): Sample => ({
  ...sample,
  place: async () => (await place()).map((guard) => ({ ...guard, template })),
})

const piece = (template: string, pc: number, args: Readonly<Record<string, bigint>> = {}): PlacedGuard => ({
  template: `${template}@1`,
  args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, toWord(value)])),
  pc,
})

/** Refuses when the first argument is below the caller's entry, which is empty, in a mapping at slot 9. */
const limitByCaller = (pc: number): PlacedGuard[] => [
  ...[piece('calldata', pc, { offset: 4n }), piece('caller', pc), piece('byte', pc, { word: 9n })],
  ...[piece('entry', pc), piece('load', pc), piece('less', pc), piece('refuse-if', pc)],
]

const noteTime = (pc: number): PlacedGuard[] => [
  ...[piece('timestamp', pc), piece('caller', pc), piece('remember', pc, { mark: 0n })],
]
