import { readFile } from 'node:fs/promises'
import { decodeErrorResult, parseAbi, toFunctionSelector } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Address, addressOfWord, type Hex, toAddress, toWord } from '../../src/core/hex.ts'
import { findGateTargets } from '../../src/governance/find-gate-target.ts'
import { planRollback, planSettle } from '../../src/governance/plan-rollback.ts'
import { readGateTarget } from '../../src/governance/read-gate-target.ts'
import { readProtection } from '../../src/pipeline/protection.ts'
import {
  deploySafe,
  encode,
  readArtifact,
  sendBySafe,
  startWorld,
  type World,
} from '../support/onboard-world.ts'
import { print } from '../support/print.ts'
import { aaveAbi } from './aave/artifacts.ts'
import { type Cast, deployMarket, type Market } from './aave/market.ts'
import { prepareRefusal } from './aave/restrict.ts'
import { marketQuestions, marketSteps } from './aave/steps.ts'
import { carryOut, type Desk, openDesk, warp } from './aave/suture.ts'
import { askBoth, functionsCalled, type GasTable, playBoth, type Step, type Twins } from './aave/twin.ts'
import { compileSavingsVault, deploySavings, savingsQuestions, savingsSteps } from './aave/vault.ts'

const DELAY = 172_800n
const PERIOD = 7n * 86_400n
const FREEZE_SECONDS = 21_600n
const BORROW = 'borrow(address,uint256,uint256,uint16,address)'
const WITHDRAW = 'withdraw(uint256,address,address)'
const SWAP = 'swapBorrowRateMode(address,uint256)'
const ERRORS = parseAbi([
  'error FunctionFrozen(bytes4 selector)',
  'error SutureRestricted()',
  'error UUPSUnauthorizedCallContext()',
])
/** Indices of the node's accounts. */
const [SENTINEL, FIRST_GUARDIAN, SECOND_GUARDIAN] = [4, 5, 6]

let twins: Twins
let market: Market
let savings: Awaited<ReturnType<typeof deploySavings>>
let cast: Cast
let safe: Address
let timelock: Address
let desk: Desk
let gate: Address
let poolKey: Address
let signers: { readonly safeOwner: Address; readonly proposer: Address }

beforeAll(async () => {
  const [plain, guarded] = await Promise.all([startWorld(), startWorld()])
  twins = { plain, guarded }
  const [deployer, admin, safeOwner, proposer, , , , alice, bob, carol] = plain.accounts as Address[]
  cast = { deployer: deployer!, admin: admin!, alice: alice!, bob: bob!, carol: carol! }
  signers = { safeOwner: safeOwner!, proposer: proposer! }
  const compiled = compileSavingsVault()
  const [first, second] = await Promise.all([plain, guarded].map(build))
  expect(second).toEqual(first)
  ;({ market, savings, safe, timelock } = first!)

  /** The market's provider belongs to a Safe, the vault to a timelock. */
  async function build(world: World) {
    const market = await deployMarket(world, cast)
    const safe = await deploySafe(world, signers.safeOwner)
    await world.send(cast.deployer, market.provider, encode('transferOwnership(address)', [safe]))
    const file = '@openzeppelin/contracts/build/contracts/TimelockController.json'
    const [proposers, executors] = [[signers.proposer], [signers.proposer]]
    const timelock = await world.create(readArtifact(file), [DELAY, proposers, executors, cast.deployer])
    const { asset } = market.usdc
    const savings = await deploySavings(world, { compiled, asset, owner: timelock, cast })
    return { market, safe, timelock, savings }
  }
  desk = await openDesk(guarded, SENTINEL)
}, 120_000)
afterAll(async () => {
  await desk?.close()
  await twins?.plain.node.stop()
  await twins?.guarded.node.stop()
})

