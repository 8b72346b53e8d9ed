import { keccak256, stringToHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { toAddress } from '../core/hex.ts'
import { collectApproval } from './collect-approval.ts'
import { signRestriction } from './sign-restriction.ts'
import { hashRestriction } from './typed-data.ts'
import type { GateRef, Restriction, Signature } from './types.ts'

const GATE: GateRef = { gate: '0x00000000000000000000000000000000000000aa', chainId: 1 }
const hash = (text: string) => keccak256(stringToHex(text))
const RESTRICTION: Restriction = {
  target: '0x00000000000000000000000000000000000000bb',
  originalCodeHash: hash('original'),
  patchedCodeHash: hash('patched'),
  certificateHash: hash('certificate'),
  bundleHash: hash('bundle'),
  salt: hash('bundle'),
  nonce: 3n,
  deadline: 1_700_000_000n,
}
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const accounts = [1, 2, 3].map(() => privateKeyToAccount(generatePrivateKey()))
const guardians = accounts.map(({ address }) => address)
const signed = (gate = GATE, restriction = RESTRICTION) =>
  Promise.all(accounts.map((account) => signRestriction(account, gate, restriction)))

const collect = (
  signatures: readonly Signature[],
  options: Partial<Parameters<typeof collectApproval>[0]> = {},
) => collectApproval({ ...GATE, restriction: RESTRICTION, signatures, guardians, threshold: 2, ...options })

describe('collecting an approval', () => {
  test('takes the signatures of guardians and puts them in ascending order', async () => {
    const { signatures, ...rest } = await collect((await signed()).reverse())
    expect(rest).toEqual({ ...GATE, restriction: RESTRICTION })
    expect(signatures.map(({ signer }) => signer)).toEqual(guardians.map(toAddress).sort())
  })

  test('takes exactly the threshold and no less', async () => {
    const [first, second] = await signed()
    expect((await collect([first!, second!])).signatures).toHaveLength(2)
    await expect(collect([first!])).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
  })

  test('refuses a signer that is no guardian', async () => {
    const stranger = privateKeyToAccount(generatePrivateKey())
    const signatures = [...(await signed()), await signRestriction(stranger, GATE, RESTRICTION)]
    await expect(collect(signatures)).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
  })

  test('refuses a guardian that signs twice, however its address is written', async () => {
    const [first] = await signed()
    const again = { ...first!, signer: accounts[0]!.address }
    await expect(collect([first!, again])).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
  })

  test.each<[string, GateRef, Restriction]>([
    ['another chain', { ...GATE, chainId: 2 }, RESTRICTION],
    ['another gate', { ...GATE, gate: RESTRICTION.target }, RESTRICTION],
    ['another bundle', GATE, { ...RESTRICTION, bundleHash: hash('another') }],
    ['another nonce', GATE, { ...RESTRICTION, nonce: 4n }],
    ['another deadline', GATE, { ...RESTRICTION, deadline: 1n }],
  ])('refuses signatures for %s', async (_name, gate, restriction) => {
    await expect(collect(await signed(gate, restriction))).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
  })

  test('refuses one guardian passing off the signature of another', async () => {
    const [first, second] = await signed()
    const stolen = { signer: first!.signer, signature: second!.signature }
    await expect(collect([stolen, second!])).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
  })

  test('refuses what is no signature at all', async () => {
    const [first, second] = await signed()
    for (const signature of ['0x', '0x00', `0x${'ff'.repeat(65)}`, `0x${'00'.repeat(64)}1b`] as const) {
      const broken = { ...first!, signature }
      await expect(collect([broken, second!])).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
    }
  })

  test('gives signatures the one form the chain takes', async () => {
    const [first, second] = await signed()
    const parity = first!.signature.endsWith('1b') ? '00' : '01'
    const short = { ...first!, signature: `${first!.signature.slice(0, -2)}${parity}` as const } as Signature
    const { signatures } = await collect([short, second!])
    expect(signatures.find(({ signer }) => signer === first!.signer)).toEqual(first)
  })

  test('refuses the high twin of a signature, which the chain refuses too', async () => {
    const [first, second] = await signed()
    const s = ORDER - BigInt(`0x${first!.signature.slice(66, 130)}`)
    const v = first!.signature.endsWith('1b') ? '1c' : '1b'
    const twin = `${first!.signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}` as const
    await expect(collect([{ ...first!, signature: twin as `0x${string}` }, second!])).rejects.toMatchObject({
      code: 'APPROVAL_INVALID',
    })
  })

  test('asks guardians that are contracts', async () => {
    const [first] = await signed()
    const wallet = '0x00000000000000000000000000000000000000cc' as const
    const signatures: Signature[] = [first!, { signer: wallet, signature: '0x1234' }]
    const known = { guardians: [...guardians, wallet] }
    const asked: unknown[] = []
    const approval = await collect(signatures, {
      ...known,
      checkContractSignature: async (...question) => asked.push(question) > 0,
    })
    expect(approval.signatures).toHaveLength(2)
    expect(asked).toEqual([[signatures[1], hashRestriction(GATE, RESTRICTION)]])
    const no = { ...known, checkContractSignature: async () => false }
    await expect(collect(signatures, no)).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
    await expect(collect(signatures, known)).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
  })
})
