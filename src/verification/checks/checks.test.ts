import { keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import { address, word } from '../../../test/support/incident.ts'
import type { Certificate, Patch } from '../../patching/types.ts'
import { LOCK_SLOTS } from '../effects.ts'
import { checkCertificates } from './certificate.ts'
import { checkSize } from './size.ts'
import { checkStorageLayout } from './storage-layout.ts'

const TARGET = address(7)
const certificate = (original: string) => ({ original }) as Certificate
const patch = (change: Partial<Patch> = {}): Patch => ({
  target: TARGET,
  kind: 'bytecode',
  runtime: '0x5b',
  certificate: certificate(keccak256('0x00')),
  ...change,
})

describe('certificate', () => {
  const accept = () => ({ accepted: true }) as const
  const check = (
    one: Patch,
    codes = { [TARGET]: '0x00' } as Record<`0x${string}`, `0x${string}`>,
    ask = accept as never,
  ) => checkCertificates({ codes, checkCertificate: ask }, [one]).result

  it('passes when the checker accepts', () => expect(check(patch())).toBe('pass'))
  it('fails when there is none', () => expect(check(patch({ certificate: null }))).toBe('fail'))
  it('is not asked of a source patch', () =>
    expect(check(patch({ kind: 'source', certificate: null }))).toBe('pass'))
  it('is open when the original is not known', () => expect(check(patch(), {})).toBe('inconclusive'))
  it('of a new account starts from a code that is known', () => {
    expect(check(patch(), { [TARGET]: '0x', [address(8)]: '0x00' })).toBe('pass')
  })
  it('fails when the checker rejects', () => {
    const reject = () => ({ accepted: false, reason: 'malformed', detail: 'sites' }) as const
    expect(check(patch(), { [TARGET]: '0x00' }, reject as never)).toBe('fail')
  })
})

describe('size', () => {
  it.each([
    ['empty code', '0x', 'fail'],
    ['24,576 bytes', `0x${'5b'.repeat(24_576)}`, 'pass'],
    ['24,577 bytes', `0x${'5b'.repeat(24_577)}`, 'fail'],
    ['code that starts with 0xEF', '0xef00', 'fail'],
  ] as const)('%s', (_name, runtime, result) => expect(checkSize([patch({ runtime })]).result).toBe(result))
})

describe('storage-layout', () => {
  const baseline = {
    request: { reserved: [LOCK_SLOTS] },
    history: { ran: false, reason: 'RPC_ERROR' },
  } as never
  const check = (kind: Patch['kind'], slot: `0x${string}`) =>
    checkStorageLayout(baseline, [patch({ kind, storage: { [slot]: word(1) } })]).result

  it('lets a state patch write slots', () => expect(check('state', word(3))).toBe('pass'))
  it('lets a guard write reserved slots only', () => {
    expect(check('guard', `${LOCK_SLOTS.prefix}05`)).toBe('pass')
    expect(check('guard', word(3))).toBe('fail')
  })
})