/** A round at the market and at the vault, and everything they can be asked. */
async function live(wanted: (step: Step) => boolean = () => true): Promise<GasTable> {
  const steps = [...marketSteps(market, cast), ...savingsSteps(savings, cast)]
  const gas = await playBoth(twins, steps.filter(wanted))
  await askBoth(twins, [...marketQuestions(market, cast), ...savingsQuestions(savings, cast)])
  return gas
}

/** All steps but those whose names begin so. */
const except =
  (...names: readonly string[]) =>
  (step: Step) =>
    !names.some((name) => step.name.startsWith(name))

/** Functions of the pool, or those that may change something. */
const selectorsOfPool = (mutability?: 'nonpayable'): Hex[] =>
  aaveAbi('protocol/pool/Pool').flatMap((item) =>
    item.type === 'function' && (mutability === undefined || item.stateMutability === mutability)
      ? [toFunctionSelector(item)]
      : [],
  )

/** The error with which a call fails on the guarded node. */
async function errorOf(from: Address, to: Address, data: Hex): Promise<string> {
  const trace = await twins.guarded.node.rpc.request<{ output: Hex }>('debug_traceCall', [
    { from, to, data },
    'latest',
    { tracer: 'callTracer' },
  ])
  const { errorName, args = [] } = decodeErrorResult({ abi: ERRORS, data: trace.output })
  return `${errorName}(${args.join()})`
}

/** ERC-1967. */
const IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'

const implementationOf = async ({ node: { rpc } }: World): Promise<Address> =>
  addressOfWord(
    BigInt(await rpc.request<Hex>('eth_getStorageAt', [market.pool, IMPLEMENTATION_SLOT, 'latest'])),
  )

/** Whether the Safe could have the provider install it now. */
const mayInstall = (implementation: Address): Promise<boolean> =>
  twins.guarded.works(safe, market.provider, encode('setPoolImpl(address)', [implementation]))

const SHOWN = [
  'supply',
  'borrow',
  'repay',
  'withdraw',
  'liquidationCall',
  'flashLoanSimple',
  'vault: deposit',
]

function tell(when: string, gas: GasTable): void {
  const rows = SHOWN.flatMap((name) => {
    const [plain, guarded] = gas.get(name) ?? []
    return plain && guarded ? [`${name} ${plain} + ${guarded - plain}`] : []
  })
  print(`gas ${when}: ${rows.join(', ')}`)
}

const gasOf = async (from: Address, { to, data }: { to: Address; data: Hex }): Promise<bigint> =>
  BigInt(((await twins.guarded.send(from, to, data)) as unknown as { gasUsed: Hex }).gasUsed)

