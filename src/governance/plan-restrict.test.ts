import { decodeFunctionData, encodeAbiParameters, getAbiItem, keccak256, stringToHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { type Address, toWord } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import type { Certificate } from '../patching/types.ts'
import { encodeCertificate, hashCertificate } from './encode-certificate.ts'
import { planRestrict } from './plan-restrict.ts'
import { prepareRestriction } from './prepare-restriction.ts'
import type { Approval, GateTarget } from './types.ts'

const RUNTIME = '0x6001'
const hash = (text: string) => keccak256(stringToHex(text))
const CERTIFICATE: Certificate = {
  format: 'suture-certificate/1',
  original: hash('original'),
  patched: keccak256(RUNTIME),
  siteMap: hash('site map'),
  sites: [
    {
      pc: 10,
      length: 6,
      trampoline: 100,
      guards: [
        { template: 'two@1', args: { low: toWord(1n), high: toWord(2n) }, pc: 10 },
        { template: 'none@1', args: {}, pc: 16 },
      ],
      run: { start: 8, end: 30, boundaries: '0xffffff', proof: [hash('sibling')] },
    },
  ],
  self: {
    from: '0x00000000000000000000000000000000000000aa',
    to: '0x00000000000000000000000000000000000000bb',
    offsets: [40],
  },
}
const STATE: GateTarget = {
  original: '0x00000000000000000000000000000000000000aa',
  originalCodeHash: hash('original'),
  siteMapRoot: hash('site map'),
  current: '0x00000000000000000000000000000000000000aa',
  live: '0x00000000000000000000000000000000000000aa',
  nonce: 5n,
  provisionalUntil: 0n,
  guardians: [],
  threshold: 1,
}
const PARAMETERS: Readonly<Record<string, readonly string[]>> = { 'two@1': ['high', 'low'], 'none@1': [] }
const parametersOf = (template: string) => PARAMETERS[template]

const PATCHED = '0x00000000000000000000000000000000000000bb'

const prepare = (certificate = CERTIFICATE, state = STATE, patchedAddress: Address = PATCHED) =>
  prepareRestriction({
    target: '0x00000000000000000000000000000000000000cc',
    state,
    certificate,
    bundleHash: hash('bundle'),
    salt: hash('salt'),
    patchedAddress,
    deadline: 99n,
    parametersOf,
  })

const approve = (): Approval => ({
  gate: '0x00000000000000000000000000000000000000dd',
  chainId: 1,
  restriction: prepare(),
  signatures: [{ signer: '0x00000000000000000000000000000000000000ee', signature: '0x1234' }],
})

describe('encoding a certificate for the chain', () => {
  test('names templates by hash and orders arguments as the template does', () => {
    const { sites, selfOffsets } = encodeCertificate(CERTIFICATE, parametersOf)
    expect(selfOffsets).toEqual([40])
    expect(sites[0]!.guards).toEqual([
      { pc: 10, template: hash('two@1'), args: [toWord(2n), toWord(1n)] },
      { pc: 16, template: hash('none@1'), args: [] },
    ])
  })

  test('hashes it as the gate does: the ABI encoding of the argument of restrict', () => {
    const encoded = encodeCertificate(CERTIFICATE, parametersOf)
    const parameter = getAbiItem({ abi: patchGateAbi, name: 'restrict' }).inputs[2]
    expect(hashCertificate(encoded)).toBe(keccak256(encodeAbiParameters([parameter], [encoded])))
  })

  test.each([
    ['an unknown template', { template: 'other@1', args: {}, pc: 10 }],
    ['a missing argument', { template: 'two@1', args: { low: toWord(1n) }, pc: 10 }],
    ['an argument too many', { template: 'none@1', args: { low: toWord(1n) }, pc: 10 }],
    [
      'an argument of another name',
      { template: 'two@1', args: { low: toWord(1n), mid: toWord(1n) }, pc: 10 },
    ],
  ])('refuses %s', (_name, guard) => {
    const certificate = {
      ...CERTIFICATE,
      sites: [{ ...CERTIFICATE.sites[0]!, guards: [guard] }],
    } as Certificate
    expect(() => encodeCertificate(certificate, parametersOf)).toThrow(
      expect.objectContaining({ code: 'CERTIFICATE_INVALID' }),
    )
  })
})

describe('preparing a restriction', () => {
  test('binds target, code, certificate, evidence, nonce and deadline', () => {
    expect(prepare()).toEqual({
      target: '0x00000000000000000000000000000000000000cc',
      originalCodeHash: CERTIFICATE.original,
      patchedCodeHash: CERTIFICATE.patched,
      certificateHash: hashCertificate(encodeCertificate(CERTIFICATE, parametersOf)),
      bundleHash: hash('bundle'),
      salt: hash('salt'),
      nonce: 5n,
      deadline: 99n,
    })
  })

  test.each<[string, Partial<GateTarget>]>([
    ['other code', { originalCodeHash: hash('other') }],
    ['another site map', { siteMapRoot: hash('other') }],
    ['another original', { original: '0x00000000000000000000000000000000000000cc' }],
  ])('refuses when the gate has %s', (_name, difference) => {
    expect(() => prepare(CERTIFICATE, { ...STATE, ...difference })).toThrow(
      expect.objectContaining({ code: 'APPROVAL_INVALID' }),
    )
  })

  test('refuses when the code was made for another address', () => {
    expect(() => prepare(CERTIFICATE, STATE, '0x00000000000000000000000000000000000000cc')).toThrow(
      expect.objectContaining({ code: 'APPROVAL_INVALID' }),
    )
  })
})

describe('planning the restrict transaction', () => {
  test('calls the gate with what was signed', () => {
    const approval = approve()
    const { to, data } = planRestrict(approval, { runtime: RUNTIME, certificate: CERTIFICATE, parametersOf })
    expect(to).toBe(approval.gate)
    const { functionName, args } = decodeFunctionData({ abi: patchGateAbi, data })
    expect(functionName).toBe('restrict')
    expect(args?.[1]).toBe(RUNTIME)
    expect(args?.[3]).toEqual([{ signer: '0x00000000000000000000000000000000000000eE', signature: '0x1234' }])
  })

  test('refuses code or a certificate that were not signed', () => {
    const plan = (runtime: `0x${string}`, certificate: Certificate) => () =>
      planRestrict(approve(), { runtime, certificate, parametersOf })
    const refusal = expect.objectContaining({ code: 'APPROVAL_INVALID' })
    expect(plan('0x6002', CERTIFICATE)).toThrow(refusal)
    expect(plan(RUNTIME, { ...CERTIFICATE, sites: [] })).toThrow(refusal)
  })
})
