import {
  type Abi,
  type Account,
  BaseError,
  createTestClient,
  decodeErrorResult,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  parseAbi,
  publicActions,
  stringToHex,
  toFunctionSelector,
  walletActions,
  zeroAddress,
} from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { type Address, bytesOf, toAddress } from '../../src/core/hex.ts'
import { buildCfg } from '../../src/evm/cfg.ts'
import { disassemble } from '../../src/evm/disassemble.ts'
import { OP } from '../../src/evm/opcodes.ts'
import {
  breakerAbi,
  breakerBytecode,
  erc1967ProxyAbi,
  erc1967ProxyBytecode,
  guardShimAbi,
  patchGateAbi,
  patchGateBytecode,
  restrictionVerifierAbi,
  restrictionVerifierBytecode,
} from '../../src/generated/contracts.ts'
import { createContractSignatureCheck } from '../../src/governance/check-contract-signature.ts'
import { collectApproval } from '../../src/governance/collect-approval.ts'
import { planFreeze } from '../../src/governance/plan-freeze.ts'
import { planRestrict } from '../../src/governance/plan-restrict.ts'
import { planRollback, planSettle } from '../../src/governance/plan-rollback.ts'
import { prepareRestriction } from '../../src/governance/prepare-restriction.ts'
import { predictPatched, readGateTarget } from '../../src/governance/read-gate-target.ts'
import { signRestriction } from '../../src/governance/sign-restriction.ts'
import { hashRestriction } from '../../src/governance/typed-data.ts'
import type { ParametersOf, PlannedCall } from '../../src/governance/types.ts'
import { assemblePatch } from '../../src/patching/assemble.ts'
import { guardArithmetic } from '../../src/patching/guards.ts'
import { relocatePatch } from '../../src/patching/relocate.ts'
import { findSelfReferences } from '../../src/patching/self.ts'
import { buildSiteMap, runAt, type SiteMap } from '../../src/patching/site-map.ts'
import { toRegistration } from '../../src/patching/templates/registration.ts'
import { findTemplate, TEMPLATES } from '../../src/patching/templates/table.ts'
import { compileVault } from './vault.ts'

const PERIOD = 7n * 24n * 3600n
const MAX_FREEZE = 24n * 3600n
const HEARTBEAT = 90n * 24n * 3600n
const WITHDRAW = toFunctionSelector('withdraw(uint256)')
const VAULT = parseAbi([
  'function initialize(address)',
  'function deposit(uint256)',
  'function withdraw(uint256)',
  'function balanceOf(address) view returns (uint256)',
  'error SutureRestricted()',
  'error FunctionFrozen(bytes4)',
])
const ERRORS = [...patchGateAbi, ...restrictionVerifierAbi, ...VAULT].filter(
  ({ type }) => type === 'error',
) as Abi
const KIND_UUPS = 1
const INCIDENT = keccak256(stringToHex('incident'))
const BUNDLE = keccak256(stringToHex('bundle'))

const parametersOf: ParametersOf = (name) => findTemplate(name)?.params
const account = (index: number) =>
  mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: index })
const [owner, sentinel, user, anyone] = [account(0), account(1), account(2), account(3)]
const guardians = [1, 2, 3].map(() => privateKeyToAccount(generatePrivateKey()))

const connect = (url: string) =>
  createTestClient({ chain: foundry, mode: 'anvil', transport: http(url), pollingInterval: 20 })
    .extend(publicActions)
    .extend(walletActions)

