import { keccak256 } from 'viem'
import { createSequenceRunner, createSimulator } from '../chain/simulate.ts'
import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, bytesOf, type Hex, toQuantity } from '../core/hex.ts'
import { hashJson, type Json } from '../core/json.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import { encodeCertificate, hashCertificate } from '../governance/encode-certificate.ts'
import type { OpenRequest } from '../governance/inbox.ts'
import { predictPatched, readGateTarget } from '../governance/read-gate-target.ts'
import { hashRestriction } from '../governance/typed-data.ts'
import { checkCertificate } from '../patching/checker/check-certificate.ts'
import { isNarrow } from '../patching/narrow.ts'
import { relocatePatch } from '../patching/relocate.ts'
import { findTemplate } from '../patching/templates/table.ts'
import type { Patch, PatchSet } from '../patching/types.ts'
import { prepareBaseline } from '../verification/prepare-baseline.ts'
import { readEvidence } from '../verification/read-evidence.ts'
import type { Verdict } from '../verification/types.ts'
import { verifyPatch } from '../verification/verify-patch.ts'
import { checkPatch } from './remedy.ts'
import { selectorsOf } from './scene.ts'

/** Seconds; a signature must not be good for a day on which nobody remembers it. */
export const LONGEST_DEADLINE = 7n * 86_400n

/** One thing a guardian looks at before signing. */
export interface Examination {
  readonly what: string
  readonly passed: boolean
  readonly detail: string
}

/**
 * Checks an approval request from the ground up, on the guardian's own node and believing nothing in it: that what is to be signed is what is
 * shown, that the gate's registered code is the one the certificate is about, that the certificate proves a restriction, and that
 * running the whole verification again gives the same evidence hash and the verdict `effective`.
 */
export async function examineRequest(rpc: Rpc, request: OpenRequest): Promise<readonly Examination[]> {
  const examinations: Examination[] = []
  const note = (what: string, passed: boolean, detail: string) => examinations.push({ what, passed, detail })
  const same = (what: string, actual: string, expected: string) =>
    note(what, actual === expected, actual === expected ? actual : `${actual}, expected ${expected}`)

  const { restriction, certificate, runtime, gate, chainId } = request
  same('digest', request.digest, hashRestriction({ gate, chainId }, restriction))
  same('patched code', keccak256(runtime), restriction.patchedCodeHash)
  const encoded = encodeCertificate(certificate, (name) => findTemplate(name)?.params)
  same('certificate', hashCertificate(encoded), restriction.certificateHash)
  same('chain', String(rpc.chainId), String(chainId))

  const now = BigInt(
    (await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])).timestamp,
  )
  const left = restriction.deadline - now
  note('deadline', left > 0n && left <= LONGEST_DEADLINE, `${left} s from now`)

  const state = await readGateTarget(rpc, { gate, target: restriction.target })
  same('registered code', restriction.originalCodeHash, state.originalCodeHash)
  same('nonce', String(restriction.nonce), String(state.nonce))
  const { target, salt } = restriction
  const patchedAddress = await predictPatched(rpc, { gate, target, salt })
  same('address of the patched code', certificate.self?.to ?? patchedAddress, patchedAddress)
  same('address of the original', certificate.self?.from ?? state.original, state.original)
  const original = await rpc.request<Hex>('eth_getCode', [state.original, 'latest'])
  const proof = checkCertificate({
    original: bytesOf(original),
    patched: bytesOf(runtime),
    certificate,
    siteMapRoot: state.siteMapRoot,
  })
  note(
    'restriction',
    proof.accepted,
    proof.accepted ? 'proved by the certificate' : `${proof.reason}: ${proof.detail}`,
  )

  same('evidence hash', hashJson(request.bundle.content), restriction.bundleHash)
  const { verdict, bundle } = await reproduceEvidence(rpc, request)
  const difference = firstDifference(bundle.content, request.bundle.content)
  note('evidence reproduced', bundle.hash === restriction.bundleHash, difference ?? bundle.hash)
  same('verdict', verdict, 'effective')
  return examinations
}

/** What was verified stands at the original's address; what is signed names the address where it will be. */
function isSamePatch({ runtime, certificate }: Patch, request: OpenRequest): boolean {
  if (!runtime || !certificate) return false
  const { self } = request.certificate
  const placed = self ? relocatePatch({ runtime, certificate }, self.to) : { runtime }
  return placed.runtime === request.runtime
}

async function reproduceEvidence(rpc: Rpc, request: OpenRequest): Promise<Verdict> {
  const { bundle } = request
  const inputs = readEvidence(bundle.content)
  const patchSet = bundle.content.patches as unknown as PatchSet
  if (!patchSet.patches.some((patch) => isSamePatch(patch, request))) {
    throw new SutureError(
      'EVIDENCE_INVALID',
      'The evidence is about another patch than the one to be signed.',
      {
        meta: ['field: patches', 'fix: ask for the bundle of this patch'],
      },
    )
  }
  const first = inputs.attack[0]?.at
  const tag = first === undefined ? 'latest' : toQuantity(first)
  const codes: Record<Address, Hex> = {}
  for (const account of Object.keys(inputs.codes) as Address[]) {
    codes[account] = await rpc.request<Hex>('eth_getCode', [account, tag])
  }
  const baseline = await prepareBaseline({
    run: createSequenceRunner(createSimulator(rpc)),
    chainId: inputs.chainId,
    hardfork: inputs.hardfork,
    preState: inputs.preState,
    history: inputs.history,
    attack: inputs.attack,
    protection: { contracts: new Set(inputs.protected), implementations: inputs.implementations },
    codes,
    recoverSelectors: selectorsOf,
    checkCertificate: checkPatch,
    isNarrow,
    diagnosis: bundle.content.diagnosis as unknown as Diagnosis | null,
  })
  return verifyPatch(baseline, patchSet)
}

const SHOWN_CHARACTERS = 60

/** Where two pieces of evidence differ first, in words; null where they are the same. */
function firstDifference(here: Json | undefined, there: Json | undefined, path = ''): string | null {
  if (isObject(here) && isObject(there)) {
    for (const key of [...new Set([...Object.keys(here), ...Object.keys(there)])].sort()) {
      const found = firstDifference(here[key], there[key], `${path}.${key}`)
      if (found !== null) return found
    }
    return null
  }
  const [a, b] = [here, there].map((value) => JSON.stringify(value) ?? 'absent')
  return a === b
    ? null
    : `${path.slice(1)} is ${a!.slice(0, SHOWN_CHARACTERS)} here, ${b!.slice(0, SHOWN_CHARACTERS)} there`
}

/** Arrays count: their indices are keys. */
const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null
