import { concatHex, keccak256 } from 'viem'
import type { Hex } from '../core/hex.ts'

const EMPTY_ROOT: Hex = `0x${'0'.repeat(64)}`

/** A Merkle tree with pairs hashed in ascending order, as OpenZeppelin's MerkleProof verifies it. `levels[0]` are the leaves, sorted. */
export interface MerkleTree {
  readonly root: Hex
  readonly levels: readonly (readonly Hex[])[]
}

/** Deterministic: the same set of leaves gives the same tree. An odd node moves up as it is. The root of no leaves is zero. */
export function buildMerkleTree(leaves: readonly Hex[]): MerkleTree {
  const levels: Hex[][] = [[...new Set(leaves)].sort()]
  for (let level = levels[0]!; level.length > 1; level = levels.at(-1)!) {
    const next: Hex[] = []
    for (let i = 0; i < level.length; i += 2) {
      next.push(i + 1 < level.length ? hashPair(level[i]!, level[i + 1]!) : level[i]!)
    }
    levels.push(next)
  }
  return { root: levels.at(-1)![0] ?? EMPTY_ROOT, levels }
}

/** Siblings from the leaf up. Empty also when `leaf` is not in the tree: the proof then fails to verify. */
export function proveLeaf({ levels }: MerkleTree, leaf: Hex): Hex[] {
  const proof: Hex[] = []
  let index = levels[0]!.indexOf(leaf)
  if (index < 0) return proof
  for (const level of levels.slice(0, -1)) {
    const sibling = level[index ^ 1]
    if (sibling !== undefined) proof.push(sibling)
    index >>= 1
  }
  return proof
}

function hashPair(a: Hex, b: Hex): Hex {
  return keccak256(concatHex(a < b ? [a, b] : [b, a]))
}
