import { describe, expect, it } from 'vitest'
import { ALICE, BOB, CAROL, MALLORY, stageAttack } from '../../../test/support/attack-scene.ts'
import { lostWrites } from './stale.ts'

const scene = (body: string, attacker: 'self' | 'other') =>
  stageAttack({
    source: `
pragma solidity ^0.8.0;
contract Points {
  mapping(address => uint256) public points;
  function mint(uint256 v) external { points[msg.sender] += v; }
  function transfer(address to, uint256 v) external { _move(to, v); }
  function pay(address to) external { _move(to, 1); }
  function _move(address to, uint256 v) internal { ${body} }
}`,
    history: (stage) => {
      const points = stage.deploy('Points')
      for (const who of [ALICE, BOB, MALLORY]) stage.call(who, points, 'mint', [1_000n])
      stage.call(ALICE, points, 'transfer', [BOB, 10n])
      stage.call(BOB, points, 'pay', [CAROL])
      return [points]
    },
    attack: (stage, [points]) =>
      stage.call(MALLORY, points!, 'transfer', [attacker === 'self' ? MALLORY : CAROL, 1_000n]),
  })
const STALE = `
  uint256 mine = points[msg.sender];
  uint256 theirs = points[to];
  points[msg.sender] = mine - v;
  points[to] = theirs + v;`
const FRESH = 'points[msg.sender] -= v; points[to] += v;'

describe('lostWrites', () => {
  it('notes the entry that is written first and refuses a second write to it, in the code all functions share', async () => {
    const [found, ...more] = lostWrites(await scene(STALE, 'self'))
    expect(more).toEqual([])
    expect(found).toMatchObject({ invariant: { name: 'no-lost-write' }, support: 2 })
    const [noted, refused] = found!.invariant.rules
    expect(found!.invariant.rules).toHaveLength(2)
    expect(noted).toMatchObject({ place: { at: 'instruction' }, note: { value: { op: 'stack', depth: 0 } } })
    expect(refused).toMatchObject({ place: { at: 'instruction' }, refuse: { op: 'equal' } })
  })

  it('says nothing of transfers between two accounts, nor of values read anew', async () => {
    expect(lostWrites(await scene(STALE, 'other'))).toEqual([])
    expect(lostWrites(await scene(FRESH, 'self'))).toEqual([])
  })
})
