import { setTimeout as sleep } from 'node:timers/promises'
import { type Abi, encodeDeployData, encodeFunctionData, type LocalAccount } from 'viem'
import { z } from 'zod'
import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { validate } from '../core/validate.ts'

/** A transaction as somebody of the demo makes it. `to: null` creates a contract. */
export interface Deed {
  readonly to: Address | null
  readonly data?: Hex
  /** Wei. */
  readonly value?: bigint
  readonly gas?: bigint
  /** Wei per gas, on top of the base fee. */
  readonly tip?: bigint
}

/** What became of a transaction. */
export interface Outcome {
  readonly hash: Hex
  readonly succeeded: boolean
  readonly block: bigint
  readonly index: number
}

/** Somebody with a key. */
export interface Actor {
  readonly address: Address
  /** Signs for the next nonce, which counts as used from then on. */
  sign(deed: Deed): Promise<Hex>
  /** Signs and hands to the node. */
  send(deed: Deed): Promise<Hex>
}

const GWEI = 10n ** 9n
const DEFAULT_GAS = 600_000n
const HEADROOM = 20n * GWEI

const quantity = z.string().regex(/^0x[0-9a-f]+$/)
const receiptSchema = z.object({
  status: z.enum(['0x0', '0x1']),
  blockNumber: quantity,
  transactionIndex: quantity,
  contractAddress: z.string().nullish(),
})

const readReceipt = (answer: unknown) =>
  validate(receiptSchema, answer, { code: 'RPC_RESPONSE_INVALID', what: 'A receipt' })

/** An actor of the world. It keeps its own nonce: nobody else may send with the same key. */
export function createActor(rpc: Rpc, account: LocalAccount): Actor {
  let nonce: Promise<number> | null = null
  const address = toAddress(account.address)
  const readNonce = () =>
    rpc.request<Hex>('eth_getTransactionCount', [address, 'pending']).then((count) => Number(count))
  async function sign({ to, data = '0x', value = 0n, gas = DEFAULT_GAS, tip = GWEI }: Deed): Promise<Hex> {
    const previous = nonce ?? readNonce()
    nonce = previous.then((current) => current + 1)
    return account.signTransaction({
      type: 'eip1559',
      chainId: rpc.chainId,
      nonce: await previous,
      ...(to ? { to } : {}),
      data,
      value,
      gas,
      maxFeePerGas: tip + HEADROOM,
      maxPriorityFeePerGas: tip,
    })
  }
  let sent: Promise<unknown> = Promise.resolve()
  // One after the other: a node that mines on demand may leave behind what reached it before its predecessor.
  const send = (deed: Deed) => {
    const sending = sent.then(async () => rpc.request<Hex>('eth_sendRawTransaction', [await sign(deed)]))
    sent = sending.catch(() => undefined)
    return sending
  }
  return { address, sign, send }
}

const POLL_MS = 50

/**
 * Waits until a transaction is mined.
 *
 * @throws TRANSACTION_FAILED when it is not within `timeoutMs`.
 */
export async function awaitOutcome(rpc: Rpc, hash: Hex, timeoutMs = 30_000): Promise<Outcome> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const answer = await rpc.request('eth_getTransactionReceipt', [hash])
    if (answer !== null) {
      const { status, blockNumber, transactionIndex } = readReceipt(answer)
      return {
        hash,
        succeeded: status === '0x1',
        block: BigInt(blockNumber),
        index: Number(transactionIndex),
      }
    }
    if (Date.now() > end) {
      throw new SutureError('TRANSACTION_FAILED', 'A transaction of the demo was not mined in time.', {
        meta: [`transaction: ${hash}`, `waited: ${timeoutMs} ms`, 'fix: run the demo on a machine less busy'],
      })
    }
    await sleep(POLL_MS)
  }
}

/** Sends and insists that it succeeds. */
export async function perform(rpc: Rpc, actor: Actor, deed: Deed): Promise<Outcome> {
  const outcome = await awaitOutcome(rpc, await actor.send(deed))
  if (outcome.succeeded) return outcome
  throw new SutureError('TRANSACTION_FAILED', 'A transaction the demo rests on reverted.', {
    meta: [`transaction: ${outcome.hash}`, `from: ${actor.address}`, `to: ${deed.to ?? 'creation'}`],
  })
}

interface Artifact {
  readonly abi: Abi | readonly unknown[]
  readonly bytecode: Hex
}

/** Creates a contract and returns its address. */
export async function create(
  rpc: Rpc,
  actor: Actor,
  {
    abi,
    bytecode,
    args,
    value = 0n,
  }: Artifact & { readonly args: readonly unknown[]; readonly value?: bigint },
): Promise<Address> {
  const data = encodeDeployData({ abi: abi as Abi, bytecode, args })
  const { hash } = await perform(rpc, actor, { to: null, data, value, gas: 12_000_000n })
  return toAddress(readReceipt(await rpc.request('eth_getTransactionReceipt', [hash])).contractAddress!)
}

/** Calldata, without the type gymnastics: the demo's contracts are all of one build. */
export const calldata = (abi: readonly unknown[], functionName: string, args: readonly unknown[] = []): Hex =>
  encodeFunctionData({ abi: abi as Abi, functionName, args })
