import {
  type Abi,
  type Account,
  createTestClient,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  parseAbi,
  publicActions,
  stringToHex,
  walletActions,
  zeroAddress,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import type { LocalNode } from '../../src/chain/local-node.ts'
import { type Address, bytesOf, toAddress } from '../../src/core/hex.ts'
import { buildCfg } from '../../src/evm/cfg.ts'
import { disassemble } from '../../src/evm/disassemble.ts'
import { OP } from '../../src/evm/opcodes.ts'
import {
  breakerAbi,
  breakerBytecode,
  erc1967ProxyAbi,
  erc1967ProxyBytecode,
  patchGateAbi,
  patchGateBytecode,
  restrictionVerifierAbi,
  restrictionVerifierBytecode,
} from '../../src/generated/contracts.ts'
import type { OpenRequest } from '../../src/governance/inbox.ts'
import { prepareRestriction } from '../../src/governance/prepare-restriction.ts'
import { predictPatched, readGateTarget } from '../../src/governance/read-gate-target.ts'
import { signRestriction } from '../../src/governance/sign-restriction.ts'
import { hashRestriction } from '../../src/governance/typed-data.ts'
import { assemblePatch } from '../../src/patching/assemble.ts'
import { guardArithmetic } from '../../src/patching/guards.ts'
import { findSelfReferences } from '../../src/patching/self.ts'
import { buildSiteMap, runAt } from '../../src/patching/site-map.ts'
import { toRegistration } from '../../src/patching/templates/registration.ts'
import { findTemplate, TEMPLATES } from '../../src/patching/templates/table.ts'
import { compileVault } from './vault.ts'

export const PERIOD = 7n * 24n * 3600n
export const VAULT = parseAbi([
  'function initialize(address)',
  'function deposit(uint256)',
  'function withdraw(uint256)',
  'error SutureRestricted()',
])
const MAX_FREEZE = 24n * 3600n
const HEARTBEAT = 90n * 24n * 3600n
const KIND_UUPS = 1

/** Accounts anvil funds. */
export const funded = (index: number) =>
  mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: index })
export const keyOf = (index: number): Hex =>
  `0x${Buffer.from(funded(index).getHdKey().privateKey!).toString('hex')}`

const [owner, sentinel] = [funded(0), funded(1)]

export interface GateWorld {
  readonly gate: Address
  readonly breaker: Address
  readonly target: Address
  readonly implementation: Address
  readonly client: ReturnType<typeof connect>
  /** Sends and waits. */
  write(
    from: Account,
    to: Address,
    abi: Abi | readonly unknown[],
    functionName: string,
    args: readonly unknown[],
  ): Promise<void>
  deploy(abi: Abi | readonly unknown[], bytecode: Hex, args: readonly unknown[]): Promise<Address>
  /** A patch of the vault's subtraction, signed by these. */
  requestRestriction(signers: readonly Parameters<typeof signRestriction>[0][]): Promise<OpenRequest>
}

const connect = (url: string) =>
  createTestClient({ chain: foundry, mode: 'anvil', transport: http(url), pollingInterval: 20 })
    .extend(publicActions)
    .extend(walletActions)

/** A gate over a UUPS vault that lets anyone withdraw more than they have. Account 0 owns it, account 1 is a pauser. */
export async function buildGateWorld(
  node: LocalNode,
  guardians: readonly Address[],
  threshold = 2n,
): Promise<GateWorld> {
  const client = connect(node.url)
  const deploy: GateWorld['deploy'] = async (abi, bytecode, args) => {
    const hash = await client.deployContract({ account: owner, abi: abi as Abi, bytecode, args })
    const { contractAddress } = await client.waitForTransactionReceipt({ hash })
    return toAddress(contractAddress!)
  }
  const write: GateWorld['write'] = async (account, to, abi, functionName, args) => {
    const data = encodeFunctionData({ abi: abi as Abi, functionName, args })
    const hash = await client.sendTransaction({ account, to, data })
    const { status } = await client.waitForTransactionReceipt({ hash })
    if (status !== 'success') throw new TypeError(`${functionName} reverted`)
  }
  const codeAt = async (address: Address) => bytesOf((await client.getCode({ address })) ?? '0x')
  const siteMapOf = async (address: Address) => buildSiteMap(buildCfg(await codeAt(address)))

  const breaker = await deploy(breakerAbi, breakerBytecode, [owner.address, MAX_FREEZE, HEARTBEAT])
  const templates = TEMPLATES.filter(({ name }) => name === 'sub-checked@1').map(toRegistration)
  const verifier = await deploy(restrictionVerifierAbi, restrictionVerifierBytecode, [
    owner.address,
    templates,
  ])
  const sorted = guardians.map((address) => toAddress(address)).sort()
  const gate = await deploy(patchGateAbi, patchGateBytecode, [
    owner.address,
    breaker,
    verifier,
    PERIOD,
    sorted,
    threshold,
  ])
  const vault = compileVault()
  const implementation = await deploy(vault.abi, vault.bytecode, [])
  const init = encodeFunctionData({ abi: VAULT, functionName: 'initialize', args: [gate] })
  const target = await deploy(erc1967ProxyAbi, erc1967ProxyBytecode, [implementation, init])
  await write(owner, breaker, breakerAbi, 'setPauser', [target, sentinel.address, Number(MAX_FREEZE)])
  await write(owner, breaker, breakerAbi, 'setGate', [target, gate])
  const { root: siteMapRoot } = await siteMapOf(implementation)
  const via = zeroAddress
  const registration = {
    target,
    kind: KIND_UUPS,
    admin: zeroAddress,
    via,
    implementation,
    siteMapRoot,
    selectors: [],
  }
  await write(owner, gate, patchGateAbi, 'registerTarget', [registration])

  async function requestRestriction(
    signers: Parameters<GateWorld['requestRestriction']>[0],
  ): Promise<OpenRequest> {
    const state = await readGateTarget(node.rpc, { gate, target })
    const salt = keccak256(stringToHex(`salt ${state.nonce}`))
    const patchedAddress = await predictPatched(node.rpc, { gate, target, salt })
    const code = await codeAt(state.original)
    const siteMap = await siteMapOf(state.original)
    const isBalance = (pc: number) =>
      (runAt(siteMap, pc)?.instructions ?? []).some((one) => one.opcode === OP.SLOAD && one.pc < pc)
    const guards = disassemble(code)
      .filter(({ opcode, pc }) => opcode === OP.SUB && isBalance(pc))
      .map(({ pc, opcode }) => guardArithmetic({ pc, opcode }))
    const self = {
      from: state.original,
      to: patchedAddress,
      offsets: findSelfReferences(code, state.original),
    }
    const { runtime, certificate } = assemblePatch({ code, siteMap, guards, self })
    const bundle = { hash: keccak256(stringToHex('bundle')), content: {} }
    const restriction = prepareRestriction({
      ...{ target, state, certificate, salt, patchedAddress },
      bundleHash: bundle.hash,
      deadline: (await client.getBlock()).timestamp + 3600n,
      parametersOf: (name) => findTemplate(name)?.params,
    })
    const ref = { gate, chainId: foundry.id }
    const { guardians: known, threshold: needed } = state
    return {
      ...ref,
      ...{ incident: 'test', restriction, runtime, certificate, bundle, description: [], guardians: known },
      threshold: needed,
      digest: hashRestriction(ref, restriction),
      signatures: await Promise.all(signers.map((account) => signRestriction(account, ref, restriction))),
    }
  }
  return { gate, breaker, target, implementation, client, write, deploy, requestRestriction }
}
