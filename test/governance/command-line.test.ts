import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { generatePrivateKey, privateKeyToAccount, privateKeyToAddress } from 'viem/accounts'
import { foundry } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { approveCommand } from '../../src/cli/approve.ts'
import { executeCommand } from '../../src/cli/execute.ts'
import { freezeCommand } from '../../src/cli/freeze.ts'
import { reportFailure } from '../../src/cli/output.ts'
import { statusCommand } from '../../src/cli/status.ts'
import { startEmbeddedPostgres } from '../../src/core/embedded-postgres.ts'
import { toAddress } from '../../src/core/hex.ts'
import { readApprovalFile, writeApprovalFile } from '../../src/governance/approval-file.ts'
import { readGateTarget } from '../../src/governance/read-gate-target.ts'
import { silent } from '../support/store.ts'
import { buildGateWorld, funded, type GateWorld, keyOf, PERIOD } from './gate-fixture.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const KEYS = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()] as const
const [first, second] = KEYS.map((key) => privateKeyToAccount(key))
const WITHDRAW = '0x2e1a7d4d'

interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** The lines of standard output, where they are JSON. */
  readonly lines: readonly { readonly [key: string]: unknown }[]
}

let node: LocalNode
let world: GateWorld
let folder: string
/** One for all commands: starting one takes longer than anything they do. */
let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>

const COMMANDS = {
  approve: approveCommand,
  execute: executeCommand,
  freeze: freezeCommand,
  status: statusCommand,
}

/** Runs a command of `suture` in this process: starting one takes longer than what it does. */
async function suture(
  [name, ...args]: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const out: string[] = []
  const err: string[] = []
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0),
  ]
  const before = { ...process.env }
  Object.assign(process.env, { DATABASE_URL: postgres.url, ...env })
  try {
    await COMMANDS[name as keyof typeof COMMANDS].parseAsync([...args], { from: 'user' })
  } catch (error) {
    process.exitCode = reportFailure(error)
  } finally {
    for (const spy of spies) spy.mockRestore()
    process.env = before
  }
  const code = Number(process.exitCode ?? 0)
  process.exitCode = undefined
  return outcome(code, out.join(''), err.join(''))
}

/** Runs `suture` as an operator would, in a folder of its own. */
function spawned(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, ['--import', LOADER, MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, DATABASE_URL: postgres.url, ...env },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  child.stdin.end(input)
  return new Promise((resolve) => child.once('close', (code) => resolve(outcome(code, out, err))))
}

function outcome(code: number | null, out: string, err: string): Outcome {
  const texts = out.split('\n').filter((line) => /^[[{]/.test(line))
  return { code, out, err, lines: texts.map((text) => JSON.parse(text)) }
}

const configured = () => ['--config', join(folder, 'suture.config.mjs')]
const at = () => ['--rpc-url', node.url, '--chain-id', String(foundry.id), '--gate', world.gate]
const state = () => readGateTarget(node.rpc, { gate: world.gate, target: world.target })
const SENTINEL = { SENTINEL: keyOf(1) }

beforeAll(async () => {
  node = await startLocalNode({ hardfork: 'cancun' })
  folder = await mkdtemp(join(tmpdir(), 'suture-cli-'))
  // PostgreSQL's account must be able to enter.
  await chmod(folder, 0o755)
  postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger: silent })
  world = await buildGateWorld(node, [first!.address, second!.address, privateKeyToAddress(KEYS[2])])
  const chain = { id: foundry.id, rpc: [node.url], confirmations: 1 }
  const protocol = { chain: 'local', contracts: { vault: world.target }, gate: world.gate }
  await writeFile(
    join(folder, 'suture.config.mjs'),
    `import { defineConfig, env } from 'suture'
     export default defineConfig({ chains: { local: ${JSON.stringify(chain)} }, protocols: { harbor: ${JSON.stringify(protocol)} }, signer: env('SENTINEL'), database: env('DATABASE_URL') })`,
  )
})
afterAll(async () => {
  await node?.stop()
  await postgres?.release()
  await rm(folder, { recursive: true, force: true })
})

