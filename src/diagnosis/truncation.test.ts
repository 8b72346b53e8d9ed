import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, type Stage, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseTruncation } from './truncation.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Pot {
  mapping(address => uint256) public credit;
  struct Packed { uint128 kept; uint64 since; uint64 rounds; }
  mapping(address => Packed) public packed;
  mapping(address => int256) public debt;
  function pay(uint256 amount) external payable {
    uint64 charged = uint64(amount);
    require(msg.value >= charged, "value");
    credit[msg.sender] += amount;
  }
  function visit(uint8 times) external {
    unchecked {
      uint8 sum = times + 200;
      credit[msg.sender] = sum;
    }
  }
  function keep(uint256 amount) external {
    Packed storage p = packed[msg.sender];
    p.since = uint64(block.timestamp);
    p.rounds += 1;
    p.kept = uint128(amount);
  }
  function order(uint256 notes) external {
    unchecked { credit[msg.sender] = (uint256(uint128(notes)) * packed[msg.sender].rounds) << 96; }
  }
  function borrow(uint256 amount) external {
    int256 wanted = int256(amount);
    require(wanted <= 1000, "too much");
    credit[msg.sender] += amount / 2;
  }
}`

const scene = (attack: (stage: Stage, pot: `0x${string}`) => void) =>
  stageAttack({
    source: SOURCE,
    history: (stage) => {
      const pot = stage.deploy('Pot')
      stage.call(ALICE, pot, 'pay', [500n], { value: 500n })
      stage.call(BOB, pot, 'visit', [20n])
      stage.call(BOB, pot, 'keep', [20n ** 9n])
      stage.call(BOB, pot, 'keep', [7n])
      stage.call(ALICE, pot, 'borrow', [20n])
      return [pot]
    },
    attack: (stage, [pot]) => attack(stage, pot!),
  })

describe('diagnoseTruncation', () => {
  it('stands at the mask of a cast that dropped bits, and refuses what is above it', async () => {
    const evidence = await scene((stage, pot) =>
      stage.call(MALLORY, pot, 'pay', [2n ** 64n + 5n], { value: 5n }),
    )
    const [found, ...more] = diagnoseTruncation(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 'arithmetic',
      selector: evidence.selectorOf('pay(uint256)'),
      confidence: 0.85,
    })
    const [all] = invariantsOf(found!)
    expect(all!.rules).toMatchObject([
      {
        place: { at: 'instruction', code: found!.code, pc: found!.pc },
        // Views may share the cast; the function that acts by it is named.
        refuse: { op: 'and', b: { op: 'greater', b: { op: 'constant', value: 2n ** 64n - 1n } } },
      },
    ])
  })

  it('sees the carry that a sum in a narrow type loses', async () => {
    const evidence = await scene((stage, pot) => stage.call(MALLORY, pot, 'visit', [100n]))
    const [found] = diagnoseTruncation(evidence)
    expect(found).toMatchObject({ selector: evidence.selectorOf('visit(uint8)') })
  })

  it('sees it where the number is put into a packed slot, and does not take the fields beside it for losses', async () => {
    const evidence = await scene((stage, pot) => stage.call(MALLORY, pot, 'keep', [2n ** 128n]))
    const [found, ...more] = diagnoseTruncation(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({ selector: evidence.selectorOf('keep(uint256)') })
    const benign = await scene((stage, pot) => stage.call(MALLORY, pot, 'keep', [2n ** 128n - 1n]))
    expect(diagnoseTruncation(benign)).toEqual([])
  })

  it('stands at the other steps of the calculation as well, where other numbers lose their bits', async () => {
    const evidence = await scene((stage, pot) => {
      stage.call(MALLORY, pot, 'keep', [7n])
      stage.call(MALLORY, pot, 'order', [2n ** 128n + 3n])
    })
    const [found] = diagnoseTruncation(evidence)
    expect(found).toMatchObject({ selector: evidence.selectorOf('order(uint256)') })
    const [around, own] = invariantsOf(found!)
    // The product and the shift behind the cast.
    expect(around!.rules).toHaveLength(own!.rules.length + 2)
    // A condition of several bits counts as a whole beside the selector's one.
    for (const { refuse } of around!.rules)
      expect(refuse).toMatchObject({ op: 'and', b: { op: expect.stringMatching(/greater|and/) } })
  })

  it('sees an amount that became negative by a cast', async () => {
    const evidence = await scene((stage, pot) => stage.call(MALLORY, pot, 'borrow', [2n ** 256n - 2n]))
    expect(diagnoseTruncation(evidence)).toMatchObject([{ selector: evidence.selectorOf('borrow(uint256)') }])
  })
})
