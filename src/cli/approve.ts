import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { createRpc } from '../chain/rpc.ts'
import { openSigner } from '../config/signer.ts'
import { messageOf } from '../core/errors.ts'
import { type Hex, toAddress } from '../core/hex.ts'
import type { OpenRequest } from '../governance/inbox.ts'
import { readRequests, sendSignature } from '../governance/inbox-client.ts'
import { signRestriction } from '../governance/sign-restriction.ts'
import type { Signature } from '../governance/types.ts'
import { describeGuard } from '../patching/guards.ts'
import { findTemplate } from '../patching/templates/table.ts'
import { type Examination, examineRequest } from '../pipeline/reproduce.ts'
import { print, printJson, progress } from './output.ts'

interface ApproveOptions {
  readonly url: string
  readonly rpcUrl: string
  readonly keyEnv: string
  readonly keystore?: string
  readonly auto?: boolean
  readonly json?: boolean
  readonly delay: string
}

const POLL_MS = 500
/** Milliseconds before a request that did not pass is examined again. */
const RETRY_MS = 5_000

export const approveCommand = new Command('approve')
  .description(
    'be a guardian: examine what a watching Suture asks to have signed, on your own node, and sign',
  )
  .requiredOption('--url <url>', 'where the watching process listens')
  .addOption(new Option('--rpc-url <url>', 'your own node').env('RPC_URL').makeOptionMandatory())
  .option('--keystore <name>', 'your key, in .suture/keystores')
  .option(
    '--key-env <name>',
    'the environment variable with your key (for development)',
    'SUTURE_GUARDIAN_KEY',
  )
  .option('--auto', 'sign everything that passes examination without asking')
  .option('--delay <ms>', 'wait before examining, in milliseconds', '0')
  .option('--json', 'print one JSON object per line')
  .action(async (options: ApproveOptions) => {
    const reference = options.keystore
      ? ({ secret: 'keystore', name: options.keystore } as const)
      : ({ secret: 'env', name: options.keyEnv, optional: false } as const)
    const { account } = await openSigner(reference, { folder: process.cwd() })
    // What was signed, to be left again with a watch that was restarted and lost it; null for what will not be signed.
    const done = new Map<Hex, Signature | null>()
    const retryAt = new Map<Hex, number>()
    const isMine = ({ signer }: Signature) => signer === toAddress(account.address)
    const tell = (line: { readonly [key: string]: unknown }, text: string) =>
      options.json ? printJson({ guardian: account.address, ...line }) : print(text)
    tell({ type: 'ready' }, `guardian ${account.address} is ready`)
    for (;;) {
      const open = await readRequests(options.url).catch((error: unknown) => {
        progress(`waiting for ${options.url}: ${messageOf(error).split('\n')[0]}`)
        return []
      })
      for (const request of open.filter(({ signatures }) => !signatures.some(isMine))) {
        if ((retryAt.get(request.digest) ?? 0) > Date.now()) continue
        const kept = done.get(request.digest)
        if (kept === null) continue
        if (kept !== undefined) {
          await sendSignature(options.url, request.digest, kept).catch((error: unknown) =>
            progress(messageOf(error)),
          )
          continue
        }
        await sleep(Number(options.delay))
        done.set(request.digest, null)
        const rpc = createRpc({ urls: [options.rpcUrl], chainId: request.chainId })
        try {
          const examinations = await examineRequest(rpc, request)
          tell({ type: 'examined', digest: request.digest, examinations }, describe(request, examinations))
          const passed = examinations.every((one) => one.passed)
          if (!passed) {
            // A node that lags refuses what it will accept in a moment; only a person's no is final.
            done.delete(request.digest)
            retryAt.set(request.digest, Date.now() + RETRY_MS)
            continue
          }
          if (!(options.auto || (await confirm()))) continue
          const gate = { gate: request.gate, chainId: request.chainId }
          const signature = await signRestriction(account, gate, request.restriction)
          done.set(request.digest, signature)
          await sendSignature(options.url, request.digest, signature)
          tell({ type: 'signed', digest: request.digest }, `signed ${request.digest}`)
        } catch (error) {
          // Asked again at the next look: the node or the watch may only have been busy.
          if (done.get(request.digest) === null) done.delete(request.digest)
          retryAt.set(request.digest, Date.now() + RETRY_MS)
          tell(
            { type: 'failed', digest: request.digest, reason: messageOf(error) },
            `could not examine: ${messageOf(error)}`,
          )
        } finally {
          rpc.close()
        }
      }
      await sleep(POLL_MS)
    }
  })

function describe(
  { restriction, gate, chainId, digest, certificate }: OpenRequest,
  examinations: readonly Examination[],
): string {
  return [
    'approval asked for',
    `  domain      Suture PatchGate, version 1, chain ${chainId}, contract ${gate}`,
    ...Object.entries(restriction).map(([field, value]) => `  ${field.padEnd(18)}${value}`),
    `  digest      ${digest}`,
    // From the certificate that is signed, never from words the other side sends.
    ...certificate.sites.flatMap(({ guards }) =>
      guards.map(({ template, args, pc }) => `  effect      at ${pc}: ${effectOf(template, args)}`),
    ),
    ...examinations.map(({ what, passed, detail }) => `  ${passed ? 'ok  ' : 'BAD '} ${what}: ${detail}`),
  ]
    .map(printable)
    .join('\n')
}

function effectOf(template: string, args: Readonly<Record<string, Hex>>): string {
  const known = findTemplate(template)
  return known ? describeGuard(known.description, args) : `unknown template ${template}`
}

/** A terminal obeys control characters; none of them belongs in what is shown. */
const printable = (line: string): string => line.replaceAll(/\p{Cc}/gu, '?')

async function confirm(): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await prompt.question('sign this? [y/N] ')).trim().toLowerCase() === 'y'
  } finally {
    prompt.close()
  }
}
