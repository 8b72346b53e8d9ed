import { encodeDeployData, encodeFunctionData, keccak256 } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { SutureError } from '../../src/core/errors.ts'
import { type Address, bytesOf, type Hex, toAddress, toWord } from '../../src/core/hex.ts'
import { RpcError } from '../../src/core/rpc-error.ts'
import { buildCfg } from '../../src/evm/cfg.ts'
import {
  breakerAbi,
  breakerBytecode,
  guardShimAbi,
  guardShimBytecode,
  restrictionVerifierAbi,
  restrictionVerifierBytecode,
} from '../../src/generated/contracts.ts'
import { encodeCertificate } from '../../src/governance/encode-certificate.ts'
import { assemblePatch } from '../../src/patching/assemble.ts'
import { checkCertificate } from '../../src/patching/checker/check-certificate.ts'
import { findSelfReferences } from '../../src/patching/self.ts'
import { buildSiteMap, type SiteMap } from '../../src/patching/site-map.ts'
import { toRegistration } from '../../src/patching/templates/registration.ts'
import { findTemplate, TEMPLATES } from '../../src/patching/templates/table.ts'
import { isPiece, type Template } from '../../src/patching/templates/template.ts'
import type { GuardInstance, PlacedGuard } from '../../src/patching/types.ts'
import { createRandom, type Random } from '../support/random.ts'
import { type Claim, MUTATION_NAMES, mutateClaim } from './mutate-claim.ts'
import { compileVault } from './vault.ts'

const SEED = Number(process.env.SEED ?? 1)
const PATCHES = 40
const PATCHED: Address = '0x2222222222222222222222222222222222222222'
const OWNER = toAddress(
  mnemonicToAccount('test test test test test test test test test test test junk').address,
)

interface Original {
  readonly address: Address
  readonly code: Uint8Array
  readonly siteMap: SiteMap
}

