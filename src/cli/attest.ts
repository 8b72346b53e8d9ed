import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { bytesToHex, keccak256, stringToHex } from 'viem'
import type { Rpc } from '../chain/types.ts'
import { openSigner } from '../config/signer.ts'
import { messageOf, SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { collectAttestation } from '../governance/attestation-collect.ts'
import { type Attestation, hashAttestation, type SignedAttestation } from '../governance/attestation-data.ts'
import { type AttestationCheck, examineAttestation } from '../governance/attestation-examine.ts'
import { explainAttestation } from '../governance/attestation-explain.ts'
import {
  mergeAttestations,
  readAttestationFile,
  writeAttestationFile,
} from '../governance/attestation-file.ts'
import { readSentinelQuorum } from '../governance/attestation-quorum.ts'
import { signAttestation } from '../governance/attestation-sign.ts'
import { readAttestationStatus } from '../governance/attestation-status.ts'
import { findAttestedTarget } from '../governance/attestation-target.ts'
import { createContractSignatureCheck } from '../governance/check-contract-signature.ts'
import { confirm } from './confirm.ts'
import { EXIT, print, printJson } from './output.ts'
import { addPlaceOptions, openPlace, type Place, type PlaceOptions, readContract } from './place.ts'
import { readAddress } from './read-address.ts'
import { passwordAtTerminal } from './read-secret.ts'
import { readSelector } from './read-selector.ts'
import { showAttestation } from './show-attestation.ts'
import { printable } from './show-explanation.ts'
import { addSignerOptions, type SignerOptions, signerOf } from './signer-option.ts'

interface AttestOptions extends PlaceOptions, SignerOptions {
  readonly quorum?: string
  readonly duration: string
  readonly incident?: string
  readonly evidence?: string
  readonly deadline: string
  readonly file?: string
  readonly out?: string
  readonly auto?: boolean
  readonly json?: boolean
}

/** Deadlines are whole hours, so that watchers who write the same attestation at about the same time write the same one. */
const DEADLINE_STEP = 3600n

export const attestCommand = addSignerOptions(
  addPlaceOptions(
    new Command('attest')
      .description(
        'be a watcher: see what a freeze by a SentinelQuorum would mean, and sign that an incident calls for it',
      )
      .argument('[target]', 'the address users call')
      .argument('[function...]', "selectors (0x…), or signatures such as 'withdraw(uint256)'"),
  ),
)
  .option('--quorum <address>', 'the SentinelQuorum')
  .option('--duration <seconds>', 'how long to freeze; the Breaker may cut it', '21600')
  .option('--incident <name>', 'what all watchers call it: a text, or 32 bytes as 0x…')
  .option('--evidence <which>', 'what was seen: a file, or the hash of it as 0x…')
  .option('--deadline <seconds>', 'how long it may be used, rounded up to a full hour of the clock', '3600')
  .option('--file <path>', 'an attestation to examine and to add a signature to')
  .option('--out <path>', 'the file to write; joins what is there (default: attestation-<digest>.json)')
  .option('--auto', 'sign what passes examination without asking')
  .option('--json', 'print one JSON object per line')
  .addHelpText(
    'after',
    [
      '\nEither a target with functions, --quorum, --incident and --evidence; or --file.',
      'Watchers who give the same within the same hour sign the same; `suture freeze --attested` takes the files of all.',
      'Exit codes: 0 signed, 2 not signed, 1 bad input or failure.',
    ].join('\n'),
  )
  .action(async (target: string | undefined, functions: string[], options: AttestOptions) => {
    const given = options.file === undefined ? null : await readAttestationFile(options.file)
    if ((given === null) !== (target !== undefined)) {
      throw invalid('<target> or --file', target ?? 'absent', 'give one of them')
    }
    if (given) await compareWith(given, options)
    const place = await openPlace(options, given?.chainId)
    try {
      const asked = given ?? (await writeDown(place, { ...options, target: target!, functions }))
      await attest(place, asked, options)
    } finally {
      place.rpc.close()
    }
  })

async function writeDown(
  place: Place,
  asked: AttestOptions & { readonly target: string; readonly functions: readonly string[] },
): Promise<SignedAttestation> {
  const { rpc, gate } = place
  const quorum = readAddress('--quorum', asked.quorum ?? '')
  const account = readContract(place, '<target>', asked.target)
  // One order for all watchers.
  const selectors = [...new Set(asked.functions.map(readSelector))].sort()
  if (selectors.length === 0) throw invalid('<function...>', 'absent', 'name what to freeze')
  const duration = readSeconds('--duration', asked.duration)
  const block = await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])
  const end = BigInt(block.timestamp) + readSeconds('--deadline', asked.deadline)
  const attestation: Attestation = {
    target: await findAttestedTarget(rpc, { quorum, gate, account, selectors }),
    selectors,
    duration,
    incident: nameIncident(asked.incident),
    evidence: await hashEvidence(asked.evidence),
    deadline: ((end + DEADLINE_STEP - 1n) / DEADLINE_STEP) * DEADLINE_STEP,
  }
  return { quorum, chainId: rpc.chainId, attestation, signatures: [] }
}

