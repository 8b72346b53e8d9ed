import { encodeAbiParameters, parseAbiParameters } from 'viem'
import { type Address, addressOfWord, bytesOf, type Hex, toWord } from '../../src/core/hex.ts'
import { disassemble } from '../../src/evm/disassemble.ts'
import { isPush } from '../../src/evm/opcodes.ts'
import type { Random } from '../../test/support/random.ts'
import { pick } from '../../test/support/random-guards.ts'
import type { Subject, SubjectCall } from './subject.ts'
import { findFunctions, wellFormedCalls } from './well-formed.ts'

/** What calls on one contract are made of. */
export interface CallPool {
  readonly callers: readonly Address[]
  readonly words: readonly bigint[]
  readonly slots: readonly Hex[]
  readonly selectors: readonly Hex[]
  readonly calls: readonly SubjectCall[]
}

const MOST_WORDS = 160
const MOST_CALLS = 160
const STRANGERS: readonly Address[] = [
  '0x00000000000000000000000000000000000b0001',
  '0x00000000000000000000000000000000000b0002',
  '0x00000000000000000000000000000000000b0003',
]

/** Callers, values, slots and calls, from the contract's own state, code and transactions. */
export function poolOf(random: Random, subject: Subject): CallPool {
  const { address, alloc, calls } = subject
  const account = alloc[address]!
  const slots = Object.keys(account.storage) as Hex[]
  const senders = calls.map(({ from }) => from)
  const accounts = sample(random, Object.keys(alloc) as Address[], 24)
  const stored = sample(random, Object.values(account.storage), 60).map(BigInt)
  const literals = disassemble(bytesOf(account.code)).flatMap(({ opcode, operand, size }) =>
    isPush(opcode) && size > 3 ? [operand!] : [],
  )
  const given = calls.flatMap(({ data }) => wordsOf(data))
  const words = [
    ...new Set([
      ...accounts.map(BigInt),
      ...senders.slice(0, 20).map(BigInt),
      ...stored,
      ...stored.map((word) => word & (2n ** 160n - 1n)),
      ...sample(random, literals, 24),
      ...sample(random, given, 40),
      BigInt(address),
    ]),
  ].slice(0, MOST_WORDS)
  const callers = [
    ...new Set([
      ...senders.slice(0, 12),
      ...sample(random, accounts, 6),
      ...ownersIn(stored, alloc),
      ...STRANGERS,
    ]),
  ]
  const formed = wellFormedCalls(random, account.code, { to: address, callers, words, each: 4 })
  return {
    callers,
    words,
    slots: [...sample(random, slots, 40), ...Array.from({ length: 8 }, (_, i) => toWord(BigInt(i)))],
    selectors: findFunctions(account.code).map(({ selector }) => selector),
    calls: [...sample(random, calls, MOST_CALLS), ...sample(random, formed, MOST_CALLS)],
  }
}

const PLAN = parseAbiParameters([
  '(address target, uint256 chainId, uint256 number, uint256 timestamp, bytes original, bytes[] patched, uint256 calls, address[] callers, bytes32[] words, bytes32[] slots, bytes4[] selectors, bytes[] entries)',
])
const ENTRY = parseAbiParameters('(address from, address to, uint256 value, bytes data)')

/** The file that `Differential.t.sol` reads. */
export function encodePlan(subject: Subject, pool: CallPool, patched: readonly Hex[], calls: number): Hex {
  const { address, chainId, number, timestamp, alloc } = subject
  return encodeAbiParameters(PLAN, [
    {
      target: address,
      chainId: BigInt(chainId),
      number,
      timestamp,
      original: alloc[address]!.code,
      patched,
      calls: BigInt(calls),
      callers: pool.callers,
      words: pool.words.map(toWord),
      slots: pool.slots,
      selectors: pool.selectors,
      entries: pool.calls.map((call) => encodeAbiParameters(ENTRY, [call])),
    },
  ])
}

/** Accounts that hold a role more often than not: addresses kept in storage. */
const ownersIn = (stored: readonly bigint[], alloc: Subject['alloc']): Address[] =>
  stored
    .filter((word) => word >= 2n ** 100n && word < 2n ** 160n)
    .map(addressOfWord)
    .filter((address) => (alloc[address]?.code ?? '0x') === '0x')
    .slice(0, 8)

function wordsOf(data: Hex): bigint[] {
  const count = Math.floor((data.length - 10) / 64)
  return Array.from({ length: Math.max(count, 0) }, (_, i) =>
    BigInt(`0x${data.slice(10 + 64 * i, 74 + 64 * i)}`),
  )
}

export function sample<T>(random: Random, items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, () => pick(random, items))
}
