import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { encodeFunctionData, type Hex, keccak256, parseAbi, stringToHex, zeroAddress } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { foundry } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { attestCommand } from '../../src/cli/attest.ts'
import { freezeCommand } from '../../src/cli/freeze.ts'
import { reportFailure } from '../../src/cli/output.ts'
import { statusCommand } from '../../src/cli/status.ts'
import { startEmbeddedPostgres } from '../../src/core/embedded-postgres.ts'
import { type Address, toAddress } from '../../src/core/hex.ts'
import {
  beaconProxyAbi,
  beaconProxyBytecode,
  breakerAbi,
  patchGateAbi,
  sentinelQuorumAbi,
  sentinelQuorumBytecode,
  upgradeableBeaconAbi,
  upgradeableBeaconBytecode,
} from '../../src/generated/contracts.ts'
import { collectAttestation } from '../../src/governance/attestation-collect.ts'
import { hashAttestation, type SignedAttestation } from '../../src/governance/attestation-data.ts'
import { readAttestationFile, writeAttestationFile } from '../../src/governance/attestation-file.ts'
import { planAttestedFreeze } from '../../src/governance/attestation-plan.ts'
import { readSentinelQuorum } from '../../src/governance/attestation-quorum.ts'
import { signAttestation } from '../../src/governance/attestation-sign.ts'
import { findAttestedTarget } from '../../src/governance/attestation-target.ts'
import { readGateTarget } from '../../src/governance/read-gate-target.ts'
import { readView } from '../../src/governance/read-view.ts'
import { silent } from '../support/store.ts'
import { buildGateWorld, funded, type GateWorld, keyOf, VAULT } from './gate-fixture.ts'

const require = createRequire(import.meta.url)
const safeArtifact = (name: string) =>
  require(`@safe-global/safe-smart-account/build/artifacts/contracts/${name}.json`)

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const LOADER = pathToFileURL(require.resolve('tsx')).href
const WITHDRAW = '0x2e1a7d4d'
const DEPOSIT = '0xb6b55f25'
const BOND = 10n ** 18n
const BEACON = 5
const BUDGET = 6 * 3600
const DAY = 24n * 3600n
const HOUR = 3600n
const CONTRACT = parseAbi([
  'function setup(address[],uint256,address,bytes,address,address,uint256,address)',
  'function bond() payable',
])
/** Two keys and a Safe; the second is down unless a test says otherwise. */
const [ALICE, BOB] = [4, 5] as const
const [OWNER, SENDER, STRANGER] = [0, 6, 7] as const
const addressOf = (index: number) => toAddress(funded(index).address)

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly lines: readonly { readonly [key: string]: unknown }[]
}

let node: LocalNode
let world: GateWorld
let folder: string
let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>
let quorum: Address
let safe: Address

const COMMANDS = { attest: attestCommand, freeze: freezeCommand, status: statusCommand }
const asConfigured = () => ['--config', path('suture.config.mjs')]
const path = (name: string) => join(folder, name)

/** Runs a command of `suture` in this process, with the configuration, as the account with this index. */
async function suture(as: number, name: keyof typeof COMMANDS, ...args: string[]): Promise<Outcome> {
  const out: string[] = []
  const err: string[] = []
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0),
  ]
  vi.stubEnv('DATABASE_URL', postgres.url)
  vi.stubEnv('KEY', keyOf(as))
  try {
    await COMMANDS[name].parseAsync([...args, ...asConfigured()], { from: 'user' })
  } catch (error) {
    process.exitCode = reportFailure(error)
  } finally {
    for (const spy of spies) spy.mockRestore()
    vi.unstubAllEnvs()
  }
  const code = Number(process.exitCode ?? 0)
  process.exitCode = undefined
  const text = out.join('')
  const json = text.split('\n').filter((line) => line.startsWith('{'))
  return { code, out: text, err: err.join(''), lines: json.map((line) => JSON.parse(line)) }
}