/** What is said beside a file must be what the file says: nothing a watcher gave is passed over. */
async function compareWith(
  { quorum, attestation }: SignedAttestation,
  options: AttestOptions,
): Promise<void> {
  const said = [
    ['--quorum', options.quorum && readAddress('--quorum', options.quorum), quorum],
    ['--incident', options.incident && nameIncident(options.incident), attestation.incident],
    ['--evidence', options.evidence && (await hashEvidence(options.evidence)), attestation.evidence],
  ] as const
  for (const [option, given, filed] of said) {
    if (given && given !== filed) throw invalid(option, given, `do not sign the file, which says ${filed}`)
  }
}

async function attest(place: Place, asked: SignedAttestation, options: AttestOptions): Promise<void> {
  const { rpc, folder } = place
  const reference = signerOf(options) ?? place.signer
  if (!reference) throw invalid('--signer', 'absent', 'give --signer, or name one in the configuration')
  const { account } = await openSigner(reference, { folder, ...passwordAtTerminal() })
  const watcher = toAddress(account.address)
  const tell = (line: { readonly [key: string]: unknown }, text: string) =>
    options.json ? printJson({ watcher, ...line }) : print(text)
  const digest = hashAttestation(asked, asked.attestation)
  const path = options.file ?? options.out ?? `attestation-${digest.slice(0, 18)}.json`
  const before = await joinFile(path, asked)

  const checks = await examine(rpc, before, { watcher, tell })
  if (!checks.every(({ passed }) => passed) || !(options.auto || (await confirm('sign this?')))) {
    tell({ type: 'not-signed', digest }, 'not signed')
    process.exitCode = EXIT.ineffective
    return
  }
  const checkContractSignature = createContractSignatureCheck(rpc)
  const signature = await signAttestation({ account, ref: asked, checkContractSignature }, asked.attestation)
  // Others may have signed into the file while this one was thinking.
  const signed = await joinFile(path, { ...before, signatures: [...before.signatures, signature] })
  await writeAttestationFile(path, signed)
  const state = await readSentinelQuorum(rpc, signed.quorum)
  const { signatures, needed, missing } = await collectAttestation(rpc, signed, state)
  tell(
    { type: 'signed', digest, path, signatures: signatures.length, needed, missing },
    `signed (${signatures.length} of ${needed}): ${path}`,
  )
}

interface Examining {
  readonly watcher: Address
  readonly tell: (line: { readonly [key: string]: unknown }, text: string) => void
}

/** Shows what would be signed, and what the node says of it. */
async function examine(
  rpc: Rpc,
  asked: SignedAttestation,
  { watcher, tell }: Examining,
): Promise<readonly AttestationCheck[]> {
  const status = await readAttestationStatus(rpc, asked, asked.attestation)
  const [{ signatures, ignored }, checks, code] = await Promise.all([
    collectAttestation(rpc, asked, status.quorum),
    examineAttestation(rpc, asked, { status, watcher }),
    rpc.request<Hex>('eth_getCode', [watcher, 'latest']),
  ])
  const signed = signatures.map(({ signer }) => signer)
  const explanation = explainAttestation(asked, { status, signed, contracts: code === '0x' ? [] : [watcher] })
  const lines = [
    ...showAttestation(explanation, ignored),
    ...checks.map(({ what, passed, detail }) =>
      printable(`  ${passed ? 'ok  ' : 'BAD '} ${what}: ${detail}`),
    ),
  ]
  tell({ type: 'examined', digest: explanation.digest, checks, explanation }, lines.join('\n'))
  return checks
}

/** With the signatures the file holds already, if there is one. */
async function joinFile(path: string, signed: SignedAttestation): Promise<SignedAttestation> {
  return existsSync(path) ? mergeAttestations([signed, await readAttestationFile(path)]) : signed
}

function nameIncident(given: string | undefined): Hex {
  if (given === undefined) throw invalid('--incident', 'absent', 'give the name all watchers use')
  return isWord(given) ? lowered(given) : keccak256(stringToHex(given))
}

async function hashEvidence(given: string | undefined): Promise<Hex> {
  if (given === undefined)
    throw invalid('--evidence', 'absent', 'give a file or its hash: you are judged by it')
  if (isWord(given)) return lowered(given)
  try {
    return keccak256(bytesToHex(await readFile(given)))
  } catch (cause) {
    throw new SutureError('FILE_UNREADABLE', `${given} cannot be read.`, {
      meta: [`reason: ${messageOf(cause)}`, 'fix: give the path of the evidence, or 32 bytes as 0x…'],
      cause,
    })
  }
}

const isWord = (text: string): boolean => /^0x[0-9a-fA-F]{64}$/.test(text)
const lowered = (text: string): Hex => text.toLowerCase() as Hex

function readSeconds(option: string, text: string): bigint {
  if (/^[1-9]\d{0,11}$/.test(text)) return BigInt(text)
  throw invalid(option, text, 'give whole seconds')
}

const invalid = (field: string, value: string, fix: string): SutureError =>
  new SutureError('CONFIG_INVALID', 'It cannot be attested to like this.', {
    meta: [`field: ${field}`, `value: ${value.slice(0, 120)}`, `fix: ${fix}`],
  })