describe('a PatchGate over a UUPS proxy', () => {
  let node: LocalNode
  let client: ReturnType<typeof connect>
  let vault: ReturnType<typeof compileVault>
  let gate: Address
  let breaker: Address
  let verifier: Address
  let target: Address
  let implementation: Address

  beforeAll(async () => {
    node = await startLocalNode({ hardfork: 'cancun' })
    client = connect(node.url)
    vault = compileVault()
  })
  afterAll(() => node?.stop())

  beforeEach(async () => {
    breaker = await deploy(breakerAbi, breakerBytecode, [owner.address, MAX_FREEZE, HEARTBEAT])
    verifier = await deploy(restrictionVerifierAbi, restrictionVerifierBytecode, [
      owner.address,
      TEMPLATES.map(toRegistration),
    ])
    const signers = guardians.map(({ address }) => toAddress(address)).sort()
    gate = await deploy(patchGateAbi, patchGateBytecode, [
      owner.address,
      breaker,
      verifier,
      PERIOD,
      signers,
      2n,
    ])
    implementation = await deploy(vault.abi, vault.bytecode, [])
    const init = encodeFunctionData({ abi: VAULT, functionName: 'initialize', args: [gate] })
    target = await deploy(erc1967ProxyAbi, erc1967ProxyBytecode, [implementation, init])
    await write(owner, breaker, breakerAbi, 'setPauser', [target, sentinel.address, Number(MAX_FREEZE)])
    await write(owner, breaker, breakerAbi, 'setGate', [target, gate])
    const { root } = await siteMapOf(implementation)
    const registration = {
      target,
      kind: KIND_UUPS,
      admin: zeroAddress,
      via: zeroAddress,
      implementation,
      siteMapRoot: root,
      selectors: [],
    }
    await write(owner, gate, patchGateAbi, 'registerTarget', [registration])
  })

  test('freezes, restricts, lifts the freeze and rolls back', async () => {
    await write(user, target, VAULT, 'deposit', [5n])
    await send(
      sentinel,
      planFreeze({ gate, target, selectors: [WITHDRAW], duration: 3600n, incident: INCIDENT }),
    )
    expect(await withdrawing(1n)).toBe('FunctionFrozen')
    await write(user, target, VAULT, 'deposit', [5n])

    const { approval, patch } = await approve()
    await send(anyone, planRestrict(approval, { ...patch, parametersOf }))
    await write(user, target, VAULT, 'withdraw', [4n])
    expect(await balanceOfUser()).toBe(6n)
    expect(await withdrawing(7n)).toBe('SutureRestricted')

    const restricted = await readGateTarget(node.rpc, { gate, target })
    expect(restricted.nonce).toBe(1n)
    expect(keccak256(await codeAt(restricted.current))).toBe(patch.certificate.patched)
    expect(await readShimOriginal(restricted.live)).toBe(restricted.current)

    expect(await refusalOf(anyone, planRollback({ gate, target }))).toBe('RollbackTooEarly')
    await client.increaseTime({ seconds: Number(PERIOD) })
    await client.mine({ blocks: 1 })
    await send(anyone, planRollback({ gate, target }))
    const rolledBack = await readGateTarget(node.rpc, { gate, target })
    expect(rolledBack.live).toBe(implementation)
    expect(await withdrawing(7n)).toBeNull()
  })

  test('keeps the restriction that the owner ratifies', async () => {
    const { approval, patch } = await approve()
    await send(anyone, planRestrict(approval, { ...patch, parametersOf }))
    const nextMap = buildSiteMap(buildCfg(bytesOf(patch.runtime)))
    await write(owner, gate, patchGateAbi, 'ratify', [target, patch.certificate.patched, nextMap.root])
    const state = await readGateTarget(node.rpc, { gate, target })
    expect(state).toMatchObject({
      original: state.live,
      originalCodeHash: patch.certificate.patched,
      provisionalUntil: 0n,
    })
    await write(user, target, VAULT, 'deposit', [5n])
    expect(await withdrawing(6n)).toBe('SutureRestricted')
  })

  test('takes an idle shim away for anyone', async () => {
    await send(
      sentinel,
      planFreeze({ gate, target, selectors: [WITHDRAW], duration: 10n, incident: INCIDENT }),
    )
    await client.increaseTime({ seconds: 10 })
    await client.mine({ blocks: 1 })
    expect(await withdrawing(0n)).toBeNull()
    await send(anyone, planSettle({ gate, target }))
    expect((await readGateTarget(node.rpc, { gate, target })).live).toBe(implementation)
  })

  test('computes the digest the gate computes', async () => {
    const { approval } = await approve()
    const digest = await client.readContract({
      address: gate,
      abi: patchGateAbi,
      functionName: 'hashRestriction',
      args: [approval.restriction],
    })
    expect(hashRestriction({ gate, chainId: foundry.id }, approval.restriction)).toBe(digest)
  })

  test('refuses on chain what the certificate does not describe, whoever signed', async () => {
    const { approval, patch } = await approve((runtime) => `${runtime.slice(0, -2)}57` as Hex)
    const { restriction } = approval
    expect(restriction.patchedCodeHash).toBe(keccak256(patch.runtime))
    expect(await refusalOf(anyone, planRestrict(approval, { ...patch, parametersOf }))).toBe('CodeMismatch')
  })

  test('does not know a target that was never registered', async () => {
    await expect(readGateTarget(node.rpc, { gate, target: breaker })).rejects.toMatchObject({
      code: 'APPROVAL_INVALID',
    })
    await expect(readGateTarget(node.rpc, { gate: user.address, target })).rejects.toMatchObject({
      code: 'RPC_RESPONSE_INVALID',
    })
  })

  /** A patch of the vault's subtraction, signed by two guardians. */
  async function approve(tamper = (runtime: Hex): Hex => runtime) {
    const state = await readGateTarget(node.rpc, { gate, target })
    const salt = keccak256(stringToHex(`salt ${state.nonce}`))
    const patchedAddress = await predictPatched(node.rpc, { gate, target, salt })
    const patch = relocatePatch(await patchSubtraction(state.original), patchedAddress)
    const runtime = tamper(patch.runtime)
    const certificate = { ...patch.certificate, patched: keccak256(runtime) }
    const restriction = prepareRestriction({
      target,
      state,
      certificate,
      bundleHash: BUNDLE,
      salt,
      patchedAddress,
      deadline: (await client.getBlock()).timestamp + 3600n,
      parametersOf,
    })
    const ref = { gate, chainId: foundry.id }
    const signatures = await Promise.all(
      guardians.slice(0, 2).map((g) => signRestriction(g, ref, restriction)),
    )
    const checkContractSignature = createContractSignatureCheck(node.rpc)
    const { guardians: known, threshold } = state
    const options = { ...ref, restriction, signatures, guardians: known, threshold, checkContractSignature }
    return { approval: await collectApproval(options), patch: { runtime, certificate } }
  }

  /** Guards every subtraction of a user's balance: those right behind an SLOAD in the same run. */
  async function patchSubtraction(original: Address) {
    const code = bytesOf(await codeAt(original))
    const siteMap = await siteMapOf(original)
    const guards = disassemble(code)
      .filter(({ opcode, pc }) => opcode === OP.SUB && loadsBefore(siteMap, pc))
      .map(({ pc, opcode }) => guardArithmetic({ pc, opcode }))
    expect(guards).not.toHaveLength(0)
    const self = { from: original, to: original, offsets: findSelfReferences(code, original) }
    expect(self.offsets).not.toHaveLength(0)
    return assemblePatch({ code, siteMap, guards, self })
  }

  function loadsBefore(siteMap: SiteMap, pc: number): boolean {
    const instructions = runAt(siteMap, pc)?.instructions ?? []
    return instructions.some((instruction) => instruction.opcode === OP.SLOAD && instruction.pc < pc)
  }

  async function siteMapOf(address: Address): Promise<SiteMap> {
    return buildSiteMap(buildCfg(bytesOf(await codeAt(address))))
  }

  async function codeAt(address: Address): Promise<Hex> {
    return (await client.getCode({ address })) ?? '0x'
  }

  async function readShimOriginal(address: Address): Promise<Address> {
    const { result } = await client.simulateContract({
      address,
      abi: guardShimAbi,
      functionName: 'shimOriginal',
    })
    return toAddress(result)
  }

  const balanceOfUser = () =>
    client.readContract({ address: target, abi: VAULT, functionName: 'balanceOf', args: [user.address] })

  const withdrawing = (amount: bigint) =>
    refusalOf(user, {
      to: target,
      data: encodeFunctionData({ abi: VAULT, functionName: 'withdraw', args: [amount] }),
    })

  /** The error a call would fail with, or null. */
  async function refusalOf(from: Account, { to, data }: PlannedCall): Promise<string | null> {
    try {
      await client.call({ account: from, to, data })
      return null
    } catch (error) {
      const raw = error instanceof BaseError && error.walk((cause) => 'data' in (cause as object))
      if (!raw) throw error
      return decodeErrorResult({ abi: ERRORS, data: (raw as unknown as { data: Hex }).data }).errorName
    }
  }

  async function deploy(
    abi: Abi | readonly unknown[],
    bytecode: Hex,
    args: readonly unknown[],
  ): Promise<Address> {
    const hash = await client.deployContract({ account: owner, abi: abi as Abi, bytecode, args })
    const { contractAddress } = await client.waitForTransactionReceipt({ hash })
    return toAddress(contractAddress!)
  }

  async function write(
    from: Account,
    address: Address,
    abi: Abi | readonly unknown[],
    functionName: string,
    args: readonly unknown[],
  ): Promise<void> {
    await send(from, { to: address, data: encodeFunctionData({ abi: abi as Abi, functionName, args }) })
  }

  async function send(from: Account, { to, data }: PlannedCall): Promise<void> {
    const hash = await client.sendTransaction({ account: from, to, data })
    const { status } = await client.waitForTransactionReceipt({ hash })
    expect(status).toBe('success')
  }
})
