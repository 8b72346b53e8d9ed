import type { Hex } from '../../core/hex.ts'
import type { Patch } from '../../patching/types.ts'
import { isReserved } from '../effects.ts'
import type { Baseline, Check } from '../types.ts'
import { fail, pass } from './context.ts'

const NAME = 'storage-layout'

/**
 * Only a `state` patch may write slots of the contract itself, and none may write a slot that benign transactions write too: it would undo
 * what they did. Restrictions prove by their certificate that the layout is untouched; for a source patch it is shown on history only
 * (`history` compares every slot written).
 */
export function checkStorageLayout(
  { request, history }: Pick<Baseline, 'request' | 'history'>,
  patches: readonly Patch[],
): Check {
  const written: string[] = []
  for (const { target, kind, storage = {} } of patches) {
    for (const slot of Object.keys(storage) as Hex[]) {
      if (kind !== 'state' && !isReserved(slot, request.reserved))
        return fail(NAME, `a ${kind} patch writes slot ${slot} of ${target}; only a state patch may`)
      const inUse =
        history.ran && history.executions.some(({ diff }) => diff[target]?.storage[slot] !== undefined)
      if (inUse)
        return fail(
          NAME,
          `slot ${slot} of ${target} is written by benign transactions, and the patch overwrites it`,
        )
      written.push(`${target}/${slot}`)
    }
  }
  return pass(NAME, written.length === 0 ? 'no slot is written' : `slots written: ${written.join(', ')}`)
}
