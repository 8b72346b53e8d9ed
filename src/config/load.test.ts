import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SutureError } from '../core/errors.ts'
import { loadConfig } from './load.ts'
import { parseConfig } from './parse.ts'

const POOL = '0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2'
const GATE = '0x00000000000000000000000000000000000000aa'
const ENVIRONMENT = {
  RPC_URL: 'https://node.example.org/v3/secretsecretsecret',
  DATABASE_URL: 'postgres://a:b@c/d',
}

const COMPLETE = `
  import { defineConfig, env, keystore } from 'suture'
  const pool: string = '${POOL}'
  export default defineConfig({
    chains: { mainnet: { id: 1, rpc: [env('RPC_URL'), env('RPC_URL_BACKUP', { optional: true })], maxFeePerGas: 0.5 } },
    protocols: {
      harbor: {
        chain: 'mainnet',
        contracts: { pool },
        gate: '${GATE}',
        pause: { pool: 'pause()' },
        invariants: ['./invariants/Solvency.sol'],
        policy: { freeze: 'critical', restrict: 'auto', upgrade: 'propose' },
      },
    },
    signer: keystore('sentinel'),
    database: env('DATABASE_URL', { optional: true }),
  })`

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'suture-config-'))
  await mkdir(join(folder, 'invariants'))
  await writeFile(join(folder, 'invariants', 'Solvency.sol'), '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function load(text: string, environment: Record<string, string> = ENVIRONMENT) {
  await writeFile(join(folder, 'suture.config.ts'), text)
  return loadConfig(undefined, { folder, environment })
}

async function failure(promise: Promise<unknown>): Promise<SutureError> {
  const error = await promise.catch((reason) => reason)
  expect(error).toBeInstanceOf(SutureError)
  return error as SutureError
}

describe('loadConfig', () => {
  it('runs TypeScript, resolves references and fills in defaults', async () => {
    const config = await load(COMPLETE)
    const chain = {
      name: 'mainnet',
      id: 1,
      rpc: [ENVIRONMENT.RPC_URL],
      confirmations: 2n,
      maxFeePerGas: 500_000_000n,
    }
    expect(config).toEqual({
      file: join(folder, 'suture.config.ts'),
      folder,
      chains: [chain],
      protocols: [
        {
          name: 'harbor',
          chain,
          contracts: { pool: POOL.toLowerCase() },
          gate: GATE,
          breaker: null,
          pause: [{ target: POOL.toLowerCase(), signature: 'pause()' }],
          invariants: [join(folder, 'invariants', 'Solvency.sol')],
          policy: { freeze: 'critical', restrict: 'auto', upgrade: 'propose' },
          approvals: { inbox: null, deadline: 3_600n },
        },
      ],
      signer: { secret: 'keystore', name: 'sentinel' },
      database: ENVIRONMENT.DATABASE_URL,
      secrets: [ENVIRONMENT.RPC_URL, ENVIRONMENT.DATABASE_URL],
    })
  })

  it('takes a signer that is elsewhere', async () => {
    const signer = `external({ command: ['./sign', 'alias/sentinel'], address: '${POOL}', signs: 'digest' })`
    const text = COMPLETE.replace("keystore('sentinel')", signer).replace('keystore }', 'external }')
    expect((await load(text)).signer).toEqual({
      secret: 'external',
      command: ['./sign', 'alias/sentinel'],
      address: POOL.toLowerCase(),
      signs: 'digest',
    })
  })

  it('takes a database of its own when none is named', async () => {
    expect((await load(COMPLETE, { RPC_URL: ENVIRONMENT.RPC_URL })).database).toBeNull()
  })

  it('names the variable that is not set', async () => {
    const error = await failure(load(COMPLETE, {}))
    expect(error.code).toBe('SECRET_MISSING')
    expect(error.meta).toContain('field: chains.mainnet.rpc.0')
    expect(error.meta).toContain('value: RPC_URL (not set)')
  })

  it('counts an empty variable as not set', async () => {
    expect((await failure(load(COMPLETE, { RPC_URL: ' ' }))).code).toBe('SECRET_MISSING')
  })

  it('wants one of the optional RPC addresses', async () => {
    const optional = COMPLETE.replace("env('RPC_URL')", "env('RPC_URL', { optional: true })")
    expect((await failure(load(optional, {}))).code).toBe('SECRET_MISSING')
  })

  it('refuses a variable that holds no address, without printing it', async () => {
    const error = await failure(load(COMPLETE, { RPC_URL: 'hunter22' }))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).not.toContain('hunter22')
  })

  it('says where it looked', async () => {
    const error = await failure(loadConfig(undefined, { folder, environment: ENVIRONMENT }))
    expect(error.code).toBe('CONFIG_NOT_FOUND')
    expect(error.meta[0]).toBe(`looked for: ${join(folder, 'suture.config.ts')}`)
    expect((await failure(loadConfig('other.ts', { folder }))).code).toBe('CONFIG_NOT_FOUND')
  })

  it('tells a file that cannot be run, or exports nothing', async () => {
    expect((await failure(load('export default {'))).code).toBe('CONFIG_INVALID')
    expect((await failure(load("import 'nowhere-to-be-found'"))).code).toBe('CONFIG_INVALID')
    expect((await failure(load('export const config = 1'))).code).toBe('CONFIG_INVALID')
  })

  it('names an invariant that is not there', async () => {
    const error = await failure(load(COMPLETE.replace('Solvency', 'Solvncy')))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.meta).toContain('field: protocols.harbor.invariants.0')
  })
})

