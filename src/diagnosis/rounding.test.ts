import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, type Stage, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseRounding } from './rounding.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Pool {
  uint256 public total;
  mapping(address => uint256) public shares;
  mapping(address => uint256) public points;
  function join() external payable {
    uint256 minted = total == 0 ? msg.value : msg.value * total / (address(this).balance - msg.value);
    total += minted;
    shares[msg.sender] += minted;
  }
  function take(uint256 assets) external {
    uint256 burned = assets * total / address(this).balance;
    shares[msg.sender] -= burned;
    total -= burned;
    payable(msg.sender).transfer(assets);
  }
  function reward(uint256 amount) external {
    points[msg.sender] += amount / 1000 * 500;
  }
  function grain(uint256 paid) external { points[msg.sender] += (paid + 1e9 - 1) / 1e9; }
  receive() external payable {}
}
contract Giver {
  constructor(address payable pool) payable { selfdestruct(pool); }
}`

const scene = (attack: (stage: Stage, pool: `0x${string}`) => void) =>
  stageAttack({
    source: SOURCE,
    history: (stage) => {
      const pool = stage.deploy('Pool')
      stage.call(ALICE, pool, 'join', [], { value: 3_000_000n })
      stage.deploy('Giver', [pool], { value: 12_345_678n })
      stage.call(BOB, pool, 'join', [], { value: 5_000_000n })
      stage.call(BOB, pool, 'take', [1_000_000n])
      stage.call(ALICE, pool, 'reward', [5_000n])
      stage.call(ALICE, pool, 'grain', [10n ** 12n + 7n])
      return [pool]
    },
    attack: (stage, [pool]) => attack(stage, pool!),
  })

describe('diagnoseRounding', () => {
  it('names the division whose quotient was zero while something was paid for it', async () => {
    const evidence = await scene((stage, pool) => stage.call(MALLORY, pool, 'take', [4n]))
    const [found] = diagnoseRounding(evidence)
    expect(found).toMatchObject({
      class: 'rounding',
      selector: evidence.selectorOf('take(uint256)'),
      confidence: 0.7,
      evidence: { lostPerMillion: 1_000_000 },
    })
    expect(invariantsOf(found!).map(({ name }) => name)).toEqual([
      'quotient-not-zero',
      'quotient-not-zero-but-dust',
      'quotient-not-zero-here',
      'little-lost',
      'little-lost',
    ])
  })

  it('names the division in front of a multiplication, which must be exact where it always was', async () => {
    const evidence = await scene((stage, pool) => stage.call(MALLORY, pool, 'reward', [1_900n]))
    const [found] = diagnoseRounding(evidence)
    expect(found).toMatchObject({ selector: evidence.selectorOf('reward(uint256)') })
    const names = invariantsOf(found!).map(({ name }) => name)
    expect(names.slice(0, 2)).toEqual(['division-exact', 'division-exact-but-dust'])
  })

  it('sees what rounding up gives away where almost nothing is divided', async () => {
    const evidence = await scene((stage, pool) => stage.call(MALLORY, pool, 'grain', [3n]))
    const [found] = diagnoseRounding(evidence)
    expect(found).toMatchObject({ selector: evidence.selectorOf('grain(uint256)') })
    expect(found!.evidence.lostPerMillion).toBeGreaterThan(100_000_000)
    expect(invariantsOf(found!).map(({ name }) => name)).toContain('little-lost')
  })

  it('lets ordinary rounding be', async () => {
    const evidence = await scene((stage, pool) =>
      stage.call(MALLORY, pool, 'join', [], { value: 7_777_777n }),
    )
    expect(diagnoseRounding(evidence)).toEqual([])
  })
})
