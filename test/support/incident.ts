import type { BlockRef } from '../../src/chain/types.ts'
import { type Address, type Hex, toAddress } from '../../src/core/hex.ts'
import type { Finding, Severity } from '../../src/detectors/types.ts'
import type { Diagnosis } from '../../src/diagnosis/types.ts'
import type { Receipt, TransactionIntent } from '../../src/execution/types.ts'
import type { Approval, Restriction } from '../../src/governance/types.ts'
import type { IncidentEvent, IncidentPolicy, Sighting } from '../../src/incidents/types.ts'
import type { PatchSet } from '../../src/patching/types.ts'
import type { Verdict, VerdictKind } from '../../src/verification/types.ts'

/** Facts of an invented attack, for tests of what happens to facts. */
export const VICTIM = address(0xbad)
export const GATE = address(0x9a7e)
export const POLICY: IncidentPolicy = { freeze: 'critical', restrict: 'auto' }

export function address(n: number): Address {
  return toAddress(`0x${n.toString(16).padStart(40, '0')}`)
}

export function word(n: number): Hex {
  return `0x${n.toString(16).padStart(64, '0')}`
}

/** Block `number` on branch `branch`. */
export function block(number: number, branch = 0): BlockRef {
  return {
    number: BigInt(number),
    hash: word(number * 16 + branch),
    parentHash: word((number - 1) * 16 + branch),
  }
}

interface SightingOptions {
  transaction?: number
  fingerprint?: number
  selector?: Hex
  severity?: Severity
  block?: BlockRef | null
  detector?: string
  feeGwei?: bigint
}

export function sighting(options: SightingOptions = {}): Sighting {
  const { transaction = 1, fingerprint = 1, selector = '0xaaaaaaaa', severity = 'critical' } = options
  const { block: mined = null, detector = 'drain', feeGwei = 10n } = options
  const finding: Finding = {
    detector,
    severity,
    subject: VICTIM,
    functions: [{ target: VICTIM, selector }],
    summary: 'Value leaves without anything coming in.',
    evidence: { lost: '0xffffffffffffffffffffff' },
    fingerprint: word(fingerprint),
  }
  return {
    finding,
    transaction: {
      hash: word(0x1000 + transaction),
      // A new attacker each time: incidents must not go by who attacks.
      from: address(0xa000 + transaction),
      to: address(0xb000),
      data: '0x12345678',
      value: 0n,
      gas: 1_000_000n,
      nonce: 0n,
      maxFeePerGas: feeGwei * 10n ** 9n,
      maxPriorityFeePerGas: 10n ** 9n,
    },
    context: {
      number: 100n,
      timestamp: 1_700_000_000n,
      baseFeePerGas: 10n ** 9n,
      gasLimit: 30_000_000n,
      coinbase: address(0),
      prevRandao: word(0),
    },
    at: 99n,
    before: { [VICTIM]: { balance: 2n ** 80n } },
    block: mined,
    retracted: false,
  }
}

export function intent(id: string): TransactionIntent {
  return { id, chainId: 1, to: GATE, data: '0x', value: 0n, urgency: 'normal' }
}

export function receipt(id: string, at: BlockRef): Receipt {
  return {
    intent: id,
    hash: word(0x7777),
    blockNumber: at.number,
    blockHash: at.hash,
    transactionIndex: 0,
    status: 'success',
    gasUsed: 50_000n,
  }
}

export const diagnosis: Diagnosis = {
  class: 'arithmetic',
  target: VICTIM,
  code: VICTIM,
  selector: '0xaaaaaaaa',
  pc: 17,
  slots: [word(3)],
  confidence: 0.9,
  mechanism: { class: 'arithmetic', sites: [{ code: VICTIM, pc: 17, opcode: 1 }] },
  summary: 'An addition wraps.',
  evidence: {},
}

export function patchSet(cost: number): PatchSet {
  return {
    patches: [{ target: VICTIM, kind: 'bytecode', runtime: '0x5b', certificate: null }],
    description: [`guard of cost ${cost}`],
    cost,
  }
}

export function verdict(kind: VerdictKind, bundle = 1): Verdict {
  return {
    verdict: kind,
    general: true,
    checks: [{ name: 'attack', result: kind === 'effective' ? 'pass' : 'fail', detail: '' }],
    gas: { benignBefore: 2n ** 70n, benignAfter: 2n ** 70n + 1n },
    bundle: { hash: word(bundle), content: {} },
  }
}

export function restriction(nonce = 1n, bundle = 1): Restriction {
  return {
    target: VICTIM,
    originalCodeHash: word(1),
    patchedCodeHash: word(2),
    certificateHash: word(3),
    bundleHash: word(bundle),
    salt: word(4),
    nonce,
    deadline: 1_800_000_000n,
  }
}

export function approval(of: Restriction): Approval {
  return { gate: GATE, chainId: 1, restriction: of, signatures: [{ signer: address(5), signature: '0x01' }] }
}

export function detected(first: Sighting = sighting(), policy: Partial<IncidentPolicy> = {}): IncidentEvent {
  return {
    type: 'AttackDetected',
    protocol: 'harbor',
    chainId: 1,
    victim: VICTIM,
    policy: { ...POLICY, ...policy },
    sighting: first,
  }
}

export const planned = (id: string, considered = sighting().finding.functions): IncidentEvent => ({
  type: 'FreezePlanned',
  considered,
  containment: { functions: considered, means: [], leftOpen: [], duration: 3_600n },
  intents: [intent(id)],
})
export const FREEZE: readonly IncidentEvent[] = [
  planned('freeze'),
  { type: 'FreezeMined', receipt: receipt('freeze', block(11)) },
]
export const VERIFIED: readonly IncidentEvent[] = [
  { type: 'AttackDiagnosed', diagnosis },
  { type: 'PatchesPlanned', patches: [patchSet(1), patchSet(2)] },
  { type: 'PatchVerified', candidate: 0, verdict: verdict('effective') },
]
export const APPROVED: readonly IncidentEvent[] = [
  ...VERIFIED,
  { type: 'ApprovalRequested', gate: GATE, restriction: restriction() },
  { type: 'ApprovalGranted', approval: approval(restriction()), intents: [intent('restrict')] },
]
export const EXECUTED: readonly IncidentEvent[] = [
  ...APPROVED,
  { type: 'RestrictionMined', receipt: receipt('restrict', block(20)) },
]
