import { type Address, type Hex, toQuantity, ZERO_ADDRESS } from '../core/hex.ts'
import type { Genesis } from './types.ts'

interface GenesisHeader {
  readonly chainId: number
  readonly timestamp?: bigint
  readonly gasLimit?: bigint
  readonly baseFeePerGas?: bigint
  readonly coinbase?: Address
  readonly prevRandao?: Hex
}

const DEFAULT_GAS_LIMIT = 30_000_000n
const DEFAULT_BASE_FEE = 1_000_000_000n

/** A genesis file as geth reads it. */
export function formatGenesis(genesis: Genesis, header: GenesisHeader): string {
  const now = BigInt(Math.floor(Date.now() / 1000))
  const alloc = Object.entries(genesis).map(([address, { balance, nonce, code, storage }]) => [
    address,
    {
      balance: toQuantity(balance),
      nonce: toQuantity(nonce),
      ...(code === '0x' ? {} : { code }),
      ...(Object.keys(storage).length === 0 ? {} : { storage }),
    },
  ])
  return JSON.stringify({
    config: { chainId: header.chainId },
    nonce: '0x0',
    difficulty: '0x0',
    timestamp: toQuantity(header.timestamp ?? now),
    gasLimit: toQuantity(header.gasLimit ?? DEFAULT_GAS_LIMIT),
    baseFeePerGas: toQuantity(header.baseFeePerGas ?? DEFAULT_BASE_FEE),
    coinbase: header.coinbase ?? ZERO_ADDRESS,
    mixHash: header.prevRandao ?? `0x${'00'.repeat(32)}`,
    alloc: Object.fromEntries(alloc),
  })
}
