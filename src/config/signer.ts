import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { readJsonFile } from '../core/read-json.ts'
import { openExternalSigner } from './external-signer.ts'
import { decryptKey, encryptKey } from './keystore.ts'
import { createSecretReader, type Environment, type SecretReader } from './secrets.ts'
import type { EnvironmentReference, ExternalReference, KeystoreReference, SignerReference } from './types.ts'

const PASSWORD: EnvironmentReference = { secret: 'env', name: 'SUTURE_KEYSTORE_PASSWORD', optional: false }

interface OpenOptions {
  /** The folder of the configuration. */
  readonly folder: string
  readonly environment?: Environment
  /** Asks a person for a keystore's password, when the environment does not hold it. */
  readonly askPassword?: (name: string) => Promise<string>
}

export interface OpenedSigner {
  readonly account: LocalAccount
  /** What the logger must hide. */
  readonly secrets: readonly string[]
}

/** Where the keystore of a name lies. */
export function keystorePath(folder: string, name: string): string {
  return join(folder, '.suture', 'keystores', `${name}.json`)
}

/**
 * Opens the account that signs.
 *
 * @throws SutureError SECRET_MISSING, KEYSTORE_INVALID, FILE_UNREADABLE, or CONFIG_INVALID for something that is no key
 */
export async function openSigner(reference: SignerReference, options: OpenOptions): Promise<OpenedSigner> {
  const reader = createSecretReader(options.environment ?? process.env)
  if (reference.secret === 'external') {
    const url = urlOf(reference, reader)
    return {
      account: openExternalSigner(reference, { folder: options.folder, url }),
      secrets: reader.secrets(),
    }
  }
  if (reference.secret === 'env') {
    const key = reader.read({ ...reference, optional: false }, 'signer')!
    return { account: localAccount(key, reference), secrets: [...reader.secrets(), key] }
  }
  const file = await readKeystore(options.folder, reference.name)
  const password = await passwordOf(reference, options, reader)
  const key = await decryptKey(file, password)
  return { account: localAccount(key, reference), secrets: [password, key] }
}

/**
 * Whose signatures a reference gives, without its key where that is possible. A keystore's word for it is not proved: good for a dry run.
 *
 * @throws as `openSigner`
 */
export async function readSignerAddress(reference: SignerReference, options: OpenOptions): Promise<Address> {
  if (reference.secret === 'external') return toAddress(reference.address)
  if (reference.secret === 'env') return toAddress((await openSigner(reference, options)).account.address)
  const path = keystorePath(options.folder, reference.name)
  const { address } = Object(await readKeystore(options.folder, reference.name)) as { address?: unknown }
  if (typeof address === 'string' && /^(0x)?[0-9a-fA-F]{40}$/.test(address))
    return toAddress(`0x${address.replace(/^0x/, '')}`)
  throw new SutureError('KEYSTORE_INVALID', 'The keystore does not say whose key it holds.', {
    meta: [`file: ${path}`, 'field: address', 'fix: export it from the wallet again'],
  })
}

async function readKeystore(folder: string, name: string): Promise<unknown> {
  const path = keystorePath(folder, name)
  if (existsSync(path)) return readJsonFile(path)
  throw new SutureError('FILE_UNREADABLE', 'There is no keystore of this name here.', {
    meta: [`looked for: ${path}`, `fix: make it with \`suture keystore new ${name}\`, or run where it lies`],
  })
}

async function passwordOf(
  { name }: KeystoreReference,
  { askPassword }: OpenOptions,
  reader: SecretReader,
): Promise<string> {
  const kept = reader.read(
    { ...PASSWORD, optional: askPassword !== undefined },
    `signer: keystore('${name}')`,
  )
  return kept ?? askPassword!(name)
}

function urlOf({ url }: ExternalReference, reader: SecretReader): string | null {
  const found = url === undefined ? null : reader.endpoint(url, 'signer.url')
  if (url === undefined || (found !== null && /^https?:/.test(found))) return found
  throw new SutureError('CONFIG_INVALID', 'The address of the external signer is not one of HTTP.', {
    meta: ['field: signer.url', 'value: (not shown)', 'fix: give a http(s) address'],
  })
}

/** Encrypts a key into the keystore of `name`. Never overwrites one. */
export async function writeKeystore(path: string, privateKey: Hex, password: string): Promise<void> {
  const file = await encryptKey(privateKey, password)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await writeFile(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new SutureError('KEYSTORE_INVALID', 'The keystore cannot be written, or there is one already.', {
      meta: [`file: ${path}`, 'fix: choose another name; a keystore is never overwritten'],
      cause,
    })
  }
}

function localAccount(key: string, reference: KeystoreReference | EnvironmentReference): LocalAccount {
  try {
    return privateKeyToAccount((key.startsWith('0x') ? key : `0x${key}`) as Hex)
  } catch {
    throw new SutureError('CONFIG_INVALID', 'The signer is not a private key.', {
      meta: [`field: signer`, `value: ${reference.name} (not shown)`, 'fix: 32 bytes in hexadecimal'],
    })
  }
}
