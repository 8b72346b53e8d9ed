import { concat, keccak256, toHex } from 'viem'
import { describe, expect, it } from 'vitest'
import type { Hex } from '../core/hex.ts'
import { buildMerkleTree, proveLeaf } from './merkle.ts'

/** OpenZeppelin's MerkleProof.processProof, written from its specification. */
function processProof(leaf: Hex, proof: readonly Hex[]): Hex {
  return proof.reduce<Hex>(
    (node, sibling) =>
      keccak256(BigInt(node) < BigInt(sibling) ? concat([node, sibling]) : concat([sibling, node])),
    leaf,
  )
}

const leaves = (n: number): Hex[] => Array.from({ length: n }, (_, i) => keccak256(toHex(i)))

describe('buildMerkleTree', () => {
  it.each([1, 2, 3, 5, 8, 13, 100])('proves each of %i leaves', (n) => {
    const tree = buildMerkleTree(leaves(n))
    for (const leaf of leaves(n)) expect(processProof(leaf, proveLeaf(tree, leaf))).toBe(tree.root)
  })

  it('does not depend on the order of the leaves', () => {
    expect(buildMerkleTree(leaves(7).reverse()).root).toBe(buildMerkleTree(leaves(7)).root)
  })

  it('proves nothing for a leaf that is not there', () => {
    const tree = buildMerkleTree(leaves(4))
    const foreign = keccak256('0xff')
    expect(processProof(foreign, proveLeaf(tree, foreign))).not.toBe(tree.root)
  })

  it('has a root of zero without leaves', () => {
    expect(buildMerkleTree([]).root).toBe(`0x${'0'.repeat(64)}`)
  })
})
