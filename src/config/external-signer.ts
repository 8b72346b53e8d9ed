import {
  getTypesForEIP712Domain,
  hashTypedData,
  keccak256,
  type LocalAccount,
  parseSignature,
  parseTransaction,
  recoverAddress,
  serializeSignature,
  serializeTransaction,
  serializeTypedData,
  type TransactionSerializableEIP1559,
  type TypedDataDefinition,
} from 'viem'
import { toAccount } from 'viem/accounts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { toJson } from '../core/json.ts'
import { askProgram } from './external-program.ts'
import { askForTransaction, askForTypedData } from './external-service.ts'
import type { ExternalReference } from './types.ts'

/** Under the time the database gives a statement: a nonce is held while a transaction is signed. */
const DEFAULT_TIMEOUT = 20
const FORMAT = 'suture-signer/1'
const ECDSA_DIGITS = 132
/** Half the order of secp256k1 (EIP-2): the chain refuses the upper of two equivalent signatures, of which some hardware gives either. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

interface Connection {
  readonly folder: string
  /** The resolved address of a service; null for a program. */
  readonly url: string | null
}

/** Something to sign. `digest` is what the signature is over, whatever the signer makes of the rest. */
interface Request {
  readonly method: 'sign_typed_data' | 'sign_transaction'
  readonly chainId: number
  readonly payload: Readonly<Record<string, unknown>>
  readonly digest: Hex
}

/**
 * An account whose key is elsewhere. Nothing it answers is believed: a signature counts when it is the expected address's over the digest
 * computed here, and a transaction is put together from what was asked for and that signature alone. Signatures of a contract cannot be
 * checked without its chain; whoever uses them must (see `signProposal`).
 *
 * @throws SutureError (when signing) SIGNER_UNAVAILABLE, SIGNER_FAILED, SIGNER_MISMATCH
 */
export function openExternalSigner(reference: ExternalReference, connection: Connection): LocalAccount {
  const address = toAddress(reference.address)
  const contract = reference.contract ?? false

  async function sign(request: Request): Promise<Hex> {
    const answer = await ask(reference, connection, request)
    if (typeof answer !== 'string' || !/^0x([0-9a-f]{2})+$/i.test(answer)) throw noSignature(address)
    if (contract && request.method === 'sign_typed_data') return answer as Hex
    return checkedEcdsa(answer as Hex, address, request.digest)
  }

  return toAccount({
    address,
    signMessage: async () => {
      throw unsupported(address, 'plain messages')
    },
    signTypedData: (definition) => {
      const typed = definition as TypedDataDefinition
      const chainId = Number(typed.domain?.chainId ?? 0)
      const types = { EIP712Domain: getTypesForEIP712Domain({ domain: typed.domain }), ...typed.types }
      const payload = JSON.parse(serializeTypedData({ ...typed, types } as never))
      return sign({ method: 'sign_typed_data', chainId, payload, digest: hashTypedData(typed) })
    },
    signTransaction: async (given) => {
      const transaction = given as TransactionSerializableEIP1559
      if (contract) throw unsupported(address, 'transactions, being a contract')
      const unsigned = serializeTransaction(transaction)
      const { chainId } = transaction
      const request = { method: 'sign_transaction', chainId, payload: callOf(address, transaction) } as const
      const signature = await sign({ ...request, digest: keccak256(unsigned) })
      return serializeTransaction(transaction, parseSignature(signature))
    },
  }) as LocalAccount
}

async function ask(
  { command, signs, timeout = DEFAULT_TIMEOUT, address }: ExternalReference,
  { url, folder }: Connection,
  { method, chainId, payload, digest }: Request,
): Promise<unknown> {
  const timeoutMs = timeout * 1000
  if (url !== null) {
    const service = { url, timeoutMs }
    return method === 'sign_typed_data'
      ? askForTypedData(service, toAddress(address), JSON.stringify(payload))
      : askForTransaction(service, payload as Readonly<Record<string, string>>)
  }
  const asked =
    signs === 'digest'
      ? { method: 'sign_digest', payload: { digest, of: method } }
      : { method, payload: { ...payload, digest } }
  const request = toJson({ format: FORMAT, address: toAddress(address), chainId, ...asked })
  const answer = Object(await askProgram({ command: command!, folder, timeoutMs }, request)) as {
    signature?: unknown
  }
  return answer.signature
}

/** As JSON-RPC has it. */
function callOf(
  from: Address,
  transaction: TransactionSerializableEIP1559,
): Readonly<Record<string, string>> {
  const {
    chainId,
    to,
    data = '0x',
    value = 0n,
    nonce = 0,
    gas = 0n,
    maxFeePerGas = 0n,
    maxPriorityFeePerGas = 0n,
  } = transaction
  const quantities = { chainId, nonce, gas, value, maxFeePerGas, maxPriorityFeePerGas }
  return {
    from,
    ...(to ? { to } : {}),
    data,
    ...Object.fromEntries(
      Object.entries(quantities).map(([name, value]) => [name, `0x${value.toString(16)}`]),
    ),
  }
}

/** The signature in the form the chain takes, once it is shown to be the address's over the digest. */
async function checkedEcdsa(answer: Hex, address: Address, digest: Hex): Promise<Hex> {
  try {
    const { r, s, yParity } = answer.length === ECDSA_DIGITS ? parseSignature(answer) : signatureIn(answer)
    const high = BigInt(s) > ORDER / 2n
    const low = `0x${(high ? ORDER - BigInt(s) : BigInt(s)).toString(16).padStart(64, '0')}` as const
    const signature = serializeSignature({ r, s: low, yParity: high ? 1 - yParity : yParity })
    if (toAddress(await recoverAddress({ hash: digest, signature })) === address) return signature
  } catch {
    throw noSignature(address)
  }
  throw new SutureError(
    'SIGNER_MISMATCH',
    'The external signer signed something else, or with another key.',
    {
      meta: [`expected: ${address}`, `digest: ${digest}`, 'fix: give the address of the key it signs with'],
    },
  )
}

/** Services answer with the whole signed transaction. */
function signatureIn(transaction: Hex): { r: Hex; s: Hex; yParity: number } {
  const { r, s, yParity } = parseTransaction(transaction)
  return { r: r!, s: s!, yParity: yParity! }
}

const noSignature = (address: Address): SutureError =>
  new SutureError('SIGNER_FAILED', 'The external signer answered with something that is no signature.', {
    meta: [`signer: ${address}`, 'fix: answer {"signature":"0x…"} of 65 bytes; docs/signers.md describes it'],
  })

const unsupported = (address: Address, what: string): SutureError =>
  new SutureError('SIGNER_FAILED', `This signer does not sign ${what}.`, {
    meta: [`signer: ${address}`, 'fix: use another signer for this'],
  })
