import { join } from 'node:path'
import { openSigner, readSignerAddress } from '../config/signer.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, ZERO_ADDRESS } from '../core/hex.ts'
import { createLogger } from '../core/log.ts'
import { openStore } from '../core/store.ts'
import { dryRun } from '../execution/dry-run.ts'
import { rehearse } from '../execution/rehearse.ts'
import { createSender } from '../execution/submit.ts'
import type { Rehearsal, TransactionIntent } from '../execution/types.ts'
import { describeLog, describeRevert } from '../governance/decode-effects.ts'
import type { ExecutionStep } from '../pipeline/plan-execution.ts'
import { EXIT, print, printJson } from './output.ts'
import type { Place } from './place.ts'
import { readAddress } from './read-address.ts'
import { passwordAtTerminal } from './read-secret.ts'
import { printable } from './show-explanation.ts'
import { type SignerOptions, signerOf } from './signer-option.ts'

export interface SubmitOptions extends SignerOptions {
  readonly broadcast?: boolean
  readonly private?: boolean
  /** Sends although a transaction for the same thing was sent before and reverted. */
  readonly again?: boolean
  readonly from?: string
  readonly maxFee?: string
  readonly json?: boolean
}

/**
 * Tries the steps on the node and shows what they do; with `--broadcast` sends each of them once, waiting for one before the next, and only
 * when all of them would succeed.
 */
export async function submitSteps(
  place: Place,
  steps: readonly ExecutionStep[],
  options: SubmitOptions,
): Promise<void> {
  const from = await senderAddress(place, options)
  const head = options.again ? `/${await place.rpc.request<string>('eth_blockNumber')}` : ''
  const intents = steps.map(({ key, to, data }): TransactionIntent => {
    const id = `manual/${place.rpc.chainId}/${key}${head}`
    const kept = options.private ? { private: true } : {}
    return { id, chainId: place.rpc.chainId, to, data, value: 0n, urgency: 'normal', ...kept }
  })
  const rehearsals = await tryOut(place, from, intents)
  showRehearsals(steps, rehearsals, { from, json: options.json ?? false })
  if (!rehearsals.every(({ succeeded }) => succeeded)) {
    process.exitCode = EXIT.ineffective
    if (options.broadcast) throw wouldRevert(rehearsals)
    return
  }
  if (options.broadcast) await send(place, steps, { intents, options })
  else if (!options.json) print('a dry run: nothing was sent; --broadcast sends it')
}

/** Who would send it; nobody in particular where that is not said. */
async function senderAddress(place: Place, options: SubmitOptions): Promise<Address> {
  if (options.from !== undefined && !options.broadcast) return readAddress('--from', options.from)
  const reference = signerOf(options) ?? place.signer
  if (reference) return readSignerAddress(reference, { folder: place.folder })
  if (options.broadcast) throw noSigner()
  return ZERO_ADDRESS
}

/** On a node that cannot try several in a row, only the first. */
async function tryOut(
  place: Place,
  from: Address,
  intents: readonly TransactionIntent[],
): Promise<readonly Rehearsal[]> {
  try {
    return await rehearse(place.rpc, from, intents)
  } catch (error) {
    if (!(error instanceof SutureError) || error.code !== 'RPC_METHOD_MISSING') throw error
    const [intent] = intents
    const { maxFeePerGas, rpc } = place
    const { succeeded, output, gas } = await dryRun({ rpc, signer: { address: from }, maxFeePerGas }, intent!)
    return [{ intent: intent!, succeeded, output, gas: gas ?? 0n, logs: [] }]
  }
}

function showRehearsals(
  steps: readonly ExecutionStep[],
  rehearsals: readonly Rehearsal[],
  { from, json }: { readonly from: Address; readonly json: boolean },
): void {
  for (const [i, { name, to, data }] of steps.entries()) {
    const tried = rehearsals[i]
    const events = tried?.logs.map(describeLog) ?? []
    const bytes = (data.length - 2) / 2
    if (json) {
      const outcome = tried && { succeeded: tried.succeeded, gas: tried.gas, events }
      const revert = tried && !tried.succeeded ? { revert: describeRevert(tried.output) } : {}
      printJson({ type: 'step', name, from, to, bytes, ...(outcome ?? { succeeded: null }), ...revert })
      continue
    }
    print(`${name}: ${bytes} bytes to ${to}`)
    if (!tried) print('  not tried: the node can try one transaction only')
    else if (tried.succeeded) print(`  succeeds with ${tried.gas} gas`)
    else print(printable(`  FAILS: ${describeRevert(tried.output)}`))
    for (const event of events) print(printable(`  event ${event}`))
  }
}

interface Sending {
  readonly intents: readonly TransactionIntent[]
  readonly options: SubmitOptions
}

async function send(
  place: Place,
  steps: readonly ExecutionStep[],
  { intents, options }: Sending,
): Promise<void> {
  const reference = signerOf(options) ?? place.signer
  if (!reference) throw noSigner()
  const { account, secrets } = await openSigner(reference, { folder: place.folder, ...passwordAtTerminal() })
  const logger = createLogger({
    level: 'warn',
    secrets: [...place.secrets, ...secrets],
    destination: process.stderr,
  })
  const store = await openStore({
    ...(place.database ? { url: place.database } : {}),
    dataDir: join(place.folder, '.suture', 'postgres'),
    logger,
  })
  try {
    const { rpc, confirmations } = place
    const maxFeePerGas = options.maxFee
      ? BigInt(Math.round(Number(options.maxFee) * 1e9))
      : place.maxFeePerGas
    const sender = createSender({ rpc, signer: account, store, logger, maxFeePerGas, confirmations })
    for (const [i, intent] of intents.entries()) {
      const { hash, blockNumber, gasUsed } = await sender.submit(intent)
      const { name } = steps[i]!
      if (options.json) printJson({ type: 'mined', name, hash, blockNumber, gasUsed })
      else print(`${name}: ${hash} in block ${blockNumber}, ${gasUsed} gas`)
    }
  } finally {
    await store.close()
  }
}

const wouldRevert = (rehearsals: readonly Rehearsal[]): SutureError => {
  const failed = rehearsals.find(({ succeeded }) => !succeeded)!
  return new SutureError('TRANSACTION_FAILED', 'It would revert, so nothing was sent.', {
    meta: [
      `reason: ${printable(describeRevert(failed.output))}`,
      'fix: mend what the reason names, and try again',
    ],
  })
}

const noSigner = (): SutureError =>
  new SutureError('CONFIG_INVALID', 'To send, Suture needs a signer.', {
    meta: [
      'field: --signer',
      'value: absent',
      'fix: give --signer, name one in the configuration, or leave out --broadcast',
    ],
  })
