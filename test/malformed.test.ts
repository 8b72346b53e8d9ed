import { describe, expect, it } from 'vitest'
import { parseBlockFile } from '../src/chain/block-file.ts'
import { parseCase } from '../src/chain/case.ts'
import { parseBlock } from '../src/chain/stream-schema.ts'
import { readCallTree } from '../src/chain/trace-schema.ts'
import { parseConfig } from '../src/config/parse.ts'
import { SutureError } from '../src/core/errors.ts'
import { buildCfg } from '../src/evm/cfg.ts'
import { recoverFunctions } from '../src/evm/cfg-functions.ts'
import { parseCertificate } from '../src/patching/checker/parse-certificate.ts'
import { buildSiteMap } from '../src/patching/site-map.ts'
import { ANSWER_ROWS, NODE_BLOCK, STREAM_ROWS, TRACE, TRACE_ROWS } from './malformed/answers.ts'
import {
  APPROVAL_ROWS,
  BYTECODE_ROWS,
  CERTIFICATE,
  CERTIFICATE_ROWS,
  EVIDENCE_ROWS,
  LOG_ROWS,
} from './malformed/claims.ts'
import { BLOCK, BLOCK_ROWS, CASE, CASE_ROWS, CONFIG, CONFIG_ROWS, KEYSTORE_ROWS } from './malformed/files.ts'
import type { Row } from './malformed/row.ts'
import { seededRandom } from './support/random.ts'

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  configuration: CONFIG_ROWS,
  'case files': CASE_ROWS,
  'block files': BLOCK_ROWS,
  keystores: KEYSTORE_ROWS,
  'answers of a node': ANSWER_ROWS,
  'blocks and transactions of a node': STREAM_ROWS,
  'traces of a node': TRACE_ROWS,
  bytecode: BYTECODE_ROWS,
  certificates: CERTIFICATE_ROWS,
  'evidence bundles': EVIDENCE_ROWS,
  approvals: APPROVAL_ROWS,
  'the decision log': LOG_ROWS,
}
/** Kept for people to read and write: their refusals also show the value found. */
const SHOWING = new Set([
  'configuration',
  'case files',
  'block files',
  'traces of a node',
  'evidence bundles',
])
/** Longer than any refusal needs, shorter than a hang. */
const PROMPT_MS = 10_000

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  return expect.fail('it was accepted')
}

describe.each(Object.entries(TABLES))('%s', (table, rows) => {
  it.each(rows.map((row) => [row.name, row] as const))(
    'refuses %s',
    { timeout: PROMPT_MS },
    async (_, row) => {
      const error = await failureOf(row.call)
      expect(error).toBeInstanceOf(SutureError)
      const { code, meta } = error as SutureError
      expect(code).toBe(row.code)
      const told = meta.join('\n')
      expect(told).toMatch(new RegExp(`^(field: )?${literally(row.field)}`, 'm'))
      expect(told).toMatch(/^fix: \S/m)
      if (SHOWING.has(table)) expect(told).toMatch(/^value: \S/m)
    },
  )
})

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

it('accepts what the malformed inputs were made from', () => {
  parseConfig(CONFIG, 'suture.config.ts')
  parseCase(CASE)
  parseBlockFile(BLOCK)
  parseBlock(NODE_BLOCK)
  readCallTree(TRACE)
  parseCertificate(CERTIFICATE)
})

const JUNK = [
  null,
  undefined,
  true,
  -1,
  1.5,
  2 ** 60,
  '',
  '0x',
  '0x0',
  '0xzz',
  'é',
  [],
  {},
  [[]],
  `0x${'f'.repeat(80)}`,
]
const SEED = 20_240_917

/** `value` with one place, chosen at random, replaced by junk. */
function corrupt(value: unknown, random: () => number): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.length === 0 || random() < 0.15) return JUNK[Math.floor(random() * JUNK.length)]
  const key = keys[Math.floor(random() * keys.length)]!
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...value]
    : { ...(value as object) }
  const holder = copy as Record<string, unknown>
  holder[key] = corrupt(holder[key], random)
  return copy
}

function throwsOnlySutureErrors(call: () => unknown, input: unknown): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof SutureError)) expect.fail(`${String(error)} for ${JSON.stringify(input)}`)
  }
}

describe(`inputs broken at random (seed ${SEED})`, () => {
  const parsers: [string, unknown, (value: unknown) => unknown][] = [
    ['a configuration', CONFIG, (value) => parseConfig(value, 'suture.config.ts')],
    ['a case', CASE, parseCase],
    ['a block file', BLOCK, parseBlockFile],
    ['a block of a node', NODE_BLOCK, parseBlock],
    ['a trace', TRACE, readCallTree],
    ['a certificate', CERTIFICATE, parseCertificate],
  ]
  it.each(parsers)('%s is accepted or refused with a code', (_name, base, parse) => {
    const random = seededRandom(SEED)
    for (let i = 0; i < 1_000; i++) {
      const input = corrupt(base, random)
      throwsOnlySutureErrors(() => parse(input), input)
    }
  })

  it('bytecode is analysed in bounded time or refused with a code', { timeout: 60_000 }, () => {
    const random = seededRandom(SEED)
    for (let i = 0; i < 300; i++) {
      const code = Uint8Array.from({ length: Math.floor(random() * 600) }, () => Math.floor(random() * 256))
      throwsOnlySutureErrors(() => {
        const cfg = buildCfg(code)
        recoverFunctions(cfg)
        buildSiteMap(cfg)
      }, Buffer.from(code).toString('hex'))
    }
  })
})

it('tells an error in one sentence, lines and a page', async () => {
  const error = (await failureOf(() => parseCase({ ...CASE, protected: ['0x12'] }))) as SutureError
  expect(error.message).toMatchInlineSnapshot(`
    "The case is not valid. [CASE_INVALID]
      field: protected.0
      value: "0x12"
      fix: give an address: 0x and 40 hexadecimal digits
      docs: docs/errors.md#case-invalid"
  `)
})
