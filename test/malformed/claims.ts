import { SutureError, type SutureErrorCode } from '../../src/core/errors.ts'
import { bytesOf, type Hex } from '../../src/core/hex.ts'
import { createMetrics } from '../../src/core/metrics.ts'
import { buildCfg } from '../../src/evm/cfg.ts'
import { collectApproval } from '../../src/governance/collect-approval.ts'
import { encodeCertificate } from '../../src/governance/encode-certificate.ts'
import { createInbox } from '../../src/governance/inbox.ts'
import { decodeEvent } from '../../src/incidents/codec.ts'
import { parseCertificate } from '../../src/patching/checker/parse-certificate.ts'
import type { Certificate } from '../../src/patching/types.ts'
import { createApp } from '../../src/server/app.ts'
import { readEvidence } from '../../src/verification/read-evidence.ts'
import { GATE, restriction } from '../support/incident.ts'
import { put, type Row } from './row.ts'

function bytecode(name: string, code: Hex, field: string, executed: readonly number[] = []): Row {
  const call = () => buildCfg(bytesOf(code), { executed })
  return { name: `bytecode ${name}`, call, code: 'BYTECODE_INVALID', field }
}

export const BYTECODE_ROWS: readonly Row[] = [
  bytecode('that is empty', '0x', 'bytes'),
  bytecode('that is longer than can be deployed', `0x${'5b'.repeat(24_577)}`, 'bytes'),
  bytecode('in the EOF container', '0xef0001', 'bytes'),
  bytecode('that delegates to another account', `0xef0100${'aa'.repeat(20)}`, 'bytes'),
  bytecode('executed inside an operand', '0x61000056', 'pc', [1]),
  bytecode('executed behind its end', '0x00', 'pc', [9]),
]

const WORD: Hex = `0x${'ab'.repeat(32)}`
export const CERTIFICATE: Certificate = {
  format: 'suture-certificate/1',
  original: WORD,
  patched: WORD,
  siteMap: WORD,
  sites: [
    {
      pc: 0,
      length: 5,
      trampoline: 100,
      guards: [{ pc: 0, template: 'caller-is@1', args: { address: WORD } }],
      run: { start: 0, end: 8, boundaries: '0xff', proof: [WORD] },
    },
  ],
  self: null,
}

function certificate(name: string, path: string, value: unknown, field = path): Row {
  const call = () => parseCertificate(put(CERTIFICATE, path, value))
  return { name: `a certificate with ${name}`, call, code: 'CERTIFICATE_INVALID', field }
}

export const CERTIFICATE_ROWS: readonly Row[] = [
  {
    name: 'a certificate that is null',
    call: () => parseCertificate(null),
    code: 'CERTIFICATE_INVALID',
    field: '(root)',
  },
  certificate('another format', 'format', 'suture-certificate/2'),
  certificate('no sites', 'sites', []),
  certificate('a hash in upper case', 'original', `0x${'AB'.repeat(32)}`),
  certificate('a window before the code', 'sites.0.pc', -1),
  certificate('a trampoline beyond what PUSH2 can name', 'sites.0.trampoline', 0x1_0000),
  certificate('a window without a guard', 'sites.0.guards', []),
  certificate('an argument that is no word', 'sites.0.guards.0.args.address', '0x1'),
  certificate('a field nobody checks', 'sites.0.note', 'safe', 'sites.0'),
  certificate('a proof that never ends', 'sites.0.run.proof', Array(33).fill(WORD)),
  certificate('an own address that is none', 'self', { from: '0x', to: WORD, offsets: [1] }, 'self.from'),
  {
    name: 'a certificate with an argument its template does not take, on the way to the chain',
    call: () => encodeCertificate(CERTIFICATE, () => []),
    code: 'CERTIFICATE_INVALID',
    field: 'arguments',
  },
]