type Mistake = Record<string, unknown>

const reference = { secret: 'env', name: 'RPC_URL', optional: false }
const chain = (more: Mistake = {}) => ({ chains: { mainnet: { id: 1, rpc: [reference], ...more } } })
const protocol = (more: Mistake = {}) => ({
  protocols: { harbor: { chain: 'mainnet', contracts: { pool: POOL }, ...more } },
})
const KEY = `0x${'5a'.repeat(32)}`

/** What is wrong, the field that must be named, and words the fix must have. */
const MISTAKES: readonly (readonly [string, unknown, string, RegExp])[] = [
  ['nothing exported', undefined, '(default export)', /export default defineConfig/],
  ['a list exported', [], '(default export)', /export default defineConfig/],
  ['no chains', { chains: undefined }, 'chains', /by name/],
  ['empty chains', { chains: {} }, 'chains', /at least one/],
  ['no protocols', { protocols: undefined }, 'protocols', /by name/],
  ['a chain id as text', chain({ id: '1' }), 'chains.mainnet.id', /whole number/],
  ['chain id 0', chain({ id: 0 }), 'chains.mainnet.id', /at least 1/],
  ['a single RPC address', chain({ rpc: 'http://a' }), 'chains.mainnet.rpc', /list/],
  ['no RPC address', chain({ rpc: [] }), 'chains.mainnet.rpc', /at least one/],
  [
    'a key in an RPC address',
    chain({ rpc: ['https://a.io/v3/0123456789abcdef0123'] }),
    'chains.mainnet.rpc.0',
    /env\(/,
  ],
  ['an RPC address of another protocol', chain({ rpc: ['ftp://a'] }), 'chains.mainnet.rpc.0', /http/],
  ['a misspelt field of a chain', chain({ confirmation: 3 }), 'chains.mainnet.confirmation', /remove/],
  [
    'a fee cap in wei',
    chain({ maxFeePerGas: 50_000_000_000 }),
    'chains.mainnet.maxFeePerGas',
    /gwei, not in wei/,
  ],
  ['no confirmations at all', chain({ confirmations: 0 }), 'chains.mainnet.confirmations', /at least 1/],
  ['an unknown chain', protocol({ chain: 'mainet' }), 'protocols.harbor.chain', /mainnet/],
  ['no contracts', protocol({ contracts: {} }), 'protocols.harbor.contracts', /at least one/],
  ['a short address', protocol({ contracts: { pool: '0x12' } }), 'protocols.harbor.contracts.pool', /40 hex/],
  [
    'an address with a wrong checksum',
    protocol({ contracts: { pool: POOL.replace('E2', 'e2') } }),
    'protocols.harbor.contracts.pool',
    /checksum/,
  ],
  [
    'a contract listed twice',
    protocol({ contracts: { pool: POOL, again: POOL.toLowerCase() } }),
    'protocols.harbor.contracts.again',
    /pool/,
  ],
  ['a gate that is no address', protocol({ gate: 'gate.eth' }), 'protocols.harbor.gate', /40 hex/],
  [
    'a brake of no contract',
    protocol({ pause: { vault: 'pause()' } }),
    'protocols.harbor.pause.vault',
    /pool/,
  ],
  [
    'a brake that is no signature',
    protocol({ pause: { pool: 'pause' } }),
    'protocols.harbor.pause.pool',
    /signature/,
  ],
  [
    'a brake with arguments',
    protocol({ pause: { pool: 'pause(bool)' } }),
    'protocols.harbor.pause.pool',
    /without/,
  ],
  [
    'an unknown severity',
    protocol({ policy: { freeze: 'always' } }),
    'protocols.harbor.policy.freeze',
    /critical/,
  ],
  [
    'automatic restrictions without a gate',
    protocol({ policy: { restrict: 'auto' } }),
    'protocols.harbor.policy.restrict',
    /gate/,
  ],
  [
    'automatic upgrades',
    protocol({ policy: { upgrade: 'auto' } }),
    'protocols.harbor.policy.upgrade',
    /propose/,
  ],
  [
    'a deadline of seconds',
    protocol({ approvals: { deadline: 5 } }),
    'protocols.harbor.approvals.deadline',
    /60/,
  ],
  ['a key instead of a reference', { signer: KEY }, 'signer', /never a key/],
  [
    'a keystore outside its folder',
    { signer: { secret: 'keystore', name: '../key' } },
    'signer.name',
    /letters/,
  ],
  [
    'an external signer of no address',
    { signer: { secret: 'external', command: ['./sign'], address: '0x12' } },
    'signer.address',
    /40 hexadecimal/,
  ],
  [
    'an external signer in two places',
    { signer: { secret: 'external', command: ['./sign'], url: 'http://localhost:9000', address: POOL } },
    'signer',
    /external/,
  ],
  [
    'an external signer whose address carries a key',
    { signer: { secret: 'external', url: 'https://signer.example/0123456789abcdef', address: POOL } },
    'signer.url',
    /without credentials/,
  ],
  ['a database written out', { database: 'postgres://a:hunter22@b/c' }, 'database', /env\(/],
  ['a misspelt field', { protocol: {} }, 'protocol', /remove/],
]

describe('a configuration with', () => {
  for (const [name, mistake, field, fix] of MISTAKES) {
    it(`${name} is refused, naming field and fix`, () => {
      const whole = typeof mistake === 'object' && !Array.isArray(mistake)
      const value = whole ? { ...chain(), ...protocol(), ...mistake } : mistake
      let error: SutureError | undefined
      try {
        parseConfig(value, 'suture.config.ts')
      } catch (reason) {
        error = reason as SutureError
      }
      expect(error?.code).toBe('CONFIG_INVALID')
      expect(error?.meta).toContain(`field: ${field}`)
      const at = error!.meta.indexOf(`field: ${field}`)
      expect(error!.meta[at + 1]).toMatch(/^value: /)
      expect(error!.meta[at + 2]).toMatch(fix)
      for (const secret of [KEY, 'hunter22', '0123456789abcdef']) expect(error!.message).not.toContain(secret)
    })
  }

  it('no mistake is accepted', () => {
    expect(() => parseConfig({ ...chain(), ...protocol() }, 'suture.config.ts')).not.toThrow()
    const local = chain({ rpc: ['http://127.0.0.1:8545', 'ws://localhost:8546/'] })
    expect(() => parseConfig({ ...local, ...protocol() }, 'suture.config.ts')).not.toThrow()
  })

  it('several mistakes names all of them', () => {
    const value = { ...chain({ id: 'x' }), ...protocol({ gate: 1, chain: 'y' }) }
    const meta = (() => {
      try {
        parseConfig(value, 'suture.config.ts')
        return []
      } catch (reason) {
        return (reason as SutureError).meta
      }
    })()
    expect(meta).toMatchInlineSnapshot(`
      [
        "file: suture.config.ts",
        "field: chains.mainnet.id",
        "value: "x"",
        "fix: give the chain id as a whole number",
        "field: protocols.harbor.gate",
        "value: 1",
        "fix: give an address: 0x and 40 hexadecimal digits",
      ]
    `)
  })
})
