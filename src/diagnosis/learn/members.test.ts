import { describe, expect, it } from 'vitest'
import { ALICE, BOB, DEPLOYER, MALLORY, type Stage, stageAttack } from '../../../test/support/attack-scene.ts'
import { members } from './members.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Venue {
  function trade() external returns (uint256) { Desk(msg.sender).owed(1e9); return 1; }
  function supply() external { Desk(msg.sender).owedMore(1e9); }
  function steal(Desk desk) external { desk.owed(1e9); }
}
contract Desk {
  mapping(address => bool) public listed;
  mapping(address => uint256) public made;
  uint256 total;
  function list(address who) external { listed[who] = true; }
  function use(Venue venue) external { _use(venue); }
  function useTwice(Venue venue) external { _use(venue); _use(venue); }
  function supply(Venue venue) external { require(listed[address(venue)]); venue.supply(); }
  function owed(uint256 v) external { made[msg.sender] += v; }
  function owedMore(uint256 v) external { made[msg.sender] += 2 * v; }
  function count() external { total++; }
  function _use(Venue venue) internal { total += venue.trade(); }
}`
type Act = (stage: Stage, desk: `0x${string}`, venues: readonly `0x${string}`[]) => void

async function scene(attack: Act) {
  let venues: `0x${string}`[] = []
  return stageAttack({
    source: SOURCE,
    history: (stage) => {
      venues = [stage.deploy('Venue'), stage.deploy('Venue'), stage.deploy('Venue')]
      const desk = stage.deploy('Desk')
      for (const venue of venues.slice(0, 2)) stage.call(DEPLOYER, desk, 'list', [venue])
      stage.call(ALICE, desk, 'use', [venues[0]])
      stage.call(BOB, desk, 'useTwice', [venues[1]])
      stage.call(BOB, desk, 'supply', [venues[1]])
      stage.call(BOB, desk, 'count')
      return [desk]
    },
    attack: (stage, [desk]) => attack(stage, desk!, venues),
  })
}

describe('members', () => {
  it('asks for an entry of whoever an argument makes the contract call, where it is called', async () => {
    const [found] = members(await scene((stage, desk, venues) => stage.call(ALICE, desk, 'use', [venues[2]])))
    expect(found).toMatchObject({
      invariant: { name: 'called-is-member', rules: [{ place: { at: 'instruction' } }] },
      support: 3,
    })
  })

  it('asks for an entry of whoever calls back, in all functions that are callbacks', async () => {
    const evidence = await scene((stage, desk, venues) => stage.call(MALLORY, venues[2]!, 'steal', [desk]))
    const [found, ...more] = members(evidence)
    expect(more).toEqual([])
    expect(found!.invariant.name).toBe('caller-is-member')
    expect(found!.invariant.rules.map(({ place }) => place)).toMatchObject(
      ['owed(uint256)', 'owedMore(uint256)'].map((name) => ({ selector: evidence.selectorOf(name) })),
    )
  })

  it('says nothing of those it knows', async () => {
    const known: Act = (stage, desk, venues) => stage.call(MALLORY, desk, 'useTwice', [venues[0]])
    expect(members(await scene(known))).toEqual([])
  })
})