/** What a watcher types during an incident. */
const attest = (as: number, incident: string, ...more: string[]) =>
  suture(
    as,
    'attest',
    ...[world.target, 'withdraw(uint256)', '--quorum', quorum, '--incident', incident],
    ...['--evidence', keccak256(stringToHex(incident)), '--duration', '600', '--auto', ...more],
  )

/** What did not pass examination. */
const failed = ({ lines }: Outcome) =>
  (lines[0]!.checks as { what: string; passed: boolean }[])
    .filter(({ passed }) => !passed)
    .map(({ what }) => what)

const frozenUntil = (target: Address, selector: Hex) =>
  readView(node.rpc, { abi: breakerAbi, address: world.breaker, what: 'a Breaker' }, 'frozenUntil', [
    target,
    selector,
  ])
const transactionsOf = (index: number) => world.client.getTransactionCount({ address: addressOf(index) })
const wait = async (seconds: bigint) => {
  await world.client.increaseTime({ seconds: Number(seconds) })
  await world.client.mine({ blocks: 1 })
}
const now = async () => (await world.client.getBlock()).timestamp

async function bond(account: Parameters<GateWorld['write']>[0] | Address): Promise<void> {
  const data = encodeFunctionData({ abi: CONTRACT, functionName: 'bond' })
  const hash = await world.client.sendTransaction({ account, to: quorum, data, value: BOND })
  expect((await world.client.waitForTransactionReceipt({ hash })).status).toBe('success')
}

/** A real Safe of one owner, and a program that signs for it as its owner's wallet does. */
async function deploySafe(): Promise<Address> {
  const key = generatePrivateKey()
  const create = async (name: string, args: readonly unknown[] = []) => {
    const { abi, bytecode } = safeArtifact(name)
    return world.deploy(abi, bytecode, args)
  }
  const handler = await create('handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler')
  const proxy = await create('proxies/SafeProxy.sol/SafeProxy', [await create('Safe.sol/Safe')])
  await world.write(funded(OWNER), proxy, CONTRACT, 'setup', [
    ...[[privateKeyToAddress(key)], 1n, zeroAddress, '0x', handler, zeroAddress, 0n, zeroAddress],
  ])
  await writeFile(
    path('safe-signer.mjs'),
    `import { text } from 'node:stream/consumers'
     import { privateKeyToAccount } from '${new URL('../../node_modules/viem/_esm/accounts/index.js', import.meta.url)}'
     const { address, chainId, payload } = JSON.parse(await text(process.stdin))
     const signature = await privateKeyToAccount('${key}').signTypedData({
       domain: { chainId, verifyingContract: address },
       types: { SafeMessage: [{ name: 'message', type: 'bytes' }] },
       primaryType: 'SafeMessage',
       message: { message: payload.digest },
     })
     console.log(JSON.stringify({ signature }))`,
  )
  return proxy
}

const asSafe = () => [
  ...['--signer', `exec:${process.execPath} ${path('safe-signer.mjs')}`],
  ...['--signer-address', safe, '--signer-contract'],
]

beforeAll(async () => {
  node = await startLocalNode({ hardfork: 'cancun' })
  folder = await mkdtemp(join(tmpdir(), 'suture-quorum-'))
  // PostgreSQL's account must be able to enter.
  await chmod(folder, 0o755)
  postgres = await startEmbeddedPostgres({ dataDir: path('postgres'), logger: silent })
  world = await buildGateWorld(node, [addressOf(1), addressOf(2)])
  safe = await deploySafe()
  const watchers = [addressOf(ALICE), addressOf(BOB), safe]
  const args = [addressOf(OWNER), world.breaker, BOND, DAY, watchers, 2n]
  quorum = await world.deploy(sentinelQuorumAbi, sentinelQuorumBytecode, args)
  await world.write(funded(OWNER), world.breaker, breakerAbi, 'setPauser', [world.target, quorum, BUDGET])
  await bond(funded(ALICE))
  await bond(funded(BOB))
  await world.client.setBalance({ address: safe, value: 2n * BOND })
  await world.client.impersonateAccount({ address: safe })
  await bond(safe)
  // Deadlines are full hours: two watchers of a test must not have one between them.
  await wait(HOUR - ((await now()) % HOUR) + 60n)
  const chain = { id: foundry.id, rpc: [node.url], confirmations: 1 }
  const protocol = { chain: 'local', contracts: { vault: world.target }, gate: world.gate }
  await writeFile(
    path('suture.config.mjs'),
    `import { defineConfig, env } from 'suture'
     export default defineConfig({ chains: { local: ${JSON.stringify(chain)} }, protocols: { harbor: ${JSON.stringify(protocol)} }, signer: env('KEY'), database: env('DATABASE_URL') })`,
  )
})
afterAll(async () => {
  await node?.stop()
  await postgres?.release()
  await rm(folder, { recursive: true, force: true })
})