describe('suture keystore', () => {
  const PASSWORD = { SUTURE_KEYSTORE_PASSWORD: 'hunter22-hunter22' }

  test('makes a key, takes one over, and lists both', async () => {
    const made = await spawned(['keystore', 'new', 'alice', '--json'], PASSWORD)
    expect(made).toMatchObject({ code: 0 })
    const path = join(folder, '.suture', 'keystores', 'alice.json')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const imported = await spawned(['keystore', 'import', 'bob', '--json'], PASSWORD, `${KEYS[2]}\n`)
    expect(imported.lines[0]).toMatchObject({ address: toAddress(privateKeyToAddress(KEYS[2])) })
    expect(made.out + imported.out + imported.err).not.toContain(KEYS[2].slice(2))
    const { lines } = await spawned(['keystore', 'list', '--json'])
    expect(lines[0]).toMatchObject([{ name: 'alice', address: made.lines[0]!.address }, { name: 'bob' }])
  })

  test('refuses what is no key, a short password, and a name that leads elsewhere', async () => {
    const noKey = await spawned(['keystore', 'import', 'carol'], PASSWORD, 'hunter22\n')
    expect(noKey.err).toContain('[KEYSTORE_INVALID]')
    expect(noKey.err).not.toContain('hunter22')
    const short = await spawned(['keystore', 'new', 'carol'], { SUTURE_KEYSTORE_PASSWORD: 'short' })
    expect(short.err).toContain('[KEYSTORE_INVALID]')
    const elsewhere = await spawned(['keystore', 'new', '../carol'], PASSWORD)
    expect(elsewhere.err).toContain('[KEYSTORE_INVALID]')
    const silent = await spawned(['keystore', 'import', 'carol'], PASSWORD, '')
    expect(silent.err).toContain('[SECRET_MISSING]')
  })
})

describe('suture freeze and status', () => {
  test('shows what a freeze would do, and sends nothing', async () => {
    const args = ['freeze', world.target, 'withdraw(uint256)', '--duration', '600', '--json', ...at()]
    const { code, lines } = await suture([...args, '--from', funded(1).address])
    expect(code).toBe(0)
    expect(lines[0]).toMatchObject({ type: 'step', name: 'freeze', succeeded: true })
    expect(String(lines[0]!.events)).toContain(`Frozen(target:`)
    expect(await suture([...args, '--from', funded(2).address])).toMatchObject({
      code: 2,
      lines: [{ succeeded: false, revert: expect.stringContaining('NotPermitted(') }],
    })
    const status = await suture(['status', world.target, '--json', ...at()])
    expect(status.lines[0]).toMatchObject({ freezes: [], shimmed: false, kind: 'uups' })
  })

  test('freezes once, and shows until when', async () => {
    const args = ['freeze', world.target, WITHDRAW, '--duration', '600', '--broadcast', ...configured()]
    const frozen = await spawned(args, SENTINEL)
    expect(frozen).toMatchObject({ code: 0, out: expect.stringMatching(/freeze: 0x[0-9a-f]{64} in block/) })
    const { out } = await suture(['status', world.target, ...configured()], SENTINEL)
    expect(out).toContain(`frozen          ${WITHDRAW} until`)
    expect(out).toMatch(new RegExp(`pausers +${toAddress(funded(1).address)}  fuse burns until`))
    expect(out).toContain('guardians       2 of 3: ')
    expect(out).toContain('a shim before it')
  })

  test('refuses a function it cannot read, and a target the gate does not know', async () => {
    const refused = (target: string, name: string) => suture(['freeze', target, name, ...at()])
    expect((await refused(world.target, 'withdraw')).err).toContain('[CONFIG_INVALID]')
    expect((await refused(world.gate, WITHDRAW)).err).toContain('[CONFIG_INVALID]')
  })
})