const ADDRESS = '0x00000000000000000000000000000000000000aa'
const STEP = {
  transaction: { from: ADDRESS, to: ADDRESS, data: '0x', value: '0x0', gas: '0x1' },
  block: {
    number: '0x1',
    timestamp: '0x1',
    baseFeePerGas: '0x0',
    gasLimit: '0x1',
    coinbase: ADDRESS,
    prevRandao: WORD,
  },
}
export const EVIDENCE = {
  format: 'suture-evidence/1',
  chainId: 1,
  hardfork: 'cancun',
  preState: WORD,
  codes: { [ADDRESS]: WORD },
  protected: [ADDRESS],
  implementations: {},
  history: [STEP],
  attack: [STEP],
  diagnosis: null,
}

function evidence(name: string, field: string, value: unknown): Row {
  const call = () => readEvidence(put(EVIDENCE, field, value) as Parameters<typeof readEvidence>[0])
  return { name: `an evidence bundle with ${name}`, call, code: 'EVIDENCE_INVALID', field }
}

export const EVIDENCE_ROWS: readonly Row[] = [
  evidence('another format', 'format', 'suture-evidence/2'),
  evidence('no attack', 'attack', undefined),
  evidence('a step without a block', 'attack.0.block', undefined),
  evidence('a sender in upper case', 'history.0.transaction.from', ADDRESS.toUpperCase()),
  evidence('a decimal value', 'attack.0.transaction.value', '1'),
  evidence('code of no account', 'codes.pool', WORD),
  evidence('a protected list that is a text', 'protected', ADDRESS),
]

const QUORUM = { gate: GATE, chainId: 1, guardians: [GATE], threshold: 1, restriction: restriction() }

function collect(
  name: string,
  field: string,
  signatures: Parameters<typeof collectApproval>[0]['signatures'],
): Row {
  const call = () => collectApproval({ ...QUORUM, signatures })
  return { name: `an approval with ${name}`, call, code: 'APPROVAL_INVALID', field }
}

/** What the HTTP face answers, as the error it tells. */
async function post(body: string): Promise<never> {
  const app = createApp({ inbox: createInbox(), incidents: () => [], metrics: createMetrics() })
  const response = await app.request(`/approvals/${WORD}`, { method: 'POST', body })
  const { code, meta } = (await response.json()) as { code: SutureErrorCode; meta: string[] }
  throw new SutureError(code, `HTTP ${response.status}`, { meta })
}

function submission(name: string, body: string, field: string): Row {
  return { name: `a submission ${name}`, call: () => post(body), code: 'APPROVAL_INVALID', field }
}

export const APPROVAL_ROWS: readonly Row[] = [
  collect('no signature', 'threshold', []),
  collect('the signature of a stranger', 'signer', [{ signer: ADDRESS, signature: '0x' }]),
  collect('an empty signature', 'signer', [{ signer: GATE, signature: '0x' }]),
  collect('a signature of zeros', 'signer', [{ signer: GATE, signature: `0x${'00'.repeat(65)}` }]),
  collect('a signature of the largest numbers', 'signer', [
    { signer: GATE, signature: `0x${'ff'.repeat(65)}` },
  ]),
  submission('that is empty', '', '(the whole)'),
  submission('that is no JSON', '{', '(the whole)'),
  submission('without a signer', JSON.stringify({ signature: WORD }), 'signer'),
  submission(
    'with half a byte of signature',
    JSON.stringify({ signer: ADDRESS, signature: '0x1' }),
    'signature',
  ),
  submission('to a request that is not open', JSON.stringify({ signer: ADDRESS, signature: WORD }), 'digest'),
]

function logged(name: string, text: string): Row {
  const call = () => decodeEvent('IncidentResolved', text)
  return { name: `a decision log with ${name}`, call, code: 'LOG_TAMPERED', field: 'payload' }
}

export const LOG_ROWS: readonly Row[] = [
  logged('an entry that is no JSON', '{'),
  logged('an entry that is null', 'null'),
  logged('an entry of another type', '{"type":"NoticeSent","key":"k"}'),
  logged('a number that is none', '{"type":"IncidentResolved","summary":{"$bigint":"many"}}'),
]