/** An attestation as it could have been written down, signed by these accounts. */
async function attestation(
  change: Partial<SignedAttestation['attestation']> = {},
  signers: readonly number[] = [],
): Promise<SignedAttestation> {
  const ref = { quorum, chainId: foundry.id }
  const written = {
    ...{ target: world.target, selectors: [WITHDRAW, DEPOSIT] as const, duration: 600n },
    ...{ incident: keccak256('0x01'), evidence: keccak256('0x02'), deadline: (await now()) + HOUR },
    ...change,
  }
  const sign = (index: number) => signAttestation({ account: funded(index), ref }, written)
  return { ...ref, attestation: written, signatures: await Promise.all(signers.map(sign)) }
}

describe('an attestation', () => {
  test('has the digest the contract computes', async () => {
    const { attestation: one } = await attestation()
    const at = { abi: sentinelQuorumAbi, address: quorum, what: 'a SentinelQuorum' } as const
    expect(hashAttestation({ quorum, chainId: foundry.id }, one)).toBe(
      await readView(node.rpc, at, 'hashAttestation', [one]),
    )
  })

  test('counts each active watcher once, in ascending order, and passes over everything else', async () => {
    const signed = await attestation({}, [BOB, STRANGER, ALICE, ALICE])
    const [bob] = signed.signatures
    const forged = { signer: safe, signature: bob!.signature }
    const state = await readSentinelQuorum(node.rpc, quorum)
    const collected = await collectAttestation(
      node.rpc,
      { ...signed, signatures: [forged, ...signed.signatures] },
      state,
    )
    expect(collected).toMatchObject({ needed: 2, missing: 0, awaited: [safe] })
    expect(collected.signatures.map(({ signer }) => signer)).toEqual([ALICE, BOB].map(addressOf).sort())
    expect(collected.ignored).toEqual([
      { signer: safe, why: 'did not sign this' },
      { signer: addressOf(STRANGER), why: 'is not admitted' },
    ])
  })

  test('survives its file, and a file that was changed by hand is refused', async () => {
    const signed = await attestation({}, [ALICE])
    await writeAttestationFile(path('kept.json'), signed)
    expect(await readAttestationFile(path('kept.json'))).toEqual(signed)
    const text = await readFile(path('kept.json'), 'utf8')
    const refused = async (from: string, to: string) => {
      expect(text).toContain(from)
      await writeFile(path('changed.json'), text.replace(from, to))
      return expect(readAttestationFile(path('changed.json'))).rejects
    }
    await (await refused(DEPOSIT, '0x00000000')).toMatchObject({
      code: 'ATTESTATION_INVALID',
      meta: expect.arrayContaining(['field: digest']),
    })
    await (await refused(DEPOSIT, '0xb6b55f')).toMatchObject({
      code: 'ATTESTATION_INVALID',
      meta: expect.arrayContaining(['field: attestation.selectors.1']),
    })
    await (await refused('suture-attestation/1', 'suture-approval/1')).toMatchObject({
      meta: ['field: format', 'value: "suture-approval/1"', 'fix: write suture-attestation/1'],
    })
    await (await refused('"duration"', '"duration_"')).toMatchObject({ code: 'ATTESTATION_INVALID' })
  })
})

