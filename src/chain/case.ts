import { z } from 'zod'
import { readJsonFile } from '../core/read-json.ts'
import {
  addressSchema as address,
  bytesSchema as bytes,
  genesisAccountSchema,
  quantitySchema as quantity,
  wordSchema as word,
} from '../core/schema.ts'
import { validate } from '../core/validate.ts'
import type { BlockContext, Case, CaseTransaction, Step } from './types.ts'

const block = z.object({
  number: quantity,
  timestamp: quantity,
  baseFeePerGas: quantity.default(0n),
  gasLimit: quantity,
  coinbase: address,
  prevRandao: word,
})

const transaction = z.object({
  from: address,
  to: address.nullable(),
  data: bytes.default('0x'),
  value: quantity.default(0n),
  gas: quantity,
  block: quantity.optional(),
})

// biome-ignore format: one list
const HARDFORKS = [
  'frontier', 'homestead', 'byzantium', 'constantinople', 'petersburg', 'istanbul', 'muirGlacier', 'berlin', 'london',
  'arrowGlacier', 'grayGlacier', 'paris', 'shanghai', 'cancun', 'prague', 'osaka',
] as const

/**
 * The part of a case file the loop may see. Ground truth (`loss`, `class`) is not in the schema, so it is dropped at the door and
 * no stage can read it.
 */
const caseShape = z.object({
  format: z.literal('suture-case/1', { error: 'this is not a case: format must be "suture-case/1"' }),
  name: z.string().default('case'),
  chainId: z.number().int().positive(),
  hardfork: z.enum(HARDFORKS, { error: `give one of ${HARDFORKS.join(', ')}` }),
  block,
  alloc: z.record(address, genesisAccountSchema),
  protected: z.array(address).min(1, 'name at least one protected contract'),
  history: z.array(transaction),
  attack: z.array(transaction),
})

/** The history ends right before the attack's block, a block and a second for each transaction: there must be that many. */
const caseSchema = caseShape.superRefine(({ block, history }, context) => {
  for (const field of ['number', 'timestamp'] as const) {
    if (block[field] > history.length) continue
    const message = `give more than ${history.length}: the history takes that many blocks of a second each`
    context.addIssue({ code: 'custom', path: ['block', field], message })
  }
})

/**
 * Validates a case.
 *
 * @throws SutureError `CASE_INVALID` naming field, value and fix.
 */
export function parseCase(value: unknown): Case {
  const parsed = validate(caseSchema, value, { code: 'CASE_INVALID', what: 'The case' })
  const { format: _format, ...rest } = parsed
  return { ...rest, history: parsed.history.map(dropUndefined), attack: parsed.attack.map(dropUndefined) }
}

/** Reads and validates a case file, gzipped or not. */
export async function readCase(path: string): Promise<Case> {
  return parseCase(await readJsonFile(path))
}

function dropUndefined({ block, ...rest }: z.output<typeof transaction>): CaseTransaction {
  return block === undefined ? rest : { ...rest, block }
}

/** The history of a case as steps: a block of its own for each transaction, one second apart, up to the block before the attack. */
export function historySteps({ history, block }: Case): Step[] {
  return history.map((transaction, index) => {
    const before = BigInt(history.length - index)
    const number = transaction.block ?? block.number - before
    return { transaction, block: { ...block, number, timestamp: block.timestamp - before } }
  })
}

/** The attack of a case as steps: all of it in the case's own block unless a transaction names another. */
export function attackSteps({ attack, block }: Case): Step[] {
  return attack.map((transaction) => ({ transaction, block: attackBlock(block, transaction) }))
}

function attackBlock(block: BlockContext, { block: number }: CaseTransaction): BlockContext {
  return number === undefined ? block : { ...block, number }
}
