import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  hashTypedData,
  parseSignature,
  parseTransaction,
  recoverAddress,
  recoverTransactionAddress,
  type TransactionSerializableEIP1559,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Hex } from '../core/hex.ts'
import { openSigner } from './signer.ts'
import type { ExternalReference } from './types.ts'

const KEY = generatePrivateKey()
const OTHER = generatePrivateKey()
const { address } = privateKeyToAccount(KEY)
const TYPED = {
  domain: { name: 'Suture PatchGate', version: '1', chainId: 10, verifyingContract: `0x${'ab'.repeat(20)}` },
  types: {
    Rollback: [
      { name: 'target', type: 'address' },
      { name: 'nonce', type: 'uint256' },
    ],
  },
  primaryType: 'Rollback',
  message: { target: `0x${'cd'.repeat(20)}`, nonce: 2n ** 200n },
} as const
const TRANSACTION: TransactionSerializableEIP1559 = {
  type: 'eip1559',
  chainId: 10,
  to: `0x${'ab'.repeat(20)}`,
  data: '0x12345678',
  value: 0n,
  nonce: 7,
  gas: 100_000n,
  maxFeePerGas: 30n,
  maxPriorityFeePerGas: 2n,
}

/** A signer as somebody may write it, with a key of its own; `mode` makes it misbehave. */
const PROGRAM = `
import { readFileSync } from 'node:fs'
import { privateKeyToAccount, sign } from ${JSON.stringify(
  pathToFileURL(
    createRequire(import.meta.url)
      .resolve('viem/accounts')
      .replace('_cjs', '_esm'),
  ).href,
)}
const [mode, key] = process.argv.slice(2)
const { format, method, address, chainId, payload } = JSON.parse(readFileSync(0, 'utf8'))
if (format !== 'suture-signer/1' || chainId !== 10) process.exit(9)
const account = privateKeyToAccount(key)
const answer = (signature) => process.stdout.write(JSON.stringify({ signature }))
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const upper = (signature) => {
  const s = (ORDER - BigInt('0x' + signature.slice(66, 130))).toString(16).padStart(64, '0')
  return signature.slice(0, 66) + s + (signature.endsWith('1b') ? '1c' : '1b')
}
if (mode === 'hang') setInterval(() => {}, 1000)
else if (mode === 'fail') { process.stdout.write('{"signature":"0x' + 'ab'.repeat(65) + '"}'); process.exitCode = 3 }
else if (mode === 'flood') for (let i = 0; i < 40; i++) process.stdout.write('x'.repeat(64 * 1024))
else if (mode === 'leak') process.stdout.write('my key is ' + key)
else if (mode === 'empty') process.stdout.write('{"signature":"0x"}')
else if (mode === 'secrets') answer('0x' + Buffer.from(Object.keys(process.env).join()).toString('hex'))
else if (method === 'sign_digest') answer(upper(await sign({ hash: payload.digest, privateKey: key, to: 'hex' })))
else if (method === 'sign_typed_data') answer(await account.signTypedData(payload))
else {
  const { from, digest, ...call } = payload
  const big = (name) => BigInt(call[name])
  answer(await account.signTransaction({
    type: 'eip1559', to: call.to, data: call.data, value: big('value'), chainId: Number(call.chainId), nonce: Number(call.nonce), gas: big('gas'),
    maxFeePerGas: mode === 'dearer' ? 10n ** 18n : big('maxFeePerGas'), maxPriorityFeePerGas: big('maxPriorityFeePerGas'),
  }))
}
`

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'suture-external-'))
  await writeFile(join(folder, 'signer.mjs'), PROGRAM)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const open = async (reference: Partial<ExternalReference>) => {
  const { account } = await openSigner({ secret: 'external', address, ...reference }, { folder })
  return account
}
const program = (mode: string, options: Partial<ExternalReference> = {}, key: Hex = KEY) =>
  open({ command: [process.execPath, './signer.mjs', mode, key], timeout: 20, ...options })
const signerOfTyped = (signature: Hex) => recoverAddress({ hash: hashTypedData(TYPED), signature })

