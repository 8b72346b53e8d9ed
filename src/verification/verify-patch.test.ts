import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { print } from '../../test/support/print.ts'
import {
  FIXED,
  requestOf,
  sourcePatch,
  VAULT_ADDRESS,
  vaultCase,
  vaultCode,
} from '../../test/support/vault-incident.ts'
import { type CaseNode, startCaseNode } from '../chain/case-node.ts'
import type { RunSequence } from '../chain/types.ts'
import type { Certificate } from '../patching/types.ts'
import { prepareBaseline } from './prepare-baseline.ts'
import type { Baseline, Verdict } from './types.ts'
import { verifyPatch } from './verify-patch.ts'

const told = vaultCase()
let node: CaseNode
let baseline: Baseline
let runs = 0

beforeAll(async () => {
  node = await startCaseNode(told)
  const counted: RunSequence = (request) => {
    runs += 1
    return node.run(request)
  }
  baseline = await prepareBaseline(requestOf(told, counted))
  print(`baseline: ${runs} runs, ${baseline.probes.length} probes`)
})
afterAll(() => node?.stop())

const failed = ({ checks }: Verdict) =>
  checks.filter(({ result }) => result === 'fail').map(({ name }) => name)
const find = ({ checks }: Verdict, name: string) => checks.find((check) => check.name === name)

describe('on the original', () => {
  it('the attack takes the users’ ether, and most variants do too', () => {
    expect([...baseline.harm.losses]).toEqual([[`native/${VAULT_ADDRESS}`, 8n * 10n ** 18n]])
    const harmful = baseline.variants.filter(({ harm }) => harm).map(({ variant }) => variant.name)
    print(`variants that are attacks: ${harmful.join(', ')}`)
    expect(harmful).toContain('other-sender')
    expect(harmful).toContain('half-amounts')
    expect(harmful).toContain('more-gas')
    expect(harmful).toContain('forwarded')
  })
})

describe('a good patch', () => {
  it('is effective, and no run of the original is made again for it', async () => {
    runs = 0
    const verdict = await verifyPatch(baseline, sourcePatch(vaultCode(FIXED)))
    print(`candidate: ${runs} runs`)
    for (const { name, result, detail } of verdict.checks) print(`  ${name}: ${result} ${detail}`)
    expect(verdict.checks.filter(({ result }) => result !== 'pass')).toEqual([])
    expect(verdict.verdict).toBe('effective')
    expect(verdict.gas.benignBefore).toBeGreaterThan(0n)
    const steps = told.history.length + told.attack.length
    expect(runs).toBeLessThan(baseline.probes.length + 12 * steps)
  })
})

const bad: readonly (readonly [string, string, string, Readonly<Record<string, string>> | `0x${string}`])[] =
  [
    ['a bricked contract', 'harmful', 'history', '0xfe'],
    ['a contract that does nothing', 'harmful', 'history', '0x00'],
    ['code that was not changed', 'ineffective', 'attack', {}],
    [
      'a guard that refuses a benign amount',
      'harmful',
      'history',
      { '/*pay*/': 'require(amount < 2 ether);' },
    ],
    [
      'a guard that knows only this attacker',
      'ineffective',
      'attack-variant/other-sender',
      {
        '/*pay*/': 'require(tx.origin != address(uint160(0x9e0042)));',
      },
    ],
    [
      'a guard that knows only this amount',
      'ineffective',
      'attack-variant/half-amounts',
      {
        '/*deposit*/': 'require(msg.value != 1 ether);',
      },
    ],
    [
      'a changed return value',
      'harmful',
      'selectors',
      { ...FIXED, 'return amount - (amount': 'return 1 + amount - (amount' },
    ],
    ['a lost event', 'harmful', 'history', { ...FIXED, 'emit Deposited(msg.sender, msg.value);': '' }],
    [
      'a removed function',
      'harmful',
      'selectors',
      {
        ...FIXED,
        'function quote(uint256 amount) external view returns (uint256) { return amount - (amount * fee) / 10000; }':
          '',
      },
    ],
    [
      'a shifted storage layout',
      'harmful',
      'history',
      { ...FIXED, 'uint256 public total;': 'uint256 private gap; uint256 public total;' },
    ],
    ['a gas bomb', 'harmful', 'history', { ...FIXED, '/*deposit*/': 'while (true) {}' }],
    [
      'a back door in a privileged function',
      'harmful',
      'selectors',
      {
        ...FIXED,
        'require(msg.sender == keeper, "keeper"); fee = next;': 'fee = next;',
      },
    ],
  ]

describe('a bad patch', () => {
  it.each(bad)(
    '%s is %s',
    async (_name, kind, check, change) => {
      const verdict = await verifyPatch(
        baseline,
        sourcePatch(typeof change === 'string' ? (change as `0x${string}`) : vaultCode(change)),
      )
      expect(verdict.verdict).toBe(kind)
      const reasons = failed(verdict)
      print(
        `  ${_name}: ${reasons
          .map((name) => `${name}: ${find(verdict, name)!.detail}`)
          .join(' | ')
          .slice(0, 220)}`,
      )
      expect(reasons.length).toBeGreaterThan(0)
      if (check !== 'selectors') expect(reasons).toContain(check)
    },
    120_000,
  )

  it('without the certificate it owes is harmful', async () => {
    const verdict = await verifyPatch(baseline, sourcePatch(vaultCode(FIXED), 'bytecode'))
    expect(verdict.verdict).toBe('harmful')
    expect(failed(verdict)).toContain('certificate')
  })

  it('that claims to be a restriction and does something new is harmful', async () => {
    const runtime = vaultCode({ ...FIXED, 'return amount - (amount': 'return 1 + amount - (amount' })
    const { patches, ...rest } = sourcePatch(runtime, 'bytecode')
    const certificate = {} as Certificate
    const verdict = await verifyPatch(baseline, {
      ...rest,
      patches: patches.map((patch) => ({ ...patch, certificate })),
    })
    expect(failed(verdict)).toEqual(['selectors', 'containment-of-restriction'])
  })

  it('too big to be deployed is not effective', async () => {
    const verdict = await verifyPatch(baseline, sourcePatch(`${vaultCode(FIXED)}${'fe'.repeat(24_577)}`))
    expect(failed(verdict)).toEqual(['size'])
    expect(verdict.verdict).toBe('ineffective')
  })

  it('of kind source may not write storage', async () => {
    const { patches, ...rest } = sourcePatch(vaultCode(FIXED))
    const storage = { [`0x${'5'.padStart(64, '0')}`]: `0x${'1'.padStart(64, '0')}` } as const
    const verdict = await verifyPatch(baseline, {
      ...rest,
      patches: patches.map((patch) => ({ ...patch, storage })),
    })
    expect(failed(verdict)).toEqual(['storage-layout'])
  })
})

describe('what cannot be shown', () => {
  it('an attack that fails on the original leaves the verdict open', async () => {
    const request = requestOf({ ...told, attack: told.attack.slice(1) }, node.run)
    const verdict = await verifyPatch(await prepareBaseline(request), sourcePatch(vaultCode(FIXED)))
    expect(verdict.verdict).toBe('inconclusive')
    expect(find(verdict, 'attack')!.result).toBe('inconclusive')
  })

  it('a protected contract whose code is not known leaves the verdict open', async () => {
    const verdict = await verifyPatch(
      await prepareBaseline(requestOf(told, node.run, { codes: {} })),
      sourcePatch(vaultCode(FIXED)),
    )
    expect(verdict.verdict).toBe('inconclusive')
    expect(find(verdict, 'selectors')!.result).toBe('inconclusive')
  })
})
