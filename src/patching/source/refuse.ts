import { SutureError } from '../../core/errors.ts'

/** No source patch of the asked-for form: `sentence` says what is in the way. */
export function refuse(sentence: string, ...meta: readonly string[]): never {
  throw new SutureError('PATCH_IMPOSSIBLE', sentence, {
    meta: [...meta, 'fix: keep the bytecode patch, and mend the source by hand'],
  })
}