describe('Aave v3 and a UUPS vault, not one line of them changed', { timeout: 120_000 }, () => {
  test('two nodes with the same market do the same, and a round reaches every function of the pool', async () => {
    const { rpc } = twins.plain.node
    const from = BigInt(await rpc.request<Hex>('eth_blockNumber'))
    await live()
    const to = BigInt(await rpc.request<Hex>('eth_blockNumber'))
    const blocks = Array.from({ length: Number(to - from) }, (_, i) => from + BigInt(i) + 1n)
    const called = await functionsCalled(twins.plain, market.pool, blocks)
    expect([...called]).toEqual(expect.arrayContaining(selectorsOfPool('nonpayable')))
  })

  test('suture deploy puts gate, breaker and verifier on the chain', async () => {
    const guardians = [FIRST_GUARDIAN, SECOND_GUARDIAN].flatMap((i) => [
      '--guardian',
      twins.plain.accounts[i]!,
    ])
    await desk.configure({ contracts: { pool: market.pool, vault: savings.vault } })
    const args = ['--owner', timelock, ...guardians, '--threshold', '2', '--broadcast', '--json']
    const { code, err, lines } = await desk.run('deploy', ...args)
    expect([code, err]).toEqual([0, ''])
    gate = toAddress(lines.find(({ name }) => name === 'PatchGate')!.address as string)
    for (const { type, name, gasUsed } of lines)
      if (type === 'mined') print(`${name}: ${BigInt(gasUsed as Hex)} gas`)
  })

  test('suture onboard proposes a forwarder for the pool by itself, and those who hold the authority carry it out', async () => {
    await desk.configure({ contracts: { pool: market.pool, vault: savings.vault }, gate })
    const sentinel = `${twins.plain.accounts[SENTINEL]}:86400`
    const { code, err, out } = await desk.run('onboard', 'pool', 'vault', '--sentinel', sentinel)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /: beacon by 0x[\s\S]*\.setPoolImpl\(0x[\s\S]*2 of 2 targets could be frozen, the exit works/,
    )
    const found = /functions +\d+: (.*)/.exec(out)![1]!.split(' ')
    expect(found).toEqual(expect.arrayContaining(selectorsOfPool()))
    const last = await readFile(`${desk.folder}/onboard/onboard-2.safe.json`, 'utf8')
    const [installing] = JSON.parse(last).transactions
    // What the Safe signs does nothing before the timelock has acted: Aave's proxy takes no implementation without code.
    expect(await twins.guarded.works(safe, installing.to, installing.data)).toBe(false)
    await carryOut(twins.guarded, { folder: `${desk.folder}/onboard`, name: 'onboard', signers })
    const asked = { gate, account: market.pool, selectors: [toFunctionSelector(BORROW)] }
    ;[poolKey] = [...(await findGateTargets(twins.guarded.node.rpc, asked)).keys()] as [Address]
  })

  test('every function works as before', async () => {
    const gas = await live()
    tell('under the gate', gas)
    const [plain, guarded] = gas.get('borrow')!
    expect(Number(guarded - plain)).toBeGreaterThan(8_000)
    expect(Number(guarded - plain)).toBeLessThan(9_000)
  })

  test('suture freeze stops borrowing, and nothing else', async () => {
    const { code, err, lines } = await desk.run('freeze', market.pool, BORROW, '--broadcast', '--json')
    expect([code, err]).toEqual([0, ''])
    print(`freeze: ${BigInt(lines.find(({ type }) => type === 'mined')!.gasUsed as Hex)} gas`)
    const borrow = marketSteps(market, cast).find(({ name }) => name === 'borrow')!
    const data = await borrow.data(twins.plain)
    expect(await errorOf(cast.alice, market.pool, data)).toBe(`FunctionFrozen(${toFunctionSelector(BORROW)})`)
    const gas = await live(except('borrow'))
    tell('while borrow is frozen', gas)
    // A flash loan that is not paid back becomes a debt without a call of `borrow`: who wants to stop both freezes both.
    expect(gas.has('flashLoan that stays a debt')).toBe(true)
  })

  test('a watcher finds the code of the pool behind shim, beacon and forwarder', async () => {
    const { protection, posts } = await readProtection(twins.guarded.node.rpc, await desk.readProtocol())
    expect(protection.implementations.get(market.implementation)).toBe(market.pool)
    expect(posts.map(({ target }) => target)).toEqual([poolKey, savings.vault])
  })

  test('the freeze ends by itself', async () => {
    await warp(twins.guarded, FREEZE_SECONDS)
    tell('behind an idle shim', await live())
    print(`settle: ${await gasOf(cast.carol, planSettle({ gate, target: poolKey }))} gas`)
    await live()
  })

  test('the vault is frozen in one function, and its owner is refused in other words meanwhile', async () => {
    const { code } = await desk.run('freeze', savings.vault, WITHDRAW, '--broadcast')
    expect(code).toBe(0)
    const data = encode(WITHDRAW, [1n, cast.alice, cast.alice])
    expect(await errorOf(cast.alice, savings.vault, data)).toBe(
      `FunctionFrozen(${toFunctionSelector(WITHDRAW)})`,
    )
    const upgrade = encode('upgradeToAndCall(address,bytes)', [market.pool, '0x'])
    expect(await errorOf(cast.alice, savings.vault, upgrade)).toBe('UUPSUnauthorizedCallContext()')
    tell('while withdraw is frozen', await live(except('vault: withdraw', 'vault: upgrade')))
    await warp(twins.guarded, FREEZE_SECONDS)
    await live(except('vault: upgrade'))
    await gasOf(cast.carol, planSettle({ gate, target: savings.vault }))
    await live()
  })

  test('guardians refuse one function of the pool by a proven patch, and anyone takes it back in the end', async () => {
    const guardians = [FIRST_GUARDIAN, SECOND_GUARDIAN]
    const refuse = (...selectors: readonly Hex[]) =>
      prepareRefusal(twins.guarded, { gate, target: poolKey, selectors, guardians })
    const all = await refuse(...selectorsOfPool('nonpayable'))
    print(`all ${selectorsOfPool('nonpayable').length} functions refused would be ${all.bytes.patched} bytes`)
    const { publish, restrict, bytes } = await refuse(toFunctionSelector(SWAP))
    print(`patch: ${bytes.original} bytes become ${bytes.patched}`)
    print(`publish: ${await gasOf(cast.carol, publish)} gas`)
    print(`restrict: ${await gasOf(cast.carol, restrict)} gas`)
    const swap = encode(SWAP, [market.usdc.asset, 2n])
    expect(await errorOf(cast.alice, market.pool, swap)).toBe('SutureRestricted()')
    tell('with the patched pool', await live(except('swapBorrowRateMode')))
    await warp(twins.guarded, PERIOD)
    print(`rollback: ${await gasOf(cast.carol, planRollback({ gate, target: poolKey }))} gas`)
    const { current, live: running } = await readGateTarget(twins.guarded.node.rpc, { gate, target: poolKey })
    expect([current, running]).toEqual([market.implementation, market.implementation])
    await live()
  })

  test('while the gate holds the pool, a new revision goes by the gate, and anyone may initialise it until somebody does', async () => {
    const { rpc } = twins.guarded.node
    const snapshot = await rpc.request('evm_snapshot')
    const upgrade = encode('upgrade(address,address,bytes,bytes32)', [
      poolKey,
      market.nextImplementation,
      '0x',
      toWord(1n),
    ])
    await twins.guarded.send(timelock, gate, upgrade)
    const initialize = encode('initialize(address)', [market.provider])
    expect(await twins.guarded.works(cast.carol, market.pool, initialize)).toBe(true)
    await twins.guarded.send(timelock, market.pool, initialize)
    expect(await twins.guarded.works(cast.carol, market.pool, initialize)).toBe(false)
    await rpc.request('evm_revert', [snapshot])
    await live()
  })

  test('the exit gives everything back, and Aave upgrades as it always did', async () => {
    await carryOut(twins.guarded, { folder: `${desk.folder}/onboard`, name: 'exit', signers })
    const ownerOf = async (account: Address) =>
      toAddress((await twins.guarded.read(account, 'owner() view returns (address)')) as string)
    expect([await ownerOf(poolKey), await ownerOf(savings.vault)]).toEqual([safe, timelock])
    await live()

    const install = (world: World, implementation: Address) => {
      const data = encode('setPoolImpl(address)', [implementation])
      return sendBySafe(world, { safe, owner: signers.safeOwner }, { to: market.provider, data })
    }
    // The forwarder goes with the next revision, not before: Aave initialises what it installs.
    expect(await mayInstall(market.implementation)).toBe(false)
    expect(await mayInstall(market.nextImplementation)).toBe(true)
    for (const world of [twins.plain, twins.guarded]) {
      await install(world, market.nextImplementation)
      expect(await implementationOf(world)).toBe(market.nextImplementation)
    }
    const gas = await live()
    expect([...gas].filter(([, [plain, guarded]]) => plain !== guarded)).toEqual([])
  })
})
