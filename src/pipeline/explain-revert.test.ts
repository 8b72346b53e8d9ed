import { encodeErrorResult, parseAbi } from 'viem'
import { expect, test } from 'vitest'
import type { Execution, Frame } from '../chain/types.ts'
import type { Hex } from '../core/hex.ts'
import { decodeRevert, explainRevert } from './explain-revert.ts'

const GATE = '0x00000000000000000000000000000000000000aa'
const SAFE = '0x00000000000000000000000000000000000000bb'
const text = (message: string): Hex =>
  encodeErrorResult({ abi: parseAbi(['error Error(string)']), errorName: 'Error', args: [message] })

const frame = (index: number, fields: Partial<Frame>): Frame =>
  ({
    index,
    parent: index === 0 ? null : index - 1,
    caller: GATE,
    context: SAFE,
    selector: '0x468721a7',
    output: '0x',
    error: 'execution reverted',
    status: 'revert',
    children: [],
    ...fields,
  }) as Frame
const execution = (...frames: Frame[]) => ({ frames }) as unknown as Execution

test('a refusal is told in the words of the contract that refused', () => {
  expect(decodeRevert(text('not the owner'))).toBe('"not the owner"')
  expect(decodeRevert('0x')).toBeNull()
  expect(decodeRevert('0x12345678')).toBe('0x12345678')
})

test('an error that was handed up is attributed to the call it comes from', () => {
  const output = text('paused')
  const said = explainRevert(execution(frame(0, { output, children: [1] }), frame(1, { output })))
  expect(said).toBe(`"paused" (by ${SAFE}, asked 0x468721a7 by ${GATE})`)
})

test('an error that takes the place of the one below it comes with its cause, where there is one', () => {
  const refused = encodeErrorResult({
    abi: parseAbi(['error SafeRefused(address)']),
    errorName: 'SafeRefused',
    args: [SAFE],
  })
  const root = frame(0, { output: refused, children: [1] })
  expect(explainRevert(execution(root, frame(1, {})))).toMatch(/^SafeRefused\(0x0+bB\)$/i)
  expect(explainRevert(execution(root, frame(1, { output: text('why') })))).toContain(
    '), because of "why" (by ',
  )
})
