import type { Patch } from '../../patching/types.ts'
import type { Check } from '../types.ts'
import { fail, pass } from './context.ts'

const NAME = 'size'
/** EIP-170. */
const LIMIT = 24_576

/** Every patched code can be deployed: not empty, within the size limit, and not starting with 0xEF (EIP-3541). */
export function checkSize(patches: readonly Patch[]): Check {
  const sizes: string[] = []
  for (const { target, runtime } of patches) {
    if (runtime === undefined) continue
    const size = runtime.length / 2 - 1
    if (size === 0) return fail(NAME, `the patched code of ${target} is empty`)
    if (size > LIMIT) return fail(NAME, `the patched code of ${target} has ${size} bytes, more than ${LIMIT}`)
    if (runtime.startsWith('0xef')) return fail(NAME, `the patched code of ${target} starts with 0xEF`)
    sizes.push(`${target}: ${size} bytes`)
  }
  return pass(NAME, sizes.join(', ') || 'no code is replaced')
}