describe('a program as signer', () => {
  it('is shown typed data and transactions, and signs them', async () => {
    const account = await program('honest')
    expect(await signerOfTyped(await account.signTypedData(TYPED))).toBe(address)
    const raw = await account.signTransaction(TRANSACTION)
    expect(await recoverTransactionAddress({ serializedTransaction: raw as never })).toBe(address)
    expect(parseTransaction(raw)).toMatchObject({ to: TRANSACTION.to, nonce: 7, maxFeePerGas: 30n })
  })

  it('that can sign digests only is given digests, and its upper signatures become lower ones', async () => {
    const account = await program('honest', { signs: 'digest' })
    const signature = await account.signTypedData(TYPED)
    expect(await signerOfTyped(signature)).toBe(address)
    expect(BigInt(parseSignature(signature).s)).toBeLessThan(2n ** 255n)
    const raw = await account.signTransaction(TRANSACTION)
    expect(await recoverTransactionAddress({ serializedTransaction: raw as never })).toBe(address)
  })

  it.each([
    ['signs with another key', 'honest', 'SIGNER_MISMATCH', OTHER],
    ['ends with an error, whatever it printed', 'fail', 'SIGNER_FAILED', KEY],
    ['floods its output', 'flood', 'SIGNER_FAILED', KEY],
    ['answers with no JSON', 'leak', 'SIGNER_FAILED', KEY],
    ['answers with no signature', 'empty', 'SIGNER_FAILED', KEY],
  ] as const)('that %s is refused, and nothing of its answer is shown', async (_what, mode, code, key) => {
    const error = await (await program(mode, {}, key)).signTypedData(TYPED).catch((reason) => reason)
    expect(error).toMatchObject({ code, retryable: false })
    expect(String(error)).not.toContain(key.slice(2))
  })

  it('that signs another transaction than it was shown is refused', async () => {
    const signing = (await program('dearer')).signTransaction(TRANSACTION)
    await expect(signing).rejects.toMatchObject({ code: 'SIGNER_MISMATCH' })
  })

  it('that hangs is ended, and may be asked again', async () => {
    const started = Date.now()
    const signing = (await program('hang', { timeout: 0.5 })).signTypedData(TYPED)
    await expect(signing).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE', retryable: true })
    expect(Date.now() - started).toBeLessThan(10_000)
  })

  it('that does not exist cannot be reached', async () => {
    const account = await open({ command: ['./no-such-program'] })
    await expect(account.signTypedData(TYPED)).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' })
  })

  it('does not inherit the secrets of Suture', async () => {
    process.env.SUTURE_KEYSTORE_PASSWORD = 'hunter22'
    try {
      const account = await program('secrets', { contract: true })
      const names = Buffer.from((await account.signTypedData(TYPED)).slice(2), 'hex')
        .toString()
        .split(',')
      expect(names).toContain('PATH')
      expect(names.filter((name) => name.startsWith('SUTURE_'))).toEqual([])
    } finally {
      delete process.env.SUTURE_KEYSTORE_PASSWORD
    }
  })

  it('for a contract sends no transactions', async () => {
    const account = await program('honest', { contract: true })
    await expect(account.signTransaction(TRANSACTION)).rejects.toMatchObject({ code: 'SIGNER_FAILED' })
  })
})

describe('a service as signer', () => {
  let server: Server
  let url: string
  let behave: 'honest' | 'lying' | 'refusing' | 'silent' | 'broken' = 'honest'
  const methods: string[] = []

  /** What web3signer does with the two methods. */
  async function answer({
    method,
    params,
  }: {
    method: string
    params: [string, string] & [Record<string, Hex>]
  }) {
    const account = privateKeyToAccount(behave === 'lying' ? OTHER : KEY)
    if (method === 'eth_signTypedData') return account.signTypedData(JSON.parse(params[1]))
    const { to, data, chainId, nonce, gas, value, maxFeePerGas, maxPriorityFeePerGas } = params[0]
    return account.signTransaction({
      type: 'eip1559',
      to: to!,
      data: data!,
      chainId: Number(chainId),
      nonce: Number(nonce),
      gas: BigInt(gas!),
      value: BigInt(value!),
      maxFeePerGas: BigInt(maxFeePerGas!),
      maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas!),
    })
  }

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      if (behave === 'silent') return
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const call = JSON.parse(Buffer.concat(chunks).toString())
      methods.push(call.method)
      const error = { code: -32_000, message: 'the account is locked' }
      const body =
        behave === 'refusing' ? { id: call.id, error } : { id: call.id, result: await answer(call) }
      response.end(behave === 'broken' ? '<html>' : JSON.stringify({ jsonrpc: '2.0', ...body }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.closeAllConnections())

  const service = (mode: typeof behave) => {
    behave = mode
    return open({ url, timeout: 1 })
  }

  it('signs typed data and transactions by the methods of web3signer', async () => {
    const account = await service('honest')
    expect(await signerOfTyped(await account.signTypedData(TYPED))).toBe(address)
    const raw = await account.signTransaction(TRANSACTION)
    expect(await recoverTransactionAddress({ serializedTransaction: raw as never })).toBe(address)
    expect(methods.splice(0)).toEqual(['eth_signTypedData', `eth_sign${'Transaction'}`])
  })

  it.each([
    ['lying', 'SIGNER_MISMATCH'],
    ['refusing', 'SIGNER_FAILED'],
    ['broken', 'SIGNER_FAILED'],
    ['silent', 'SIGNER_UNAVAILABLE'],
  ] as const)('that is %s is refused', async (mode, code) => {
    const account = await service(mode)
    await expect(account.signTypedData(TYPED)).rejects.toMatchObject({ code })
    await expect(account.signTransaction(TRANSACTION)).rejects.toMatchObject({ code })
  })

  it('that nobody runs cannot be reached, and its address is not shown', async () => {
    const account = await open({ url: 'http://user:hunter22@127.0.0.1:1/' })
    const error = await account.signTypedData(TYPED).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'SIGNER_UNAVAILABLE', retryable: true })
    expect(String(error)).not.toContain('hunter22')
  })
})
