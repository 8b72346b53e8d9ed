import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import type { LocalAccount } from 'viem'
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
    const tell = (line: { readonly [key: string]: unknown }, text: string) =>
      options.json ? printJson({ guardian: account.address, ...line }) : print(text)
    const guardian: Guardian = { account, options, tell }
    const isMine = ({ signer }: Signature) => signer === toAddress(account.address)
    const decisions = new Map<Hex, Decision>()
    tell({ type: 'ready' }, `guardian ${account.address} is ready`)
    for (;;) {
      const open = await readRequests(options.url).catch((error: unknown) => {
        progress(`waiting for ${options.url}: ${messageOf(error).split('\n')[0]}`)
        return []
      })
      for (const request of open.filter(({ signatures }) => !signatures.some(isMine))) {
        const decision = decisions.get(request.digest)
        if (decision?.kind === 'refused' || (decision?.kind === 'later' && decision.at > Date.now())) continue
        decisions.set(request.digest, await decide(guardian, request, decision))
      }
      await sleep(POLL_MS)
    }
  })

interface Guardian {
  readonly account: LocalAccount
  readonly options: ApproveOptions
  readonly tell: (line: { readonly [key: string]: unknown }, text: string) => void
}

/** What became of a request. A node that lags refuses what it will accept in a moment, so only a person's no is final. */
type Decision =
  | { readonly kind: 'signed'; readonly signature: Signature }
  | { readonly kind: 'refused' }
  | { readonly kind: 'later'; readonly at: number }

/** Examines and signs; or leaves a signature again with a watch that was restarted and lost it. */
async function decide(
  guardian: Guardian,
  request: OpenRequest,
  before: Decision | undefined,
): Promise<Decision> {
  const { options, tell } = guardian
  const { digest } = request
  try {
    const signature = before?.kind === 'signed' ? before.signature : await examineAndSign(guardian, request)
    if (signature === 'no') return { kind: 'refused' }
    if (signature === 'not-passed') return { kind: 'later', at: Date.now() + RETRY_MS }
    await sendSignature(options.url, digest, signature)
    tell({ type: 'signed', digest }, `signed ${digest}`)
    return { kind: 'signed', signature }
  } catch (error) {
    tell({ type: 'failed', digest, reason: messageOf(error) }, `could not examine: ${messageOf(error)}`)
    return { kind: 'later', at: Date.now() + RETRY_MS }
  }
}

async function examineAndSign(
  { account, options, tell }: Guardian,
  request: OpenRequest,
): Promise<Signature | 'no' | 'not-passed'> {
  await sleep(Number(options.delay))
  const { digest, gate, chainId, restriction } = request
  const rpc = createRpc({ urls: [options.rpcUrl], chainId })
  try {
    const examinations = await examineRequest(rpc, request)
    tell({ type: 'examined', digest, examinations }, describe(request, examinations))
    if (!examinations.every(({ passed }) => passed)) return 'not-passed'
    if (!(options.auto || (await confirm()))) return 'no'
    return await signRestriction(account, { gate, chainId }, restriction)
  } finally {
    rpc.close()
  }
}

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
