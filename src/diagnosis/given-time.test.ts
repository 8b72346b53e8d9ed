import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, type Stage, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseGivenTime } from './given-time.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Vesting {
  uint256 public start = 1719000000;
  mapping(address => uint256) public taken;
  function vested(uint256 time) public view returns (uint256) { return time < start ? 0 : time - start; }
  function release(uint256 time) external { taken[msg.sender] = vested(time); }
  function releaseBefore(uint256 deadline) external { require(block.timestamp < deadline, "late"); taken[msg.sender] = 1; }
}`

const scene = (attack: (stage: Stage, vesting: `0x${string}`) => void) =>
  stageAttack({
    source: SOURCE,
    history: (stage) => {
      const vesting = stage.deploy('Vesting')
      for (const who of [ALICE, BOB]) {
        stage.call(who, vesting, 'release', [1_719_500_000n])
        stage.call(who, vesting, 'releaseBefore', [1_730_000_000n])
      }
      stage.call(BOB, vesting, 'vested', [1_990_000_000n])
      return [vesting]
    },
    attack: (stage, [vesting]) => attack(stage, vesting!),
  })

describe('diagnoseGivenTime', () => {
  it('refuses times ahead where benign calls only gave times that had passed, and lets views answer', async () => {
    const evidence = await scene((stage, vesting) =>
      stage.call(MALLORY, vesting, 'release', [1_800_000_000n]),
    )
    const [found, ...more] = diagnoseGivenTime(evidence)
    expect(more).toEqual([])
    const selector = evidence.selectorOf('release(uint256)')
    expect(found).toMatchObject({ class: 'timestamp-dependence', selector })
    const [invariant] = invariantsOf(found!)
    expect(invariant!.rules[0]!.refuse).toMatchObject({
      op: 'and',
      a: { op: 'equal', b: { op: 'constant', value: BigInt(selector) } },
      b: { op: 'greater', b: { op: 'timestamp' } },
    })
  })

  it('takes no deadline for a time that must have passed', async () => {
    const evidence = await scene((stage, vesting) =>
      stage.call(MALLORY, vesting, 'releaseBefore', [1_800_000_000n]),
    )
    expect(diagnoseGivenTime(evidence)).toEqual([])
  })
})
