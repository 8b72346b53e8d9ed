import { encodeDeployData, encodeFunctionData } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { type Address, bytesOf, type Hex, toAddress, toWord } from '../../src/core/hex.ts'
import { RpcError } from '../../src/core/rpc-error.ts'
import { buildCfg } from '../../src/evm/cfg.ts'
import { restrictionVerifierAbi, restrictionVerifierBytecode } from '../../src/generated/contracts.ts'
import { encodeCertificate } from '../../src/governance/encode-certificate.ts'
import { type AssembledPatch, assemblePatch } from '../../src/patching/assemble.ts'
import { checkCertificate } from '../../src/patching/checker/check-certificate.ts'
import { buildSiteMap } from '../../src/patching/site-map.ts'
import { toRegistration } from '../../src/patching/templates/registration.ts'
import { findTemplate, TEMPLATES } from '../../src/patching/templates/table.ts'
import type { PlacedGuard } from '../../src/patching/types.ts'

const OWNER = toAddress(
  mnemonicToAccount('test test test test test test test test test test test junk').address,
)
const ORIGINAL: Address = '0x1111111111111111111111111111111111111111'
const PATCHED: Address = '0x2222222222222222222222222222222222222222'
const TAIL_REVERT = '0xa2d4ac15'

const guard = (template: string, pc: number, args: Record<string, bigint> = {}): PlacedGuard => ({
  template,
  args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, toWord(value)])),
  pc,
})

/** What whoever holds a quorum may try with the whole table of templates. */
describe('a certificate by a thief', () => {
  let node: LocalNode
  let verifier: Address

  beforeAll(async () => {
    node = await startLocalNode({ hardfork: 'cancun', mining: 'manual' })
    const data = encodeDeployData({
      abi: restrictionVerifierAbi,
      bytecode: restrictionVerifierBytecode,
      args: [OWNER, TEMPLATES.map(toRegistration)],
    })
    const hash = await node.rpc.request<Hex>('eth_sendTransaction', [{ from: OWNER, data }])
    await node.rpc.request('evm_mine')
    const receipt = await node.rpc.request<{ contractAddress: Hex }>('eth_getTransactionReceipt', [hash])
    verifier = toAddress(receipt.contractAddress)
  })
  afterAll(() => node?.stop())

  /** Three stretches of five harmless instructions each; a window fits at 0, 15 and 30. */
  const code: Hex = `0x${'60015060015060015060015060015060'.slice(0, 30).repeat(3)}00`

  const patch = (original: Hex, guards: readonly PlacedGuard[]): AssembledPatch => {
    const bytes = bytesOf(original)
    return assemblePatch({ code: bytes, siteMap: buildSiteMap(buildCfg(bytes)), guards })
  }

  async function judge(original: Hex, { runtime, certificate }: AssembledPatch) {
    const checked = checkCertificate({ original: bytesOf(original), patched: bytesOf(runtime), certificate })
    const encoded = encodeCertificate(certificate, (name) => findTemplate(name)?.params)
    const data = encodeFunctionData({
      abi: restrictionVerifierAbi,
      functionName: 'verify',
      args: [ORIGINAL, PATCHED, encoded, certificate.siteMap],
    })
    const codes = { [ORIGINAL]: { code: original }, [PATCHED]: { code: runtime } }
    const onChain = await node.rpc.request('eth_call', [{ to: verifier, data }, 'latest', codes]).then(
      () => true,
      () => false,
    )
    return { offChain: checked.accepted, onChain }
  }

  /** What a call answers, or what it reverts with. */
  async function call(runtime: Hex): Promise<Hex> {
    const codes = { [PATCHED]: { code: runtime } }
    try {
      return await node.rpc.request<Hex>('eth_call', [{ to: PATCHED }, 'latest', codes])
    } catch (error) {
      if (error instanceof RpcError) return (error.data as Hex) ?? '0x'
      throw error
    }
  }

  it.each([
    [
      'gives back its lock',
      [guard('lock-enter@1', 0, { lock: 0n }), guard('lock-check@1', 36, { lock: 0n })],
      [guard('lock-exit@1', 18, { lock: 0n })],
    ],
    [
      'gives back its lock in storage',
      [guard('lock-enter-storage@1', 0, { lock: 0n }), guard('lock-check-storage@1', 36, { lock: 0n })],
      [guard('lock-exit-storage@1', 18, { lock: 0n })],
    ],
  ])('on code that has guards already is refused when it %s', async (_, first, second) => {
    const ratified = patch(code, first)
    expect(await judge(code, ratified)).toEqual({ offChain: true, onChain: true })
    expect(await call(ratified.runtime)).toBe(TAIL_REVERT)
    const thief = patch(ratified.runtime, second)
    // What the guards of the original refuse would go through.
    expect(await call(thief.runtime)).toBe('0x')
    expect(await judge(ratified.runtime, thief)).toEqual({ offChain: false, onChain: false })
  })

  it('on code that has guards already is accepted when it only reads', async () => {
    const ratified = patch(code, [guard('lock-check@1', 0, { lock: 0n })])
    const again = patch(ratified.runtime, [guard('lock-check@1', 18, { lock: 1n })])
    expect(await judge(ratified.runtime, again)).toEqual({ offChain: true, onChain: true })
  })

  it('cannot let memory grow by a guard that looks at the input of a call, where no call follows', async () => {
    // PUSH1 0x44 PUSH2 0x1000 PUSH1 0 PUSH1 0 PUSH1 0 | POP x 5 | MSIZE PUSH1 0 MSTORE PUSH1 0x20 PUSH1 0 RETURN
    const original: Hex = '0x604461100060006000600050505050505960005260206000f3'
    const pulled = patch(original, [guard('pull-from-caller@2', 11)])
    expect(await judge(original, pulled)).toEqual({ offChain: true, onChain: true })
    expect(await call(original)).toBe(toWord(0n))
    expect(await call(pulled.runtime)).toBe(TAIL_REVERT)
  })
})
