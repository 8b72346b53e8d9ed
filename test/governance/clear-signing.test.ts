import { createRequire } from 'node:module'
import {
  type Abi,
  concat,
  encodeFunctionData,
  type Hex,
  hashTypedData,
  keccak256,
  parseAbi,
  zeroAddress,
  zeroHash,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { showExplanation } from '../../src/cli/show-explanation.ts'
import { type Address, toAddress } from '../../src/core/hex.ts'
import { patchGateAbi } from '../../src/generated/contracts.ts'
import { createContractSignatureCheck } from '../../src/governance/check-contract-signature.ts'
import { collectApproval, collectRollback } from '../../src/governance/collect-approval.ts'
import { planRestrict } from '../../src/governance/plan-restrict.ts'
import { planApprovedRollback } from '../../src/governance/plan-rollback.ts'
import { prepareRollback } from '../../src/governance/prepare-rollback.ts'
import { readGateTarget } from '../../src/governance/read-gate-target.ts'
import { hashSafeMessage } from '../../src/governance/safe-message.ts'
import { signProposal } from '../../src/governance/sign-proposal.ts'
import { hashRollback } from '../../src/governance/typed-data.ts'
import type { PlannedCall, RollbackRequest } from '../../src/governance/types.ts'
import { findTemplate } from '../../src/patching/templates/table.ts'
import { examineRollback } from '../../src/pipeline/examine-rollback.ts'
import { explainRestrictionRequest, explainRollbackRequest } from '../../src/pipeline/explain-request.ts'
import { buildGateWorld, funded, type GateWorld, PERIOD } from './gate-fixture.ts'

const artifact = (name: string): { abi: Abi; bytecode: Hex } =>
  createRequire(import.meta.url)(`@safe-global/safe-smart-account/build/artifacts/contracts/${name}.json`)
const HANDLER = parseAbi(['function getMessageHashForSafe(address, bytes) view returns (bytes32)'])

const [first, second, safeOwner] = [1, 2, 3].map(() => privateKeyToAccount(generatePrivateKey()))

let node: LocalNode
let world: GateWorld
let safe: Address

beforeAll(async () => {
  node = await startLocalNode({ hardfork: 'cancun' })
  const bare = await buildGateWorld(node, [first!.address, second!.address])
  safe = await deploySafe(bare, safeOwner!.address)
  world = await buildGateWorld(node, [toAddress(first!.address), toAddress(second!.address), safe])
})
afterAll(() => node?.stop())

/** A real Safe of one owner, by the real factory, with the handler that answers `isValidSignature`. */
async function deploySafe({ deploy, client, write }: GateWorld, owner: Address): Promise<Address> {
  const [singleton, factory, handler] = await Promise.all([
    artifact('Safe.sol/Safe'),
    artifact('proxies/SafeProxyFactory.sol/SafeProxyFactory'),
    artifact('handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler'),
  ])
  const at = {
    singleton: await deploy(singleton.abi, singleton.bytecode, []),
    factory: await deploy(factory.abi, factory.bytecode, []),
    handler: await deploy(handler.abi, handler.bytecode, []),
  }
  const args = [[owner], 1n, zeroAddress, '0x', at.handler, zeroAddress, 0n, zeroAddress]
  const init = encodeFunctionData({ abi: singleton.abi, functionName: 'setup', args })
  const create = [at.singleton, init, 0n] as const
  const { result } = await client.simulateContract({
    address: at.factory,
    abi: factory.abi,
    functionName: 'createProxyWithNonce',
    args: create,
  })
  await write(funded(0), at.factory, factory.abi, 'createProxyWithNonce', create)
  return toAddress(result as string)
}

async function send({ to, data }: PlannedCall): Promise<void> {
  const hash = await world.client.sendTransaction({ account: funded(3), to, data })
  expect((await world.client.waitForTransactionReceipt({ hash })).status).toBe('success')
}

/** What the owner of a Safe signs, as a wallet does it: the Safe's message, not the digest itself. */
const asSafe = {
  address: () => safe,
  signDigest: (digest: Hex) =>
    safeOwner!.signTypedData({
      domain: { chainId: foundry.id, verifyingContract: safe },
      types: { SafeMessage: [{ name: 'message', type: 'bytes' }] },
      primaryType: 'SafeMessage',
      message: { message: digest },
    }),
}

describe('what a guardian is shown', () => {
  test('says what a restriction does, field by field, and who signed', async () => {
    const request = await world.requestRestriction([first!])
    const explanation = await explainRestrictionRequest(node.rpc, request, 'restriction.json')
    expect(explanation).toMatchObject({
      headline: `restrict ${world.target}`,
      digest: request.digest,
      quorum: { threshold: 2, signed: [toAddress(first!.address)] },
    })
    expect(Object.fromEntries(explanation.fields.map(({ name, value }) => [name, value]))).toEqual(
      Object.fromEntries(Object.entries(request.restriction).map(([name, value]) => [name, String(value)])),
    )
    const text = explanation.effects.join('\n')
    expect(text).toMatch(/refuses a subtraction below zero; in .*0x2e1a7d4d/)
    expect(text).toContain('provisional: unless the owner ratifies it, anyone may put the original back from')
    expect(text).toContain('(in 7 d)')
    expect(showExplanation(explanation).join('\n')).toContain('2 of 3 guardians; 1 missing')
  })

  test('computes separator, struct hash and digest as the gate does', async () => {
    const request = await world.requestRestriction([])
    const { domain, structHash, digest } = await explainRestrictionRequest(node.rpc, request, '')
    expect(keccak256(concat(['0x1901', domain.separator, structHash]))).toBe(digest)
    const hashed = await world.client.readContract({
      address: world.gate,
      abi: patchGateAbi,
      functionName: 'hashRestriction',
      args: [request.restriction],
    })
    expect(digest).toBe(hashed)
  })

  test('shouts when it is about other code, or comes at the wrong time', async () => {
    const request = await world.requestRestriction([])
    const restriction = { ...request.restriction, originalCodeHash: zeroHash, nonce: 7n }
    const { fields } = await explainRestrictionRequest(node.rpc, { ...request, restriction }, '')
    const alarms = fields.filter(({ meaning }) => meaning.startsWith('NOT')).map(({ name }) => name)
    expect(alarms).toEqual(['originalCodeHash', 'nonce'])
  })

  test('does not count signatures that are none', async () => {
    const request = await world.requestRestriction([first!])
    const forged = { ...request.signatures[0]!, signer: toAddress(second!.address) }
    const { quorum } = await explainRestrictionRequest(node.rpc, { ...request, signatures: [forged] }, '')
    expect(quorum.signed).toEqual([])
  })

  test('gives the hashes a Safe’s interface shows', async () => {
    const request = await world.requestRestriction([])
    const { safes, digest } = await explainRestrictionRequest(node.rpc, request, '')
    const handler = await world.client.readContract({
      address: safe,
      abi: HANDLER,
      functionName: 'getMessageHashForSafe',
      args: [safe, digest],
    })
    expect(safes).toEqual([
      { ...hashSafeMessage({ safe, chainId: foundry.id }, digest), safeMessageHash: handler },
    ])
  })

  test('keeps control characters from the terminal', () => {
    const words = {
      headline: 'x\u001b[2K\u202ey',
      effects: [],
      fields: [],
      structHash: '0x',
      digest: '0x',
      safes: [],
    } as const
    const domain = {
      name: '',
      version: '',
      chainId: 1,
      verifyingContract: zeroAddress,
      separator: '0x',
    } as const
    const quorum = { threshold: 2, guardians: [], signed: [] }
    expect(showExplanation({ ...words, domain, primaryType: 'Rollback', quorum })[0]).toBe(
      'approval asked for: x?[2K?y',
    )
  })
})

describe('a Safe and a key as guardians', () => {
  test('restrict, and take it back', async () => {
    const request = await world.requestRestriction([first!])
    const checkContractSignature = createContractSignatureCheck(node.rpc)
    const gate = { gate: world.gate, chainId: foundry.id }
    const account = {
      address: safe,
      signTypedData: (data: unknown) => asSafe.signDigest(hashTypedData(data as never)),
    } as never
    const sign = (proposal: Parameters<typeof signProposal>[1], by = account) =>
      signProposal({ account: by, gate, checkContractSignature }, proposal)
    const bySafe = await sign({ kind: 'restriction', restriction: request.restriction })
    const state = await readGateTarget(node.rpc, { gate: world.gate, target: world.target })
    const quorum = { guardians: state.guardians, threshold: state.threshold, checkContractSignature }
    const signatures = [...request.signatures, bySafe]
    const approval = await collectApproval({
      ...gate,
      ...quorum,
      restriction: request.restriction,
      signatures,
    })
    const { runtime, certificate } = request
    const parametersOf = (name: string) => findTemplate(name)?.params
    await send(planRestrict(approval, { runtime, certificate, parametersOf }))

    const restricted = await readGateTarget(node.rpc, { gate: world.gate, target: world.target })
    expect(restricted.current).not.toBe(restricted.original)
    const { timestamp } = await world.client.getBlock()
    const rollback = prepareRollback({ target: world.target, state: restricted, deadline: timestamp + 600n })
    const digest = hashRollback(gate, rollback)
    const back: RollbackRequest = { ...gate, rollback, digest, guardians: [], threshold: 2, signatures: [] }
    expect((await examineRollback(node.rpc, back)).filter(({ passed }) => !passed)).toEqual([])
    const { effects } = await explainRollbackRequest(node.rpc, back)
    expect(effects[0]).toContain(`runs its original ${world.implementation} again`)
    const onChain = await world.client.readContract({
      address: world.gate,
      abi: patchGateAbi,
      functionName: 'hashRollback',
      args: [rollback],
    })
    expect(digest).toBe(onChain)

    const proposal = { kind: 'rollback', rollback } as const
    const both = [await sign(proposal), await sign(proposal, second! as never)]
    await send(
      planApprovedRollback(await collectRollback({ ...gate, ...quorum, rollback, signatures: both })),
    )
    const after = await readGateTarget(node.rpc, { gate: world.gate, target: world.target })
    expect(after.current).toBe(world.implementation)
    const stale = await examineRollback(node.rpc, back)
    expect(stale.filter(({ passed }) => !passed).map(({ what }) => what)).toEqual([
      'nonce',
      'something to take back',
    ])
    await expect(async () =>
      prepareRollback({ target: world.target, state: after, deadline: 1n }),
    ).rejects.toMatchObject({
      code: 'APPROVAL_INVALID',
    })
  })

  test('whose signature is not its own is not passed on', async () => {
    const account = {
      address: safe,
      signTypedData: () => safeOwner!.sign({ hash: `0x${'11'.repeat(32)}` }),
    } as never
    const rollback = { target: world.target, nonce: 0n, deadline: PERIOD }
    const options = { account, gate: { gate: world.gate, chainId: 1 } }
    const check = createContractSignatureCheck(node.rpc)
    const signing = signProposal(
      { ...options, checkContractSignature: check },
      { kind: 'rollback', rollback },
    )
    await expect(signing).rejects.toMatchObject({ code: 'SIGNER_MISMATCH' })
  })
})
