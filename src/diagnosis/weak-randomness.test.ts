import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, type Stage, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseWeakRandomness } from './weak-randomness.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Dice {
  mapping(address => uint256) public stakes;
  uint256 public deadline = type(uint256).max;
  function roll() external payable {
    uint256 r = uint256(keccak256(abi.encodePacked(blockhash(block.number - 1), block.timestamp, msg.sender)));
    if (r % 1000 == 7) payable(msg.sender).transfer(2 * msg.value);
  }
  function guess(uint256 n) external payable {
    if (n == uint256(keccak256(abi.encodePacked(block.timestamp, block.prevrandao))) % 100)
      payable(msg.sender).transfer(3 * msg.value);
  }
  function tick() external payable {
    if (block.timestamp % 97 == 0) payable(msg.sender).transfer(1);
  }
  function place() external payable { stakes[msg.sender] = msg.value; }
  function settle() external {
    uint256 stake = stakes[msg.sender];
    stakes[msg.sender] = 0;
    payable(msg.sender).transfer(stake * (uint256(keccak256(abi.encode(block.prevrandao, block.number))) % 3));
  }
  function refund() external {
    require(block.timestamp < deadline, "late");
    uint256 stake = stakes[msg.sender];
    stakes[msg.sender] = 0;
    payable(msg.sender).transfer(stake);
  }
  receive() external payable {}
}
contract Player {
  constructor() payable {}
  function play(Dice dice) external {
    dice.guess{value: 100}(uint256(keccak256(abi.encodePacked(block.timestamp, block.prevrandao))) % 100);
  }
  function both(Dice dice) external { dice.place{value: 100}(); dice.settle(); }
  receive() external payable {}
}`

const scene = (attack: (stage: Stage, dice: `0x${string}`) => void) =>
  stageAttack({
    source: SOURCE,
    history: (stage) => {
      const dice = stage.deploy('Dice')
      stage.call(ALICE, dice, 'place', [], { value: 10_000n })
      for (const who of [ALICE, BOB]) {
        stage.call(who, dice, 'roll', [], { value: 100n })
        stage.call(who, dice, 'guess', [100n], { value: 100n })
        stage.call(who, dice, 'tick')
      }
      stage.call(BOB, dice, 'place', [], { value: 300n })
      stage.call(BOB, dice, 'settle')
      return [dice]
    },
    attack: (stage, [dice]) => attack(stage, dice!),
  })

describe('diagnoseWeakRandomness', () => {
  it('names the jump a foreseen number decided, and keeps contracts from that outcome', async () => {
    const evidence = await scene((stage, dice) => {
      const player = stage.deploy('Player', [], { from: MALLORY, value: 1_000n })
      stage.call(MALLORY, player, 'play', [dice], { later: 0n })
    })
    const [found, ...more] = diagnoseWeakRandomness(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 'weak-randomness',
      selector: evidence.selectorOf('guess(uint256)'),
      confidence: 0.8,
    })
    expect(invariantsOf(found!).map(({ name }) => name)).toEqual([
      'outcome-for-senders',
      'caller-is-origin',
      'outcome-refused-and-contracts',
      'outcome-refused',
    ])
    expect(invariantsOf(found!)[0]!.rules[0]!.place).toMatchObject({ at: 'instruction', pc: found!.pc })
  })

  it('keeps a stake from being settled in the block it was placed in', async () => {
    const evidence = await scene((stage, dice) => {
      const player = stage.deploy('Player', [], { from: MALLORY, value: 1_000n })
      stage.call(MALLORY, player, 'both', [dice], { later: 0n })
    })
    const [found] = diagnoseWeakRandomness(evidence)
    expect(found).toMatchObject({ selector: evidence.selectorOf('settle()') })
    const invariants = invariantsOf(found!)
    expect(invariants.map(({ name }) => name)).toContain('not-in-one-block')
    // The stake is noted where it is written, and asked for where it is read.
    expect(invariants[0]).toMatchObject({
      name: 'settled-before-use',
      rules: [{ refuse: { op: 'and' } }, { note: { value: { op: 'block-number' } } }],
    })
  })

  it('tells the time of the block from numbers made of it', async () => {
    const later = 97n - (1_720_000_000n % 97n)
    const evidence = await scene((stage, dice) => stage.call(MALLORY, dice, 'tick', [], { later }))
    expect(diagnoseWeakRandomness(evidence)).toMatchObject([
      { class: 'timestamp-dependence', selector: evidence.selectorOf('tick()') },
    ])
  })

  it('takes no deadline for a draw', async () => {
    const evidence = await scene((stage, dice) => {
      stage.call(MALLORY, dice, 'place', [], { value: 5n })
      stage.call(MALLORY, dice, 'refund')
    })
    expect(diagnoseWeakRandomness(evidence)).toEqual([])
  })
})
