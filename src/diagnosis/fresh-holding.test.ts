import { describe, expect, it } from 'vitest'
import { ALICE, BOB, CAROL, MALLORY, type Stage, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseFreshHolding } from './fresh-holding.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Stakes {
  uint256 public perStake;
  uint256 public total;
  mapping(address => uint256) public stakeOf;
  mapping(address => uint256) public notes;
  function join() external payable { stakeOf[msg.sender] += msg.value; total += msg.value; }
  function note(uint256 number) external { notes[msg.sender] = number; }
  function share() external payable { perStake += msg.value * 1e9 / total; }
  function claim() external { payable(msg.sender).transfer(stakeOf[msg.sender] * perStake / 1e9); }
}`
const MUCH = 10n ** 15n

const scene = (attack: (stage: Stage, stakes: `0x${string}`) => void) =>
  stageAttack({
    source: SOURCE,
    history: (stage) => {
      const stakes = stage.deploy('Stakes')
      stage.call(ALICE, stakes, 'join', [], { value: MUCH })
      stage.call(BOB, stakes, 'join', [], { value: MUCH })
      stage.call(CAROL, stakes, 'note', [5n])
      stage.call(CAROL, stakes, 'share', [], { value: MUCH / 10n })
      stage.call(ALICE, stakes, 'claim', [])
      return [stakes]
    },
    attack: (stage, [stakes]) => attack(stage, stakes!),
  })

describe('diagnoseFreshHolding', () => {
  it('notes the block where a holding is raised and refuses what is paid by it in the same block, by entry and not by sender', async () => {
    const evidence = await scene((stage, stakes) => {
      stage.call(MALLORY, stakes, 'join', [], { value: MUCH })
      stage.call(MALLORY, stakes, 'claim', [], { later: 0n })
    })
    const [found, ...more] = diagnoseFreshHolding(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 'price-manipulation',
      selector: evidence.selectorOf('claim()'),
      confidence: 0.57,
    })
    const [settled, ...others] = invariantsOf(found!)
    expect(others).toEqual([])
    const slot = { op: 'stack', depth: 0 }
    expect(settled!.rules).toMatchObject([
      { refuse: { op: 'and', b: { op: 'equal', a: { op: 'recall', key: slot } } } },
      { note: { value: { op: 'block-number' }, key: slot } },
    ])
  })

  it('says nothing where a block lies between, or where what was written does not bear on what is paid', async () => {
    const apart = await scene((stage, stakes) => {
      stage.call(MALLORY, stakes, 'join', [], { value: MUCH })
      stage.call(MALLORY, stakes, 'claim', [])
    })
    expect(diagnoseFreshHolding(apart)).toEqual([])
    const unrelated = await scene((stage, stakes) => {
      stage.call(ALICE, stakes, 'note', [7n])
      stage.call(ALICE, stakes, 'claim', [], { later: 0n })
    })
    expect(diagnoseFreshHolding(unrelated)).toEqual([])
  })
})
