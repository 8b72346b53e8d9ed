import { formatEther } from 'viem'
import type { Execution, Frame } from '../chain/types.ts'
import type { Protection } from '../detectors/types.ts'
import type { Words } from './words.ts'

/** Frames shown; attacks repeat themselves. */
const SHOWN = 160

/**
 * The calls of an execution, one a line, indented by depth. `*` marks frames in protected contracts, `re-entered` those that enter a
 * contract that is still waiting further up for somebody else's call to return.
 */
export function drawCallTree(execution: Execution, protection: Protection, words: Words): string {
  const { frames } = execution
  const lines = frames.slice(0, SHOWN).map((frame) => {
    const mark = protection.contracts.has(frame.context) ? '*' : ' '
    return `${mark} ${'  '.repeat(frame.depth)}${describeFrame(frame, words)}${isReentry(frames, frame) ? '  [re-entered]' : ''}`
  })
  const more = frames.length - lines.length
  return [...lines, ...(more > 0 ? [`  … and ${more} more calls`] : [])].join('\n')
}

function describeFrame(frame: Frame, words: Words): string {
  const { type, context, code, selector, value, status } = frame
  const borrowed = code === context ? '' : ` with code of ${code}`
  const paid = value === 0n ? '' : ` paying ${formatEther(value)} ether`
  const failed = status === 'success' ? '' : `  [${status}${frame.error ? `: ${frame.error}` : ''}]`
  const what = type.startsWith('CREATE') ? 'creation' : words.selector(selector)
  return `${type} ${context} ${what}${borrowed}${paid}${failed}`.replaceAll('\n', ' ')
}

/** Whether the frame enters a contract again that another contract's frame lies in between. */
function isReentry(frames: readonly Frame[], frame: Frame): boolean {
  let left = false
  for (let parent = frame.parent; parent !== null; parent = frames[parent]!.parent) {
    const { context } = frames[parent]!
    if (context === frame.context) return left
    left = true
  }
  return false
}