/** Two checkers, written apart from one another to one specification: what one accepts the other must accept. */
describe(`the on-chain and the off-chain checker (seed ${SEED})`, () => {
  let node: LocalNode
  let verifier: Address
  let originals: Original[]

  beforeAll(async () => {
    node = await startLocalNode({ hardfork: 'cancun', mining: 'manual' })
    const templates = TEMPLATES.map(toRegistration)
    const deployVerifier = encodeDeployData({
      abi: restrictionVerifierAbi,
      bytecode: restrictionVerifierBytecode,
      args: [OWNER, templates],
    })
    verifier = await deploy(deployVerifier)
    const creations = [
      compileVault().bytecode,
      encodeDeployData({ abi: breakerAbi, bytecode: breakerBytecode, args: [OWNER, 1n, 1n] }),
      encodeDeployData({
        abi: guardShimAbi,
        bytecode: guardShimBytecode,
        args: [OWNER, OWNER, OWNER, OWNER],
      }),
      deployVerifier,
    ]
    originals = []
    for (const creation of creations) originals.push(await survey(await deploy(creation)))
  })
  afterAll(() => node?.stop())

  test('accept every patch the patcher makes, and reject the same alterations of it', async () => {
    const random = createRandom(SEED)
    let assembled = 0
    let rejected = 0
    for (let i = 0; i < PATCHES; i++) {
      const original = originals[i % originals.length]!
      const claim = assembleSomething(original, random)
      if (!claim) continue
      assembled++
      expect(await judge(original, claim)).toEqual({ rejection: null, onChain: true })
      for (const name of MUTATION_NAMES) {
        const { rejection, onChain } = await judge(original, mutateClaim(claim, name, random))
        expect(onChain, `patch ${i}, ${name}: off chain ${rejection ?? 'accepted'}`).toBe(rejection === null)
        if (!onChain) rejected++
      }
    }
    expect(assembled).toBeGreaterThan(PATCHES / 2)
    expect(rejected).toBeGreaterThan(assembled * MUTATION_NAMES.length * 0.6)
  }, 300_000)

  /** A patch with a few guards anywhere, or null when they do not fit. */
  function assembleSomething({ address, code, siteMap }: Original, random: Random): Claim | null {
    const places = random.between(1, 4)
    const guards = Array.from({ length: places }, () => placeSomething(siteMap, random)).flat()
    const offsets = findSelfReferences(code, address)
    const moves = offsets.length > 0 && random.chance(0.7)
    const self = moves ? { from: address, to: PATCHED, offsets } : null
    try {
      return assemblePatch({ code, siteMap, guards, self })
    } catch (error) {
      if (error instanceof SutureError && error.code === 'PATCH_IMPOSSIBLE') return null
      throw error
    }
  }

  async function judge(original: Original, { runtime, certificate: claimed }: Claim) {
    const certificate = { ...claimed, patched: keccak256(runtime) }
    const checked = checkCertificate({
      original: original.code,
      patched: bytesOf(runtime),
      certificate,
      siteMapRoot: original.siteMap.root,
    })
    const rejection = checked.accepted ? null : `${checked.reason}: ${checked.detail}`
    return { rejection, onChain: await verifies(original, { runtime, certificate }) }
  }

  async function verifies({ address, siteMap }: Original, { runtime, certificate }: Claim): Promise<boolean> {
    try {
      const encoded = encodeCertificate(certificate, (name) => findTemplate(name)?.params)
      const data = encodeFunctionData({
        abi: restrictionVerifierAbi,
        functionName: 'verify',
        args: [address, PATCHED, encoded, siteMap.root],
      })
      const override = { [PATCHED]: { code: runtime } }
      await node.rpc.request('eth_call', [{ to: verifier, data }, 'latest', override])
      return true
    } catch (error) {
      const refused = error instanceof RpcError && error.data !== '0x'
      const unencodable = error instanceof SutureError && error.code === 'CERTIFICATE_INVALID'
      if (refused || unencodable) return false
      throw error
    }
  }

  async function survey(address: Address): Promise<Original> {
    const code = bytesOf(await node.rpc.request<Hex>('eth_getCode', [address, 'latest']))
    return { address, code, siteMap: buildSiteMap(buildCfg(code)) }
  }

  async function deploy(data: Hex): Promise<Address> {
    const { contractAddress } = await transact(null, data)
    return toAddress(contractAddress ?? '')
  }

  async function transact(to: Address | null, data: Hex) {
    const transaction = { from: OWNER, ...(to ? { to } : {}), data }
    const hash = await node.rpc.request<Hex>('eth_sendTransaction', [transaction])
    await node.rpc.request('evm_mine')
    return node.rpc.request<{ contractAddress: Hex | null }>('eth_getTransactionReceipt', [hash])
  }
})

/** A whole template, or a sentence that balances. */
function placeSomething(siteMap: SiteMap, random: Random): PlacedGuard[] {
  const { instructions } = siteMap.runs[random.between(0, siteMap.runs.length - 1)]!
  const { pc } = instructions[random.between(0, instructions.length - 1)]!
  const guards = random.chance(0.5) ? [instanceOf(pick(WHOLE, random), random)] : sentence(random)
  return guards.map((guard) => ({ ...guard, pc }))
}

/** Pieces that fit the words there are, until none is left: as good as any of the same shape, sense aside. */
function sentence(random: Random): GuardInstance[] {
  const guards: GuardInstance[] = []
  let height = 0
  do {
    const ending = guards.length > 12
    const fitting = PIECES.filter(({ takes, gives }) => takes <= height && (!ending || gives < takes))
    const template = pick(fitting, random)
    guards.push(instanceOf(template, random))
    height += template.gives - template.takes
  } while (height > 0)
  return guards
}

function instanceOf({ name, params, holes }: Template, random: Random): GuardInstance {
  const args = params.map((param, index) => {
    const widths = holes.flatMap((hole) => (hole.kind === 'arg' && hole.index === index ? [hole.width] : []))
    const limit = widths.length > 0 ? 2 ** (8 * Math.min(...widths, 6)) - 1 : 3
    return [param, toWord(BigInt(random.between(0, limit)))]
  })
  return { template: name, args: Object.fromEntries(args) }
}

const pick = <T>(list: readonly T[], random: Random): T => list[random.between(0, list.length - 1)]!
const WHOLE = TEMPLATES.filter((template) => !isPiece(template))
const PIECES = TEMPLATES.filter(isPiece)
