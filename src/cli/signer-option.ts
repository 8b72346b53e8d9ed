import { type Command, Option } from 'commander'
import type { ExternalReference, SignerReference } from '../config/types.ts'
import { SutureError } from '../core/errors.ts'

export interface SignerOptions {
  readonly signer?: string
  readonly signerAddress?: string
  readonly signerDigest?: boolean
  readonly signerContract?: boolean
}

/** Adds the options that name a signer. */
export function addSignerOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--signer <which>',
        'keystore:<name>, env:<NAME>, exec:<program and arguments>, or http(s)://…',
      ),
    )
    .option('--signer-address <address>', 'for exec: and http(s):, whose signatures are expected')
    .option('--signer-digest', 'for exec:, the program signs 32 bytes only, as a KMS does')
    .option('--signer-contract', 'the address is a contract, such as a Safe (ERC-1271)')
}

/** The signer the options name; null when they name none. */
export function signerOf(options: SignerOptions): SignerReference | null {
  const { signer } = options
  if (signer === undefined) return null
  const [, scheme, rest] = /^(keystore|env|exec|https?):(.+)$/s.exec(signer) ?? []
  if (scheme === 'keystore' && /^[A-Za-z][\w-]*$/.test(rest!)) return { secret: 'keystore', name: rest! }
  if (scheme === 'env') return { secret: 'env', name: rest!, optional: false }
  if (scheme === 'exec') return external(options, { command: rest!.trim().split(/\s+/) })
  if (scheme?.startsWith('http')) return external(options, { url: signer })
  throw new SutureError('CONFIG_INVALID', 'Which signer is meant is not clear.', {
    meta: [
      'field: --signer',
      'value: (not shown)',
      'fix: write keystore:<name>, env:<NAME>, exec:<program>, or http(s)://…',
    ],
  })
}

function external(
  { signerAddress, signerDigest, signerContract }: SignerOptions,
  where: Pick<ExternalReference, 'command' | 'url'>,
): ExternalReference {
  if (signerAddress === undefined || !/^0x[0-9a-fA-F]{40}$/.test(signerAddress)) {
    throw new SutureError('CONFIG_INVALID', 'Whose signatures an external signer gives must be said.', {
      meta: [
        'field: --signer-address',
        `value: ${signerAddress ?? 'absent'}`,
        'fix: give the address of the key',
      ],
    })
  }
  return {
    secret: 'external',
    address: signerAddress,
    ...where,
    ...(signerDigest ? { signs: 'digest' } : {}),
    ...(signerContract ? { contract: true } : {}),
  }
}
