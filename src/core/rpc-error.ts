import { SutureError } from './errors.ts'

interface RpcErrorOptions {
  method: string
  /** Host only: addresses of nodes carry keys. */
  host: string
  rpcCode: number
  message: string
  data?: unknown
  retryable?: boolean
}

/** Nodes put whole requests into their messages; a line of it is enough. */
const MESSAGE_LENGTH = 300

/**
 * A JSON-RPC error object a node answered with (code `RPC_ERROR`, or `RPC_METHOD_MISSING` for -32601).
 * `retryable` says whether another node, or this one later, may answer otherwise; a revert never will.
 */
export class RpcError extends SutureError {
  /** The JSON-RPC error code, e.g. 3 or -32000. */
  readonly rpcCode: number
  /** The error's `data` as the node gave it: for a revert the returned bytes as hex, on most nodes. */
  readonly data: unknown

  constructor(options: RpcErrorOptions) {
    const { method, host, rpcCode, message, data, retryable = false } = options
    super(
      rpcCode === -32601 ? 'RPC_METHOD_MISSING' : 'RPC_ERROR',
      `The node answered ${method} with an error.`,
      {
        meta: [
          `method: ${method}`,
          `node: ${host}`,
          `code: ${rpcCode}`,
          `message: ${message.slice(0, MESSAGE_LENGTH)}`,
        ],
        retryable,
      },
    )
    this.rpcCode = rpcCode
    this.data = data
  }
}
