import {
  createCipheriv,
  createDecipheriv,
  pbkdf2 as pbkdf2Callback,
  randomBytes,
  randomUUID,
  scrypt as scryptCallback,
  timingSafeEqual,
} from 'node:crypto'
import { promisify } from 'node:util'
import { keccak256 } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { bytesOf, type Hex } from '../core/hex.ts'

const pbkdf2 = promisify(pbkdf2Callback)
const scrypt = promisify<Buffer, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scryptCallback,
)

/** The cost geth uses for keys people keep ("standard"). */
const COST = { n: 262_144, r: 8, p: 1, dklen: 32 } as const
/** More than any wallet asks; a file with larger numbers is there to exhaust us. */
const MOST_MEMORY = 2 ** 30
const MOST_ITERATIONS = 10_000_000
/** Sixteen times what geth asks; beyond it opening a key takes minutes, and a file that wants that is no wallet's. */
const MOST_WORK = 2 ** 25

const hex = z.string().regex(/^(0x)?([0-9a-fA-F]{2})+$/)
const iv = z.string().regex(/^(0x)?[0-9a-fA-F]{32}$/, 'the IV of AES has 16 bytes')
const whole = z.int().positive()

const keystoreSchema = z.object({
  version: z.literal(3),
  crypto: z.object({
    cipher: z.literal('aes-128-ctr'),
    cipherparams: z.object({ iv }),
    ciphertext: hex,
    mac: hex,
    kdf: z.enum(['scrypt', 'pbkdf2']),
    kdfparams: z.union([
      z.object({ n: whole, r: whole, p: whole, dklen: z.literal(32), salt: hex }),
      z.object({
        c: whole.max(MOST_ITERATIONS),
        prf: z.literal('hmac-sha256'),
        dklen: z.literal(32),
        salt: hex,
      }),
    ]),
  }),
})

type Crypto = z.output<typeof keystoreSchema>['crypto']

/** A Web3 Secret Storage file, version 3. */
export type KeystoreFile = z.input<typeof keystoreSchema> & { readonly id: string; readonly address: string }

/**
 * Encrypts a private key as geth and other wallets do.
 * Source: Ethereum wiki, "Web3 Secret Storage Definition", version 3.
 */
export async function encryptKey(privateKey: Hex, password: string): Promise<KeystoreFile> {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const kdfparams = { ...COST, salt: salt.toString('hex') }
  const key = await deriveKey({ kdf: 'scrypt', kdfparams }, password)
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(bytesOf(privateKey)), cipher.final()])
  return {
    version: 3,
    id: randomUUID(),
    address: privateKeyToAddress(privateKey).slice(2).toLowerCase(),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf: 'scrypt',
      kdfparams,
      mac: macOf(key, ciphertext).toString('hex'),
    },
  }
}

/** @throws SutureError KEYSTORE_INVALID where the file is malformed or the password wrong */
export async function decryptKey(file: unknown, password: string): Promise<Hex> {
  const parsed = keystoreSchema.safeParse(file)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new SutureError(
      'KEYSTORE_INVALID',
      'The keystore is not a Web3 Secret Storage file of version 3.',
      {
        meta: [
          `field: ${path.join('.') || '(the whole)'}`,
          `reason: ${message}`,
          'fix: create it anew, or export it from the wallet',
        ],
      },
    )
  }
  const { crypto } = parsed.data
  const key = await deriveKey(crypto, password)
  const ciphertext = toBytes(crypto.ciphertext)
  const mac = toBytes(crypto.mac)
  const expected = macOf(key, ciphertext)
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
    throw new SutureError('KEYSTORE_INVALID', 'The password does not open the keystore.', {
      meta: ['field: crypto.mac', 'fix: set SUTURE_KEYSTORE_PASSWORD to the password it was created with'],
    })
  }
  const decipher = createDecipheriv('aes-128-ctr', key.subarray(0, 16), toBytes(crypto.cipherparams.iv))
  return `0x${Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('hex')}`
}

async function deriveKey(
  { kdfparams }: Pick<Crypto, 'kdf' | 'kdfparams'>,
  password: string,
): Promise<Buffer> {
  const secret = Buffer.from(password, 'utf8')
  const salt = toBytes(kdfparams.salt)
  if ('c' in kdfparams) return pbkdf2(secret, salt, kdfparams.c, kdfparams.dklen, 'sha256')
  const { n, r, p, dklen } = kdfparams
  const memory = 128 * r * (n + p + 2)
  // RFC 7914: n is a power of two below 2^(16 r). A few files of the first wallets (r = 1) are outside, and OpenSSL refuses them.
  const powerOfTwo = n > 1 && (n & (n - 1)) === 0
  if (memory > MOST_MEMORY || n * r * p > MOST_WORK || !powerOfTwo || Math.log2(n) >= 16 * r) {
    throw new SutureError('KEYSTORE_INVALID', 'The keystore asks for a key derivation out of bounds.', {
      meta: [
        'field: crypto.kdfparams',
        `value: n ${n}, r ${r}, p ${p}`,
        'fix: import the key into a new keystore',
      ],
    })
  }
  return scrypt(secret, salt, dklen, { N: n, r, p, maxmem: memory + 2 ** 20 })
}

/** keccak256 of the key's second half and the ciphertext. */
function macOf(key: Buffer, ciphertext: Buffer): Buffer {
  return Buffer.from(keccak256(Buffer.concat([key.subarray(16, 32), ciphertext]), 'bytes'))
}

function toBytes(text: string): Buffer {
  return Buffer.from(text.replace(/^0x/, ''), 'hex')
}
