import { describe, expect, test } from 'vitest'
import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { toWord } from '../core/hex.ts'
import { RpcError } from '../core/rpc-error.ts'
import { createContractSignatureCheck } from './check-contract-signature.ts'

const SIGNATURE = { signer: '0x00000000000000000000000000000000000000aa', signature: '0x1234' } as const

/** A connection that knows one answer. */
function answering(answer: () => Promise<string>): Rpc {
  const unasked = () => {
    throw new SutureError('INTERNAL', 'Only eth_call is asked.')
  }
  return { chainId: 1, request: answer as Rpc['request'], batch: unasked, close: () => {} }
}

const check = (answer: () => Promise<string>) =>
  createContractSignatureCheck(answering(answer))(SIGNATURE, toWord(1n))

const failing = (retryable: boolean) => async () => {
  throw new RpcError({ method: 'eth_call', host: 'node', rpcCode: 3, message: 'no', retryable })
}

describe('asking a contract about a signature', () => {
  test('takes the magic value of ERC-1271 for a yes and everything else for a no', async () => {
    expect(await check(async () => `0x1626ba7e${'0'.repeat(56)}`)).toBe(true)
    expect(await check(async () => `0xffffffff${'0'.repeat(56)}`)).toBe(false)
    expect(await check(async () => '0x')).toBe(false)
  })

  test('takes a revert for a no, but not a node that cannot answer', async () => {
    expect(await check(failing(false))).toBe(false)
    await expect(check(failing(true))).rejects.toMatchObject({ code: 'RPC_ERROR' })
  })
})
