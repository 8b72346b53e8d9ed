import { decodeFunctionData } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress, toWord } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import { findAttestedTarget } from './attestation-target.ts'

const addressOf = (digit: string) => toAddress(`0x${digit.repeat(40)}`)
const [QUORUM, GATE, DIAMOND, LOANS, VAULTS] = ['1', '2', '3', '4', '5'].map(addressOf) as [
  Address,
  Address,
  Address,
  Address,
  Address,
]
const BORROW = '0x00000001'
const REPAY = '0x00000002'
const DEPOSIT = '0x00000003'
const UNKNOWN = '0x00000004'
const FACETS: Readonly<Record<string, Address>> = { [BORROW]: LOANS, [REPAY]: LOANS, [DEPOSIT]: VAULTS }

/** A gate that knows facets of a diamond, and no other target. */
const rpc: Rpc = {
  chainId: 1,
  request: async <T>(method: string, params: readonly unknown[] = []) => {
    if (method === 'eth_getStorageAt') return toWord(0n) as T
    const { functionName, args } = decodeFunctionData({
      abi: patchGateAbi,
      data: (params[0] as { data: Hex }).data,
    })
    // All fields of its answer are words.
    if (functionName === 'targetOf') return toWord(0n).padEnd(2 + 64 * 20, '0') as T
    if (functionName === 'keyOf') return toWord(BigInt(FACETS[args[1]] ?? '0x0')) as T
    throw new SutureError('INTERNAL', `${functionName} is not asked.`)
  },
  batch: async () => [{ ok: true, result: '0x' }],
  close: () => {},
}

const find = (...selectors: Hex[]) =>
  findAttestedTarget(rpc, { quorum: QUORUM, gate: GATE, account: DIAMOND, selectors })

describe('finding what an attestation is about', () => {
  test('names the facet that all functions belong to', async () => {
    expect(await find(BORROW, REPAY)).toBe(LOANS)
    expect(await find(DEPOSIT)).toBe(VAULTS)
  })

  test('takes a contract its gate does not know by its own address', async () => {
    expect(await find(UNKNOWN)).toBe(DIAMOND)
  })

  test('refuses functions of several facets, and says which go together', async () => {
    await expect(find(BORROW, DEPOSIT, REPAY)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      meta: [
        'field: <function...>',
        `value: ${DEPOSIT}`,
        `fix: attest to ${BORROW}, ${REPAY} by itself, and to the others after it`,
      ],
    })
    await expect(find(BORROW, UNKNOWN)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
