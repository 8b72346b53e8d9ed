import type { Origin } from '../chain/types.ts'

/**
 * Visits every node of an expression that is not in `seen`, its own first, and adds it there. Values of one execution share
 * sub-expressions, so one `seen` over many of them keeps a walk linear in the nodes that exist.
 */
export function visitOrigin(origin: Origin, seen: Set<Origin>, visit: (node: Origin) => void): void {
  const pending: Origin[] = [origin]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    visit(node)
    pending.push(...inputsOf(node))
  }
}

function inputsOf(node: Origin): readonly Origin[] {
  if (node.op === 'compute') return node.inputs
  if (node.op === 'calldata') return node.source ? [node.source] : []
  if (node.op === 'environment') return node.input ? [node.input] : []
  return []
}
