import { z } from 'zod'
import { RpcError } from '../core/rpc-error.ts'
import { isTransientError } from './rpc-classify.ts'
import { EndpointFault } from './rpc-endpoint.ts'

const answerSchema = z.object({
  jsonrpc: z.literal('2.0').optional(),
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number().int(), message: z.string(), data: z.unknown().optional() }).nullish(),
})

interface Asked {
  readonly id: number
  readonly method: string
  readonly host: string
  /** Takes keys out of what the node wrote. */
  readonly redact: (text: string) => string
}

/**
 * The result in a JSON-RPC answer.
 *
 * @throws RpcError when the node answered with an error object
 * @throws EndpointFault (`RPC_RESPONSE_INVALID`) when it is not an answer to this request
 */
export function readAnswer(answer: unknown, asked: Asked): unknown {
  const parsed = answerSchema.safeParse(answer)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw invalid(asked, issue.path.join('.') || 'answer', issue.message)
  }
  const { id, error, result } = parsed.data
  if (error) {
    throw new RpcError({
      method: asked.method,
      host: asked.host,
      rpcCode: error.code,
      message: asked.redact(error.message),
      data: error.data,
      retryable: isTransientError(error.code, error.message),
    })
  }
  if (id !== asked.id) throw invalid(asked, 'id', `expected ${asked.id}`)
  if (result === undefined) throw invalid(asked, 'result', 'neither a result nor an error')
  return result
}

function invalid(asked: Asked, field: string, problem: string): EndpointFault {
  return new EndpointFault({
    host: asked.host,
    code: 'RPC_RESPONSE_INVALID',
    reason: `${field}: ${problem}`,
    meta: [`method: ${asked.method}`, `field: ${field}`, 'fix: use a node that speaks JSON-RPC 2.0'],
  })
}
