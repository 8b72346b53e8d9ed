import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { readJsonFile } from '../core/read-json.ts'
import { decryptKey, encryptKey } from './keystore.ts'
import { createSecretReader, type Environment } from './secrets.ts'
import type { EnvironmentReference, KeystoreReference } from './types.ts'

const PASSWORD: EnvironmentReference = { secret: 'env', name: 'SUTURE_KEYSTORE_PASSWORD', optional: false }

interface OpenOptions {
  /** The folder of the configuration. */
  readonly folder: string
  readonly environment?: Environment
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
export async function openSigner(
  reference: KeystoreReference | EnvironmentReference,
  options: OpenOptions,
): Promise<OpenedSigner> {
  const reader = createSecretReader(options.environment ?? process.env)
  const key =
    reference.secret === 'env'
      ? reader.read({ ...reference, optional: false }, 'signer')!
      : await decryptKey(
          await readJsonFile(keystorePath(options.folder, reference.name)),
          reader.read(PASSWORD, `signer: keystore('${reference.name}')`)!,
        )
  return { account: toAccount(key, reference), secrets: [...reader.secrets(), key] }
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

function toAccount(key: string, reference: KeystoreReference | EnvironmentReference): LocalAccount {
  try {
    return privateKeyToAccount((key.startsWith('0x') ? key : `0x${key}`) as Hex)
  } catch {
    throw new SutureError('CONFIG_INVALID', 'The signer is not a private key.', {
      meta: [`field: signer`, `value: ${reference.name} (not shown)`, 'fix: 32 bytes in hexadecimal'],
    })
  }
}
