import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, type Stage, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseLostInComparison } from './lost-in-comparison.ts'

const source = (visibility: 'public' | 'internal') => `
pragma solidity ^0.8.0;
contract Loans {
  uint256 public rate = 7;
  mapping(address => uint256) public debtOf;
  function needed(uint256 debt) ${visibility} view returns (uint256) { return debt / 1000 * rate; }
  function open(uint256 debt) external payable {
    require(msg.value >= needed(debt), "too little");
    debtOf[msg.sender] += debt;
  }
}`

const scene = (
  attack: (stage: Stage, loans: `0x${string}`) => void,
  visibility: 'public' | 'internal' = 'internal',
) =>
  stageAttack({
    source: source(visibility),
    history: (stage) => {
      const loans = stage.deploy('Loans')
      stage.call(ALICE, loans, 'open', [3_000n], { value: 21n })
      stage.call(BOB, loans, 'open', [1_500n], { value: 15n })
      if (visibility === 'public') stage.call(BOB, loans, 'needed', [2_000n])
      return [loans]
    },
    attack: (stage, [loans]) => attack(stage, loans!),
  })

describe('diagnoseLostInComparison', () => {
  it('carries what the division lost to the comparison that would have come out otherwise', async () => {
    const evidence = await scene((stage, loans) => stage.call(MALLORY, loans, 'open', [999n]))
    const [found, ...more] = diagnoseLostInComparison(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({ class: 'rounding', selector: evidence.selectorOf('open(uint256)') })
    const { rules } = invariantsOf(found!)[0]!
    expect(rules.map(({ refuse, note }) => [refuse?.op, note?.mark])).toEqual([
      [undefined, 0],
      [undefined, 1],
      [undefined, 2],
      ['xor', 2],
    ])
  })

  it('lets those be who would have passed anyway', async () => {
    const evidence = await scene((stage, loans) => stage.call(MALLORY, loans, 'open', [999n], { value: 7n }))
    expect(diagnoseLostInComparison(evidence)).toEqual([])
  })

  it('notes nothing in code that a view shares', async () => {
    const evidence = await scene((stage, loans) => stage.call(MALLORY, loans, 'open', [999n]), 'public')
    expect(diagnoseLostInComparison(evidence)).toEqual([])
  })
})
