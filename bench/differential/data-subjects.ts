import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readCase } from '../../src/chain/case.ts'
import type { CaseTransaction, Genesis } from '../../src/chain/types.ts'
import type { Address, Hex } from '../../src/core/hex.ts'
import { readJsonFile } from '../../src/core/read-json.ts'
import { LONGEST_CODE, type Subject, type SubjectCall } from './subject.ts'

const ROOT = join(import.meta.dirname, '../..')
const DATA = join(ROOT, '../shared/data')
const SHORTEST_CODE = 60

/** Protected contracts of the own cases, with the state and the transactions of the case. */
export async function caseSubjects(): Promise<Subject[]> {
  const folder = join(ROOT, 'cases')
  const files = readdirSync(folder).map((name) => join(folder, name, 'case.json'))
  return (await Promise.all(files.filter(existsSync).map((file) => subjectsOfCase(file, 'case')))).flat()
}

/** The same of real incidents; none where the data is not there. */
export async function incidentSubjects(): Promise<Subject[]> {
  const folder = join(DATA, 'incidents')
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((name) => name.endsWith('.json.gz'))
  return (await Promise.all(files.map((name) => subjectsOfCase(join(folder, name), 'incident')))).flat()
}

async function subjectsOfCase(file: string, source: 'case' | 'incident'): Promise<Subject[]> {
  const { name, chainId, block, alloc, history, attack, ...rest } = await readCase(file)
  return rest.protected
    .filter((address) => isPatchable(alloc[address]?.code))
    .map((address) => ({
      name: `${name} ${address.slice(0, 10)}`,
      source,
      address,
      chainId,
      number: block.number,
      timestamp: block.timestamp,
      alloc,
      calls: [...history, ...attack].flatMap(callOf),
    }))
}

interface Block {
  readonly chainId: number
  readonly block: { readonly number: Hex; readonly timestamp: Hex }
  readonly alloc: Readonly<Record<Address, Partial<RawAccount>>>
  readonly transactions: readonly {
    readonly from: Address
    readonly to: Address | null
    readonly data: Hex
    readonly value: Hex
  }[]
}
interface RawAccount {
  readonly balance: Hex
  readonly nonce: Hex
  readonly code: Hex
  readonly storage: Readonly<Record<Hex, Hex>>
}

/** Blocks with most contracts of different kinds. */
const BLOCKS = [15_538_827, 17_666_333, 12_520_364, 11_114_732]

/** The contracts most called in some mainnet blocks, each code once; none where the data is not there. */
export async function blockSubjects(most: number): Promise<Subject[]> {
  const subjects = new Map<Hex, Subject>()
  for (const number of BLOCKS) {
    const file = join(DATA, 'blocks', `${number}.json.gz`)
    if (!existsSync(file)) continue
    const block = (await readJsonFile(file)) as Block
    for (const address of mostCalled(block).slice(0, most)) {
      const code = block.alloc[address]!.code!
      if (!subjects.has(code)) subjects.set(code, subjectOfBlock(block, address))
    }
  }
  return [...subjects.values()]
}

function mostCalled({ alloc, transactions }: Block): Address[] {
  const counts = new Map<Address, number>()
  for (const { to } of transactions) {
    if (to !== null && isPatchable(alloc[to]?.code)) counts.set(to, (counts.get(to) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([address]) => address)
}

function subjectOfBlock({ chainId, block, alloc, transactions }: Block, address: Address): Subject {
  const accounts = Object.entries(alloc).map(
    ([account, { balance = '0x0', nonce = '0x0', code = '0x', storage = {} }]) => [
      account,
      { balance: BigInt(balance), nonce: BigInt(nonce), code, storage: words(storage) },
    ],
  )
  return {
    name: `block ${BigInt(block.number)} ${address.slice(0, 10)}`,
    source: 'block',
    address,
    chainId,
    number: BigInt(block.number),
    timestamp: BigInt(block.timestamp),
    alloc: Object.fromEntries(accounts) as Genesis,
    calls: transactions
      .filter(({ to }) => to === address)
      .map(({ from, data, value }) => ({ from, to: address, data, value: BigInt(value) })),
  }
}

const words = (storage: Readonly<Record<Hex, Hex>>) =>
  Object.fromEntries(
    Object.entries(storage).map((pair) =>
      pair.map((word) => `0x${BigInt(word).toString(16).padStart(64, '0')}`),
    ),
  )

const callOf = ({ from, to, data, value }: CaseTransaction): SubjectCall[] =>
  to === null ? [] : [{ from, to, data, value }]

function isPatchable(code: Hex | undefined): boolean {
  const length = ((code?.length ?? 2) - 2) / 2
  return length >= SHORTEST_CODE && length <= LONGEST_CODE && !code!.startsWith('0xef')
}
