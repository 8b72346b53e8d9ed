import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, type Stage, stageAttack } from '../../../test/support/attack-scene.ts'
import { repeatedEntries } from './repeats.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Rigs {
  struct Rig { address holder; uint64 since; }
  mapping(uint256 => Rig) public rigs;
  mapping(address => uint256) public earned;
  uint256 count;
  function build() external { rigs[count++] = Rig(msg.sender, uint64(block.timestamp)); }
  function claim(uint256[] calldata ids) external {
    uint256 sum;
    for (uint256 i = 0; i < ids.length; i++) sum += block.timestamp - rigs[ids[i]].since;
    for (uint256 i = 0; i < ids.length; i++) rigs[ids[i]].since = uint64(block.timestamp);
    earned[msg.sender] += sum;
  }
  function scrap(uint256[] calldata ids) external {
    uint256 sum;
    for (uint256 i = 0; i < ids.length; i++) sum += block.timestamp - rigs[ids[i]].since;
    for (uint256 i = 0; i < ids.length; i++) delete rigs[ids[i]];
    earned[msg.sender] += sum;
  }
  function give(address[] calldata to) external { for (uint256 i = 0; i < to.length; i++) earned[to[i]] += 1; }
}`

const scene = (attack: (stage: Stage, rigs: `0x${string}`) => void, benign?: readonly bigint[]) =>
  stageAttack({
    source: SOURCE,
    history: (stage) => {
      const rigs = stage.deploy('Rigs')
      for (const who of [ALICE, ALICE, ALICE, BOB, BOB, MALLORY]) stage.call(who, rigs, 'build')
      stage.call(ALICE, rigs, 'claim', [benign ?? [0n, 1n]])
      stage.call(BOB, rigs, 'scrap', [[3n, 4n]])
      return [rigs]
    },
    attack: (stage, [rigs]) => attack(stage, rigs!),
  })

describe('repeatedEntries', () => {
  it('refuses an entry named twice in one call, in every function that goes through lists of such entries', async () => {
    const evidence = await scene((stage, rigs) => stage.call(MALLORY, rigs, 'claim', [[5n, 5n, 5n]]))
    const [found] = repeatedEntries(evidence)
    expect(found!.invariant.name).toBe('no-entry-twice')
    const entries = found!.invariant.rules.filter(({ place }) => place.at === 'entry')
    expect(entries.map(({ place }) => place)).toMatchObject(
      ['claim(uint256[])', 'scrap(uint256[])'].map((name) => ({ selector: evidence.selectorOf(name) })),
    )
    expect(found!.invariant.rules.filter(({ refuse }) => refuse)).toHaveLength(2)
  })

  it('lets lists name twice what is added to, and what benign lists name twice', async () => {
    const given = await scene((stage, rigs) => stage.call(MALLORY, rigs, 'give', [[MALLORY, MALLORY]]))
    expect(repeatedEntries(given)).toEqual([])
    const usual = await scene((stage, rigs) => stage.call(MALLORY, rigs, 'claim', [[5n, 5n]]), [0n, 1n, 0n])
    expect(repeatedEntries(usual)).toEqual([])
  })
})
