import { randomBytes } from 'node:crypto'
import { english, generateMnemonic } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { SutureError } from './errors.ts'
import { createLogger } from './log.ts'

const KEY = `0x${randomBytes(32).toString('hex')}`
const PHRASE = generateMnemonic(english)
const DATABASE = 'postgres://suture:hunter22@db.internal:5432/suture?sslmode=require'
const RPC = 'https://mainnet.example.org/v3/0123456789abcdef0123456789abcdef'
const QUOTED = 'pa"ss\\word'
const SECRETS = [KEY, DATABASE, RPC, QUOTED]

function record(write: (logger: ReturnType<typeof createLogger>) => void, pretty = false, secrets = SECRETS) {
  const lines: string[] = []
  write(
    createLogger({
      level: 'trace',
      secrets,
      pretty,
      destination: { write: (line) => void lines.push(line) },
    }),
  )
  return lines.join('')
}

function expectClean(output: string) {
  const parts = [
    KEY,
    KEY.slice(2),
    KEY.slice(2).toUpperCase(),
    'hunter22',
    '0123456789abcdef',
    'ss\\word',
    PHRASE,
  ]
  for (const part of parts) expect(output).not.toContain(part)
}

/** Every way a value gets into a record. */
const NESTINGS: Record<string, (secret: string) => unknown> = {
  'a field': (secret) => ({ value: secret }),
  'a deep field': (secret) => ({ a: { b: [{ c: { d: [secret] } }] } }),
  'inside a longer string': (secret) => ({ text: `before ${secret} after` }),
  'a key of an object': (secret) => ({ [secret]: 1 }),
  'a map': (secret) => ({ map: new Map([[secret, new Set([secret])]]) }),
  'the message of an error': (secret) => ({ err: new TypeError(`failed at ${secret}`) }),
  'an error under any name': (secret) => ({ problem: new TypeError(secret) }),
  'a cause of a cause': (secret) => ({
    err: new SutureError('INTERNAL', 'x', { cause: new SutureError('INTERNAL', 'y', { meta: [secret] }) }),
  }),
  'printed JSON': (secret) => ({ body: JSON.stringify({ nested: JSON.stringify({ secret }) }) }),
  'percent-encoded': (secret) => ({ query: encodeURIComponent(secret) }),
}

describe('createLogger', () => {
  for (const [place, wrap] of Object.entries(NESTINGS)) {
    it(`lets no secret through as ${place}`, () => {
      for (const secret of [...SECRETS, PHRASE]) {
        for (const pretty of [false, true]) {
          expectClean(record((logger) => logger.info(wrap(secret) as object, 'message'), pretty))
          expectClean(record((logger) => logger.child(wrap(secret) as object).info('message'), pretty))
        }
        expectClean(record((logger) => logger.info({}, '%o', wrap(secret) as never)))
        expectClean(record((logger) => logger.info(`text ${secret}`)))
        expectClean(record((logger) => logger.info('text %s', secret)))
      }
    })
  }

  it('drops fields that name a secret even when nobody configured it', () => {
    const unknown = 'correct-horse'
    const fields = [
      'privateKey',
      'private_key',
      'mnemonic',
      'password',
      'Authorization',
      'DATABASE_URL',
      'apiKey',
    ]
    for (const field of fields) {
      const output = record((logger) => logger.info({ a: [{ [field]: { value: unknown } }] }), false, [])
      expect(output).not.toContain(unknown)
      const printed = record((logger) => logger.info(`got {"${field}":"${unknown}"}`), false, [])
      if (field !== 'DATABASE_URL') expect(printed).not.toContain(unknown)
    }
    const header = record((logger) => logger.info(`authorization: Bearer ${unknown}`), false, [])
    expect(header).not.toContain(unknown)
  })

  it('drops credentials and keys in URLs nobody configured', () => {
    const output = record((logger) => logger.info({ at: [DATABASE, RPC] }, `${DATABASE} ${RPC}`), false, [])
    expectClean(output)
    expect(output).toContain('db.internal')
    expect(output).toContain('mainnet.example.org')
  })

  it('keeps what is no secret', () => {
    const hash = `0x${'ab'.repeat(32)}`
    const line = record((logger) =>
      logger.info({ hash, amount: 2n ** 200n, token: '0x01' }, 'transaction mined'),
    )
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      hash,
      amount: (2n ** 200n).toString(),
      token: '0x01',
      msg: 'transaction mined',
    })
  })

  it('prints an error with its code, lines and cause', () => {
    const cause = new SutureError('RPC_UNREACHABLE', 'No node.', { meta: ['node: a'] })
    const line = record((logger) => logger.error({ err: new SutureError('INTERNAL', 'Broken.', { cause }) }))
    expect(JSON.parse(line).err).toMatchObject({
      code: 'INTERNAL',
      cause: { code: 'RPC_UNREACHABLE', meta: ['node: a'] },
    })
  })

  it('prints one line for people', () => {
    const line = record((logger) => logger.warn({ block: 12n }, 'head is late'), true)
    expect(line.slice(8)).toMatchInlineSnapshot(`
      " WARN  head is late block=12
      "
    `)
  })

  it('survives values that contain themselves', () => {
    const loop: Record<string, unknown> = {}
    loop.self = loop
    expect(record((logger) => logger.info({ loop }))).toContain('[cut]')
  })
})