describe('suture approve and execute', () => {
  const signed = (name: string) => join(folder, name)

  test('takes no approval with too few signatures, nor two about different things', async () => {
    const request = await world.requestRestriction([first!])
    await writeApprovalFile(signed('one.json'), { kind: 'restriction', request })
    expect(await suture(['execute', signed('one.json'), ...at()])).toMatchObject({
      code: 1,
      err: expect.stringContaining('Too few guardians signed.'),
    })
    const restriction = { ...request.restriction, deadline: 1n }
    await writeApprovalFile(signed('two.json'), { kind: 'restriction', request: { ...request, restriction } })
    const mixed = await suture(['execute', signed('one.json'), signed('two.json'), ...at()])
    expect(mixed).toMatchObject({ code: 1, err: expect.stringContaining('about different things') })
  })

  test('commits, publishes and restricts with the signatures of two files, after a dry run that sends nothing', async () => {
    const both = await world.requestRestriction([first!, second!])
    for (const [i, signature] of both.signatures.entries()) {
      // One passes off its signature as the other's: that holds nobody up.
      const other = { signer: both.signatures[1 - i]!.signer, signature: signature.signature }
      const request = { ...both, signatures: [signature, other] }
      await writeApprovalFile(signed(`part-${i}.json`), { kind: 'restriction', request })
    }
    const args = [
      'execute',
      signed('part-0.json'),
      signed('part-1.json'),
      '--commit',
      '--publish',
      ...configured(),
    ]
    const tried = await suture(args, SENTINEL)
    expect(tried.code).toBe(0)
    expect(tried.out).toMatch(
      /commit: .*\n {2}succeeds[\s\S]*publish: .*\n {2}succeeds[\s\S]*restrict: .*\n {2}succeeds/,
    )
    expect(tried.out).toContain('refuses a subtraction below zero')
    expect(tried.out).toContain('a dry run: nothing was sent')
    expect((await state()).nonce).toBe(0n)

    const sent = await suture([...args, '--broadcast', '--json'], SENTINEL)
    expect(sent.code).toBe(0)
    const mined = sent.lines.filter(({ type }) => type === 'mined').map(({ name }) => name)
    expect(mined).toEqual(['commit', 'publish', 'restrict'])
    expect((await state()).nonce).toBe(1n)

    const again = await suture([...args, '--broadcast'], SENTINEL)
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('NonceMismatch') })
  })

  test('a guardian asks for a rollback, another signs, anyone submits', async () => {
    const guardian = (i: number) => ({ GUARDIAN: KEYS[i]! })
    const signing = ['--signer', 'env:GUARDIAN', '--auto', '--json', '--rpc-url', node.url]
    const chain = ['--gate', world.gate, '--chain-id', String(foundry.id)]
    const ask = ['approve', '--rollback', world.target, ...chain]
    const asked = await suture([...ask, '--out', signed('back.json'), ...signing], guardian(0))
    expect(asked.lines.at(-1)).toMatchObject({ type: 'signed', signatures: 1, threshold: 2 })
    const early = await suture(['execute', signed('back.json'), ...configured()], SENTINEL)
    expect(early.err).toContain('Too few guardians signed.')
    const joined = await suture(['approve', '--file', signed('back.json'), ...signing], guardian(1))
    expect(joined.lines.at(-1)).toMatchObject({ type: 'signed', signatures: 2 })
    const stranger = await suture(['approve', '--file', signed('back.json'), ...signing], {
      GUARDIAN: keyOf(5),
    })
    expect(stranger).toMatchObject({ code: 2 })
    expect((await readApprovalFile(signed('back.json'))).request.signatures).toHaveLength(2)

    const done = await suture(
      ['execute', signed('back.json'), '--commit', '--broadcast', '--json', ...configured()],
      SENTINEL,
    )
    expect(done.lines.filter(({ type }) => type === 'mined').map(({ name }) => name)).toEqual([
      'commit',
      'rollback',
    ])
    expect((await state()).current).toBe(world.implementation)
  })

  test('rolls back without signatures once the time is over, and not before', async () => {
    const request = await world.requestRestriction([first!, second!])
    await writeApprovalFile(signed('three.json'), { kind: 'restriction', request })
    expect(
      (await suture(['execute', signed('three.json'), '--broadcast', ...configured()], SENTINEL)).code,
    ).toBe(0)
    const back = ['execute', '--rollback', world.target, ...configured()]
    const early = await suture(back, SENTINEL)
    expect(early).toMatchObject({ code: 2, out: expect.stringContaining('FAILS: RollbackTooEarly(') })
    await world.client.increaseTime({ seconds: Number(PERIOD) })
    await world.client.mine({ blocks: 1 })
    expect((await suture([...back, '--broadcast'], SENTINEL)).code).toBe(0)
    expect((await state()).current).toBe(world.implementation)
    expect((await suture(['execute', '--settle', world.target, ...configured()], SENTINEL)).code).toBe(0)
  })

  test('does not send privately where the node cannot', async () => {
    const args = [
      'freeze',
      world.target,
      WITHDRAW,
      '--duration',
      '60',
      '--broadcast',
      '--private',
      ...configured(),
    ]
    const { err } = await suture(args, SENTINEL)
    expect(err).toContain('[RPC_METHOD_MISSING]')
    expect(err).toContain('eth_sendPrivateTransaction')
  })

  test('refuses a file of another shape', async () => {
    await writeFile(signed('bad.json'), '{"format":"suture-approval/1","kind":"rollback","request":{}}')
    expect((await suture(['execute', signed('bad.json'), ...configured()], SENTINEL)).err).toContain(
      '[APPROVAL_INVALID]',
    )
  })
})
