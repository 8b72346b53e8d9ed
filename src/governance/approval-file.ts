import { rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { toJson } from '../core/json.ts'
import { readJsonFile } from '../core/read-json.ts'
import { validate } from '../core/validate.ts'
import type { OpenRequest } from './inbox.ts'
import { openRequestSchema, rollbackRequestSchema } from './request-schema.ts'
import type { RollbackRequest } from './types.ts'

const FORMAT = 'suture-approval/1'

/** Something guardians are asked to sign, as it is handed from one to the next and to whoever submits it. */
export type ApprovalFile =
  | { readonly kind: 'restriction'; readonly request: OpenRequest }
  | { readonly kind: 'rollback'; readonly request: RollbackRequest }

const fileSchema = z.discriminatedUnion('kind', [
  z.object({ format: z.literal(FORMAT), kind: z.literal('restriction'), request: openRequestSchema }),
  z.object({ format: z.literal(FORMAT), kind: z.literal('rollback'), request: rollbackRequestSchema }),
])

/**
 * Reads an approval. Only its shape is checked; what it says is examined by who signs it, and by the gate.
 *
 * @throws FILE_UNREADABLE, APPROVAL_INVALID
 */
export async function readApprovalFile(path: string): Promise<ApprovalFile> {
  const value = await readJsonFile(path)
  const { kind, request } = validate(fileSchema, value, { code: 'APPROVAL_INVALID', what: 'The approval' })
  return { kind, request } as unknown as ApprovalFile
}

/** Writes an approval, all of it or nothing: the file may be the only copy of what others signed. */
export async function writeApprovalFile(path: string, { kind, request }: ApprovalFile): Promise<void> {
  const partial = `${path}.partial`
  await writeFile(partial, `${JSON.stringify(toJson({ format: FORMAT, kind, request }), null, 2)}\n`)
  await rename(partial, path)
}