describe('suture attest and suture freeze --attested', () => {
  test('two of three watchers freeze together without having talked, while the third is down', async () => {
    const files = [path('alice.json'), path('safe.json')] as const
    const alice = await attest(ALICE, 'drain', '--out', files[0])
    expect(alice).toMatchObject({ code: 0 })
    expect(alice.out).toContain(`attestation: freeze functions of ${world.target}`)
    expect(alice.out).toMatch(new RegExp(`selectors +${WITHDRAW}\n +not frozen now`))
    expect(alice.out).toContain('10 min from when it is submitted')
    expect(alice.out).toContain('ok   pauser: its fuse is armed: 6 h')
    expect(alice.out).toContain(`ok   freeze: would succeed at the gate ${world.gate}`)
    expect(alice.out).toContain(`ok   watcher: ${addressOf(ALICE)} is active with a bond of ${BOND} wei`)
    expect(alice.out).toContain(`signed (1 of 2): ${files[0]}`)
    const bySafe = await attest(ALICE, 'drain', '--out', files[1], '--json', ...asSafe())
    expect(bySafe.lines.at(-1)).toMatchObject({ type: 'signed', watcher: safe, signatures: 1, missing: 1 })

    const alone = await suture(SENDER, 'freeze', '--attested', files[0])
    expect(alone).toMatchObject({ code: 1, err: expect.stringContaining('Too few active watchers signed.') })
    expect(alone.err).toContain(addressOf(BOB))

    const tried = await suture(SENDER, 'freeze', '--attested', ...files)
    expect(tried).toMatchObject({ code: 0, out: expect.stringContaining('a dry run: nothing was sent') })
    expect(tried.out).toContain('2 of 3 active watchers; reached')
    expect(tried.out).toMatch(/event IncidentFrozen\(target: /)
    expect(await frozenUntil(world.target, WITHDRAW)).toBe(0n)

    const sent = await suture(SENDER, 'freeze', '--broadcast', '--json', '--attested', ...files)
    expect(sent.lines.at(-1)).toMatchObject({ type: 'mined', name: 'freeze' })
    const until = await frozenUntil(world.target, WITHDRAW)
    expect(until).toBe((await now()) + 600n)
  })

  test('an incident that was acted upon is said, and not sent', async () => {
    const files = [path('alice.json'), path('safe.json')]
    const before = await transactionsOf(SENDER)
    const again = await suture(SENDER, 'freeze', '--broadcast', '--attested', ...files)
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('was acted upon already') })
    expect(again.out).toContain(`${WITHDRAW} frozen until`)
    expect(await transactionsOf(SENDER)).toBe(before)
    const late = await attest(BOB, 'drain', '--out', path('late.json'))
    expect(late).toMatchObject({ code: 2, out: expect.stringContaining('BAD  incident: acted upon') })
  })

  test('an incident others used for other functions is no success', async () => {
    const other = await attestation({ incident: keccak256(stringToHex('drain')), selectors: [DEPOSIT] }, [
      ALICE,
      BOB,
    ])
    await writeAttestationFile(path('other.json'), other)
    const outcome = await suture(SENDER, 'freeze', '--attested', path('other.json'))
    expect(outcome).toMatchObject({ code: 2, out: expect.stringContaining(`${DEPOSIT} NOT frozen now`) })
  })

  test('of two who submit at the same time one succeeds, and the other learns why not', async () => {
    const signed = await attestation({ incident: keccak256('0x03') }, [ALICE, BOB])
    const state = await readSentinelQuorum(node.rpc, quorum)
    const { to, data } = planAttestedFreeze(signed, await collectAttestation(node.rpc, signed, state))
    await world.client.setAutomine(false)
    const gas = 1_000_000n
    const hashes = await Promise.all(
      [SENDER, STRANGER].map((i) => world.client.sendTransaction({ account: funded(i), to, data, gas })),
    )
    await world.client.mine({ blocks: 1 })
    await world.client.setAutomine(true)
    const receipts = await Promise.all(hashes.map((hash) => world.client.waitForTransactionReceipt({ hash })))
    expect(receipts.map(({ status }) => status).sort()).toEqual(['reverted', 'success'])
    expect(await frozenUntil(world.target, DEPOSIT)).toBeGreaterThan(await now())
  })

  test('a file is handed on, and keeps what others signed', async () => {
    const file = path('handed.json')
    expect((await attest(ALICE, 'second', '--out', file)).code).toBe(0)
    const joined = await suture(BOB, 'attest', '--file', file, '--auto', '--json')
    expect(joined.lines.at(-1)).toMatchObject({ type: 'signed', signatures: 2, missing: 0 })
    expect((await readAttestationFile(file)).signatures).toHaveLength(2)
    const twice = await suture(BOB, 'attest', '--file', file, '--auto', '--json')
    expect(twice.lines.at(-1)).toMatchObject({ signatures: 2 })
    const third = await suture(BOB, 'attest', '--file', file, '--auto', '--json', ...asSafe())
    expect(third.lines.at(-1)).toMatchObject({ signatures: 3, missing: 0 })
    expect(third.lines[0]).toMatchObject({ explanation: { safes: [{ safe }] } })
    const elsewhere = await attest(ALICE, 'third', '--out', file)
    expect(elsewhere.err).toContain('The attestations say different things.')
    expect((await readAttestationFile(file)).signatures).toHaveLength(3)
  })

  test('files about different things, or for another chain, are not submitted', async () => {
    await writeAttestationFile(path('one.json'), await attestation({ duration: 601n }, [ALICE]))
    await writeAttestationFile(path('two.json'), await attestation({ duration: 602n }, [BOB]))
    const mixed = await suture(SENDER, 'freeze', '--attested', path('one.json'), path('two.json'))
    expect(mixed).toMatchObject({ code: 1, err: expect.stringContaining('[ATTESTATION_INVALID]') })
    await writeAttestationFile(path('chain.json'), { ...(await attestation()), chainId: 1 })
    const chain = await suture(SENDER, 'freeze', '--attested', path('chain.json'))
    expect(chain.err).toContain('The attestation is for another chain.')
  })

  test('who is no watcher signs nothing', async () => {
    const stranger = await attest(STRANGER, 'fourth', '--out', path('stranger.json'))
    expect(stranger).toMatchObject({ code: 2, out: expect.stringContaining('is not admitted') })
    await expect(readFile(path('stranger.json'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('without --auto a person is asked, and where there is none nothing is signed', async () => {
    const asked = async (input: string) => {
      const what = ['attest', world.target, WITHDRAW, '--quorum', quorum, '--incident', 'asked']
      const more = ['--evidence', keccak256('0x'), '--out', path('asked.json'), ...asConfigured()]
      const args = ['--import', LOADER, MAIN, ...what, ...more]
      const env = { ...process.env, KEY: keyOf(ALICE), DATABASE_URL: postgres.url }
      const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'ignore', 'ignore'] })
      child.stdin.end(input)
      const [code] = await once(child, 'close')
      return code
    }
    expect(await asked('')).toBe(2)
    expect(await asked('n\n')).toBe(2)
    await expect(readFile(path('asked.json'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await asked('y\n')).toBe(0)
    expect((await readAttestationFile(path('asked.json'))).signatures).toHaveLength(1)
  })

  test('what the Breaker would refuse is not signed', async () => {
    const tooLong = await attest(ALICE, 'fifth', '--json', '--duration', String(2n * DAY))
    expect(failed(tooLong)).toEqual(['freeze'])
    expect(JSON.stringify(tooLong.lines[0])).toContain('DurationOutOfBounds(172800, 86400)')
    const stale = await attest(ALICE, 'fifth', '--json', '--deadline', String(30n * DAY))
    expect(failed(stale)).toEqual(['deadline'])
    const set = (budget: number) =>
      world.write(funded(OWNER), world.breaker, breakerAbi, 'setPauser', [world.target, quorum, budget])
    await set(0)
    const untrusted = await attest(ALICE, 'fifth', '--json')
    expect(failed(untrusted)).toEqual(['pauser', 'freeze'])
    await set(BUDGET)
  })

  test('a punished word is passed over, and too few are left', async () => {
    await bond(funded(ALICE))
    const signed = await attestation({ incident: keccak256('0x05') }, [ALICE, BOB])
    const [word] = signed.signatures
    const punish = [signed.attestation, word, BOND, zeroAddress]
    await world.write(funded(OWNER), quorum, sentinelQuorumAbi, 'slash', punish)
    await writeAttestationFile(path('punished.json'), signed)
    const tried = await suture(SENDER, 'freeze', '--attested', path('punished.json'))
    expect(tried).toMatchObject({ code: 2, out: expect.stringContaining('FAILS: BelowQuorum(1, 2)') })
    const sent = await suture(SENDER, 'freeze', '--broadcast', '--attested', path('punished.json'))
    expect(sent).toMatchObject({ code: 1, err: expect.stringContaining('so nothing was sent') })
  })

  test('behind a beacon the freeze is of the beacon, which the gate must be named for', async () => {
    const beacon = await world.deploy(upgradeableBeaconAbi, upgradeableBeaconBytecode, [
      world.implementation,
      world.gate,
    ])
    const init = encodeFunctionData({ abi: VAULT, functionName: 'initialize', args: [world.gate] })
    const proxy = await world.deploy(beaconProxyAbi, beaconProxyBytecode, [beacon, init])
    const { siteMapRoot } = await readGateTarget(node.rpc, { gate: world.gate, target: world.target })
    const { implementation } = world
    const registration = {
      target: beacon,
      kind: BEACON,
      admin: zeroAddress,
      via: zeroAddress,
      implementation,
    }
    await world.write(funded(OWNER), world.breaker, breakerAbi, 'setPauser', [beacon, quorum, BUDGET])
    await world.write(funded(OWNER), world.breaker, breakerAbi, 'setGate', [beacon, world.gate])
    await world.write(funded(OWNER), world.gate, patchGateAbi, 'registerTarget', [
      { ...registration, siteMapRoot, selectors: [] },
    ])
    const sought = { quorum, account: proxy, selectors: [WITHDRAW] } as const
    expect(await findAttestedTarget(node.rpc, { ...sought, gate: world.gate })).toBe(beacon)
    expect(await findAttestedTarget(node.rpc, { ...sought, gate: null })).toBe(proxy)
    const what = ['--quorum', quorum, '--incident', 'shared', '--evidence', keccak256('0x'), '--auto']
    const signed = await suture(ALICE, 'attest', proxy, WITHDRAW, ...what, '--out', path('beacon.json'))
    expect(signed).toMatchObject({ code: 0, out: expect.stringContaining(`target            ${beacon}`) })
  })

  test('a target without a gate is frozen at the Breaker', async () => {
    const target = world.implementation
    await world.write(funded(OWNER), world.breaker, breakerAbi, 'setPauser', [target, quorum, BUDGET])
    const what = ['attest', target, DEPOSIT, WITHDRAW, '--quorum', quorum, '--incident', 'bare'] as const
    const [name, ...args] = what
    const more = ['--evidence', path('suture.config.mjs'), '--auto', '--out', path('bare.json')]
    const alice = await suture(ALICE, name, ...args, ...more)
    expect(alice.out).toContain(`would succeed at the Breaker ${world.breaker}`)
    expect((await readAttestationFile(path('bare.json'))).attestation.selectors).toEqual([WITHDRAW, DEPOSIT])
    expect((await suture(BOB, name, ...args, ...more)).out).toContain('signed (2 of 2)')
    const sent = await suture(SENDER, 'freeze', '--broadcast', '--attested', path('bare.json'))
    expect(sent.code).toBe(0)
    expect(await frozenUntil(target, DEPOSIT)).toBeGreaterThan(await now())
  })

  test('what is not clear is asked for by name', async () => {
    const said = async (...args: string[]) => (await suture(ALICE, 'attest', ...args)).err
    expect(await said(world.target, WITHDRAW)).toContain('field: --quorum')
    expect(await said(world.target, '--quorum', quorum)).toContain('field: <function...>')
    expect(await said(world.target, WITHDRAW, '--quorum', quorum)).toContain('field: --incident')
    expect(await said()).toContain('field: <target> or --file')
    const nobody = ['--quorum', addressOf(STRANGER), '--incident', 'x', '--evidence', keccak256('0x')]
    expect(await said(world.target, WITHDRAW, ...nobody)).toContain(
      'The contract did not answer as a SentinelQuorum does.',
    )
    await writeAttestationFile(path('clear.json'), await attestation())
    const handed = ['--file', path('clear.json')]
    expect(await said(...handed, '--incident', 'another')).toContain('field: --incident')
    expect(await said(...handed, '--evidence', path('clear.json'))).toContain('field: --evidence')
    expect(await said(...handed, '--quorum', world.gate)).toContain('field: --quorum')
    const both = await suture(SENDER, 'freeze', world.target, WITHDRAW, '--attested', path('clear.json'))
    expect(both.err).toContain('[CONFIG_INVALID]')
    const named = await suture(SENDER, 'freeze', '--incident', 'x', '--attested', path('clear.json'))
    expect(named.err).toContain('field: --incident')
  })
})

describe('suture status --quorum', () => {
  test('lists who watches, what is at stake, and who counts', async () => {
    await world.write(funded(BOB), quorum, sentinelQuorumAbi, 'leave', [])
    const { out } = await suture(ALICE, 'status', '--quorum', quorum)
    expect(out).toContain('2 of 2 active watchers')
    expect(out).toContain(`${addressOf(ALICE)}  active, bond ${BOND} wei`)
    expect(out).toMatch(new RegExp(`${addressOf(BOB)}  LEAVING, bond ${BOND} wei, withdrawable .*in 1 d`))
    expect((await suture(ALICE, 'status')).err).toContain('field: <target> or --quorum')
  })

  test('who left in the meantime does not count any more', async () => {
    await writeAttestationFile(
      path('left.json'),
      await attestation({ incident: keccak256('0x04') }, [ALICE, BOB]),
    )
    const { code, err } = await suture(SENDER, 'freeze', '--attested', path('left.json'))
    expect(code).toBe(1)
    expect(err).toContain('signatures: 1 of 2')
    expect(err).toContain(`does not count: ${addressOf(BOB)} is not active`)
    expect(err).toContain(`fix: get 1 more of ${safe}`)
    const leaving = await suture(BOB, 'attest', '--file', path('left.json'), '--auto')
    expect(leaving).toMatchObject({ code: 2, out: expect.stringContaining('is leaving') })
  })
})

describe('a quorum that can freeze no more', () => {
  test('says that its fuse burns, is blown, and is armed again', async () => {
    const file = path('sixth.json')
    await attest(ALICE, 'sixth', '--out', file)
    await attest(ALICE, 'sixth', '--out', file, ...asSafe())
    expect((await suture(SENDER, 'freeze', '--broadcast', '--attested', file)).code).toBe(0)
    const burning = await attest(ALICE, 'seventh', '--json', '--out', path('burning.json'))
    expect(failed(burning)).toEqual([])
    expect(JSON.stringify(burning.lines[0])).toContain('its fuse burns until')
    await wait(BigInt(BUDGET))
    const blown = await attest(ALICE, 'seventh', '--json')
    expect(failed(blown)).toEqual(['pauser', 'freeze'])
    expect(JSON.stringify(blown.lines[0])).toContain('THE BREAKER WILL REFUSE IT')
    expect(JSON.stringify(blown.lines[0])).toContain('FuseBlown(')
    await world.write(funded(OWNER), world.breaker, breakerAbi, 'rearm', [world.target, quorum])
    expect(failed(await attest(ALICE, 'seventh', '--json', '--out', path('seventh.json')))).toEqual([])
  })

  test('says that it is silent, and since when', async () => {
    await wait(91n * DAY)
    const silent = await attest(ALICE, 'eighth', '--json')
    expect(failed(silent)).toEqual(['pauser', 'freeze'])
    expect(JSON.stringify(silent.lines[0])).toContain('is silent since')
    expect(JSON.stringify(silent.lines[0])).toContain('PauserSilent(')
  })

  test('does not take what came too late', async () => {
    const late = await suture(BOB, 'attest', '--file', path('burning.json'), '--auto', '--json')
    expect(failed(late)).toContain('deadline')
  })
})
