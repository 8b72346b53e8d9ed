import { readdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Command } from 'commander'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { keystorePath, readSignerAddress, writeKeystore } from '../config/signer.ts'
import { SutureError } from '../core/errors.ts'
import { type Hex, toAddress } from '../core/hex.ts'
import { print, printJson } from './output.ts'
import { createSecretPrompt, type SecretPrompt } from './read-secret.ts'

interface KeystoreOptions {
  readonly folder: string
  readonly json?: boolean
}

const PASSWORD = 'SUTURE_KEYSTORE_PASSWORD'
const SHORTEST_PASSWORD = 8
const folderOption = ['--folder <path>', 'the folder of the configuration', '.'] as const
const jsonOption = ['--json', 'print one object'] as const

export const keystoreCommand = new Command('keystore')
  .description('keep keys in encrypted files (Web3 Secret Storage)')
  .addHelpText('after', `\nThe password is taken from ${PASSWORD}, or asked for without being shown.`)

keystoreCommand
  .command('new <name>')
  .description('make a new key')
  .option(...folderOption)
  .option(...jsonOption)
  .action((name: string, options: KeystoreOptions) =>
    withPrompt((prompt) => keep(name, generatePrivateKey(), { ...options, prompt })),
  )

keystoreCommand
  .command('import <name>')
  .description('keep a key you have: typed without being shown, or on standard input')
  .option(...folderOption)
  .option(...jsonOption)
  .action((name: string, options: KeystoreOptions) =>
    withPrompt(async (prompt) => keep(name, toKey(await prompt.read('private key')), { ...options, prompt })),
  )

keystoreCommand
  .command('list', { isDefault: true })
  .description('which keys are kept, and whose they are by their own word')
  .option(...folderOption)
  .option('--json', 'print one array')
  .action(async ({ folder, json }: KeystoreOptions) => {
    const files = await readdir(dirname(keystorePath(resolve(folder), 'any'))).catch(() => [])
    const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
    const rows = await Promise.all(
      names.sort().map(async (name) => ({ name, address: await addressOf(folder, name) })),
    )
    if (json) return printJson(rows)
    if (rows.length === 0) print('no keystores')
    for (const { name, address } of rows) print(`${address ?? 'unreadable'.padEnd(42)}  ${name}`)
  })

async function withPrompt(work: (prompt: SecretPrompt) => Promise<void>): Promise<void> {
  const prompt = createSecretPrompt()
  try {
    await work(prompt)
  } finally {
    prompt.close()
  }
}

async function keep(
  name: string,
  key: Hex,
  { folder, json, prompt }: KeystoreOptions & { readonly prompt: SecretPrompt },
): Promise<void> {
  if (!/^[A-Za-z][\w-]*$/.test(name)) {
    throw refused('The name does not do for a keystore.', [
      `value: ${name.slice(0, 80)}`,
      'fix: use letters, digits, - and _',
    ])
  }
  const path = keystorePath(resolve(folder), name)
  await writeKeystore(path, key, await choosePassword(prompt))
  const address = toAddress(privateKeyToAddress(key))
  if (json) printJson({ name, address, path })
  else print(`${address}  ${path}`)
}

async function choosePassword(prompt: SecretPrompt): Promise<string> {
  const given = process.env[PASSWORD]
  const password = given || (await prompt.read('password'))
  if (password.length < SHORTEST_PASSWORD) {
    throw refused('The password is too short.', [`fix: use at least ${SHORTEST_PASSWORD} characters`])
  }
  if (given || (await prompt.read('password again')) === password) return password
  throw refused('The passwords differ.', ['fix: type the same one twice'])
}

function toKey(text: string): Hex {
  const key = `0x${text.trim().replace(/^0x/, '')}` as const
  try {
    privateKeyToAddress(key)
    return key
  } catch {
    throw refused('This is no private key.', ['value: (not shown)', 'fix: give 32 bytes in hexadecimal'])
  }
}

const addressOf = (folder: string, name: string) =>
  readSignerAddress({ secret: 'keystore', name }, { folder: resolve(folder) }).catch(() => null)

const refused = (sentence: string, meta: readonly string[]): SutureError =>
  new SutureError('KEYSTORE_INVALID', sentence, { meta })
