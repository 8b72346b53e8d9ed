import { describe, expect, it } from 'vitest'
import { ALICE, MALLORY, stageAttack } from '../../../test/support/attack-scene.ts'
import type { Evidence } from '../evidence.ts'
import { argumentIsCaller } from './arguments.ts'
import { allCalls, calledFunctions, type Learned } from './calls.ts'
import { writeInvariants } from './writes.ts'

/** Members are contracts: the addresses of the scene's people are too small to be told from amounts. */
const scene = (delegated: boolean) => {
  let victim: `0x${string}` = '0x'
  return stageAttack({
    source: `
pragma solidity ^0.8.0;
contract Club {
  mapping(address => uint256) public shares;
  function join() external payable { shares[msg.sender] += msg.value; }
  function leave(uint256 v) external { _pay(msg.sender, v); }
  function leaveFor(address from, uint256 v) external { _pay(from, v); }
  function quit(address from) external { uint256 v = shares[from]; shares[from] = 0; payable(msg.sender).transfer(v); }
  function _pay(address from, uint256 v) internal { shares[from] -= v; payable(msg.sender).transfer(v); }
}
contract Member {
  receive() external payable {}
  function enter(Club club) external payable { club.join{value: msg.value}(); }
  function part(Club club) external { club.leave(10); }
  function partFor(Club club, address who) external { club.leaveFor(who, 10); }
  function end(Club club) external { club.quit(address(this)); }
}`,
    setup: { compiler: 'solc', runs: 1 },
    history: (stage) => {
      const club = stage.deploy('Club')
      const members = [stage.deploy('Member'), stage.deploy('Member')]
      for (const member of members) stage.call(ALICE, member, 'enter', [club], { value: 100n })
      const [first, second] = members as [`0x${string}`, `0x${string}`]
      victim = first
      stage.call(ALICE, first, 'part', [club])
      stage.call(ALICE, second, 'partFor', [club, delegated ? first : second])
      stage.call(ALICE, second, 'end', [club])
      return [club]
    },
    attack: (stage, [club]) => stage.call(MALLORY, club!, 'leaveFor', [victim, 90n]),
  })
}

const learn = (evidence: Evidence, make: (fn: ReturnType<typeof calledFunctions>[number]) => Learned[]) =>
  calledFunctions(evidence).flatMap(make)

describe('writeInvariants', () => {
  it('keeps entries of others from all functions that share the instruction, where all of them did', async () => {
    const evidence = await scene(false)
    const everyone = allCalls(evidence).benign
    const found = learn(evidence, (fn) => writeInvariants(fn, everyone))
    expect(found.map(({ invariant, support }) => [invariant.name, support])).toEqual([
      ['debit-own-anywhere', 2],
      ['debit-own', 1],
    ])
    const [, narrow] = found
    expect(narrow!.invariant.rules[0]!.refuse).toMatchObject({ op: 'and', a: { op: 'equal' } })
  })

  it('asks nothing of them where one acts for others', async () => {
    const evidence = await scene(true)
    const everyone = allCalls(evidence).benign
    const found = learn(evidence, (fn) => writeInvariants(fn, everyone))
    expect(found.map(({ invariant }) => invariant.name)).not.toContain('debit-own-anywhere')
  })
})

describe('argumentIsCaller', () => {
  it('asks the same of other functions whose callers always named themselves, and then of the attacked one alone', async () => {
    const evidence = await scene(false)
    const everyone = allCalls(evidence).benign
    const [wide, alone, ...more] = learn(evidence, (fn) => argumentIsCaller(fn, everyone))
    expect(more).toEqual([])
    expect(wide!.invariant.name).toBe('argument-is-caller-anywhere')
    expect(wide!.invariant.rules.map(({ place }) => place)).toMatchObject(
      ['leaveFor(address,uint256)', 'quit(address)'].map((name) => ({ selector: evidence.selectorOf(name) })),
    )
    expect(alone!.invariant).toMatchObject({ name: 'argument-is-caller', rules: [{}] })
  })
})
