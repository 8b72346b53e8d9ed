import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { decryptKey, encryptKey } from './keystore.ts'
import { keystorePath, openSigner, writeKeystore } from './signer.ts'

/** The test vectors of the Web3 Secret Storage Definition. The second breaks RFC 7914 (n ≥ 2^(16 r)). */
const KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
const PASSWORD = 'testpassword'
const PBKDF2 = {
  version: 3,
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262_144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
}
const SCRYPT = {
  version: 3,
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262_144,
      r: 1,
      p: 8,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
}

const INVALID = expect.objectContaining({ code: 'KEYSTORE_INVALID' })

describe('a keystore', () => {
  it('of the published test vector opens', async () => {
    expect(await decryptKey(PBKDF2, PASSWORD)).toBe(KEY)
  })

  it('gives back the key it was made of, with the right password only', async () => {
    const key = generatePrivateKey()
    const file = await encryptKey(key, 'pässword ☂')
    expect(JSON.stringify(file)).not.toContain(key.slice(2))
    expect(await decryptKey(JSON.parse(JSON.stringify(file)), 'pässword ☂')).toBe(key)
    await expect(decryptKey(file, 'password')).rejects.toEqual(INVALID)
  })

  it('that was changed does not open', async () => {
    const { crypto } = PBKDF2
    const changed = { ...PBKDF2, crypto: { ...crypto, ciphertext: `00${crypto.ciphertext.slice(2)}` } }
    await expect(decryptKey(changed, PASSWORD)).rejects.toEqual(INVALID)
  })

  it('that is malformed, of another version, or asks for absurd work is refused', async () => {
    const { crypto } = SCRYPT
    const greedy = { ...SCRYPT, crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, n: 2 ** 30, r: 64 } } }
    for (const file of [null, {}, SCRYPT, { ...SCRYPT, version: 4 }, { ...SCRYPT, crypto: {} }, greedy]) {
      await expect(decryptKey(file, PASSWORD)).rejects.toEqual(INVALID)
    }
  })
})

describe('openSigner', () => {
  it('opens a keystore it wrote, which only its owner can read and nothing overwrites', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'suture-signer-'))
    const path = keystorePath(folder, 'sentinel')
    const key = generatePrivateKey()
    await writeKeystore(path, key, 'hunter22')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const before = await readFile(path, 'utf8')
    await expect(writeKeystore(path, generatePrivateKey(), 'x')).rejects.toEqual(INVALID)
    expect(await readFile(path, 'utf8')).toBe(before)

    const environment = { SUTURE_KEYSTORE_PASSWORD: 'hunter22' }
    const reference = { secret: 'keystore', name: 'sentinel' } as const
    const { account, secrets } = await openSigner(reference, { folder, environment })
    expect(account.address).toBe(privateKeyToAddress(key))
    expect(secrets).toEqual(['hunter22', key])

    const missing = (name: string, env: Record<string, string>) =>
      openSigner({ secret: 'keystore', name }, { folder, environment: env })
    await expect(missing('sentinel', {})).rejects.toMatchObject({ code: 'SECRET_MISSING' })
    await expect(missing('other', environment)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await rm(folder, { recursive: true, force: true })
  })

  it('takes a key from the environment, and does not print what is none', async () => {
    const reference = { secret: 'env', name: 'KEY', optional: false } as const
    const { account } = await openSigner(reference, { folder: '.', environment: { KEY: KEY.slice(2) } })
    expect(account.address).toBe(privateKeyToAddress(KEY))
    const wrong = openSigner(reference, { folder: '.', environment: { KEY: 'hunter22' } })
    const error = await wrong.catch((reason) => reason)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(String(error)).not.toContain('hunter22')
  })
})
