import { describe, expect, it } from 'vitest'
import {
  ALICE,
  BOB,
  CAROL,
  DEPLOYER,
  MALLORY,
  type Stage,
  stageAttack,
} from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { planPatches } from '../patching/plan.ts'
import { diagnoseDelegation } from './authority-delegation.ts'
import { diagnoseAuthorityEffect } from './authority-effect.ts'
import { diagnoseEntryAuthority } from './authority-entries.ts'
import { diagnoseAuthorityChange } from './authority-lock.ts'
import { diagnoseOriginAuthority } from './authority-origin.ts'
import type { Evidence } from './evidence.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract House {
  address public owner = msg.sender;
  address public keeper;
  uint256 public price;
  uint256 public visits;
  mapping(address => bool) public clerk;
  mapping(address => bool) public listed;
  mapping(uint256 => Room) public rooms;
  struct Room { address host; address cleaner; uint256 dirt; }
  constructor() payable { clerk[msg.sender] = true; }
  modifier onlyOwner() { require(msg.sender == owner, "owner"); _; }
  function setOwner(address to) external { owner = to; }
  function resetOwner(address to) external { visits++; owner = to; }
  function handOver(address to) external onlyOwner { owner = to; }
  function setKeeper(address to) external onlyOwner { keeper = to; }
  function tidy() external { require(msg.sender == keeper, "keeper"); visits++; }
  function setPrice(uint256 to) external { price = to; }
  function spend(address payable to, uint256 wei_) external { require(clerk[tx.origin], "clerk"); to.transfer(wei_); }
  function visit() external { visits += tx.origin == address(1) ? 2 : 1; }
  function list(address code, bool on) external onlyOwner { listed[code] = on; }
  function run(address code, bytes calldata data) external { (bool ok, ) = code.delegatecall(data); require(ok); }
  function furnish(uint256 id, address host, address cleaner) external { rooms[id].host = host; rooms[id].cleaner = cleaner; }
  function appoint(uint256 id, address cleaner) external { require(msg.sender == rooms[id].host, "host"); rooms[id].cleaner = cleaner; }
  function clean(uint256 id) external { require(msg.sender == rooms[id].cleaner, "cleaner"); rooms[id].dirt = 0; }
}
contract Module {
  function nothing() external {}
}
contract Lure {
  House house;
  constructor(House to) { house = to; }
  function look(uint256 wei_) external { house.spend(payable(address(this)), wei_); }
  function visitFor() external { house.visit(); }
  receive() external payable {}
}`

const openHouse = (stage: Stage) => stage.deploy('House', [], { value: 1_000n })
const EMPTY = '0x448f30a3'

describe('diagnoseAuthorityChange', () => {
  it('locks whom the contract trusts at the write that changed it and at every other unguarded one', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const house = openHouse(stage)
        stage.call(DEPLOYER, house, 'handOver', [ALICE])
        stage.call(ALICE, house, 'setKeeper', [BOB])
        stage.call(BOB, house, 'tidy')
        return [house]
      },
      attack: (stage, [house]) => stage.call(MALLORY, house!, 'setOwner', [MALLORY]),
    })
    const [found, ...more] = diagnoseAuthorityChange(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 'access-control',
      selector: evidence.selectorOf('setOwner(address)'),
    })
    expect(invariantsOf(found!)[0]!.rules.map(({ place }) => place.at)).toEqual([
      'instruction',
      'instruction',
      'every',
    ])
    const [patch] = planPatches(found!, new Map([[found!.code, codeOf(evidence)]]), { hardfork: 'cancun' })
    const guarded = patch!.description.filter((line) =>
      line.includes(evidence.selectorOf('resetOwner(address)')),
    )
    expect(guarded).toHaveLength(1)
  })

  it('says nothing where strangers took over by the rules before', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const house = openHouse(stage)
        stage.call(ALICE, house, 'setOwner', [ALICE])
        stage.call(ALICE, house, 'setKeeper', [BOB])
        return [house]
      },
      attack: (stage, [house]) => stage.call(MALLORY, house!, 'setOwner', [MALLORY]),
    })
    expect(diagnoseAuthorityChange(evidence)).toEqual([])
  })
})

describe('diagnoseAuthorityEffect', () => {
  const sets = (callers: readonly (typeof ALICE)[]) =>
    stageAttack({
      source: SOURCE,
      history: (stage) => {
        const house = openHouse(stage)
        stage.call(DEPLOYER, house, 'setKeeper', [BOB])
        stage.call(BOB, house, 'tidy')
        for (const [index, who] of callers.entries()) stage.call(who, house, 'setPrice', [BigInt(index + 1)])
        return [house]
      },
      attack: (stage, [house]) => stage.call(MALLORY, house!, 'setPrice', [9n]),
    })

  it('asks for the roles that those who used an instruction before held', async () => {
    const [found] = diagnoseAuthorityEffect(await sets([BOB, DEPLOYER, BOB, BOB, DEPLOYER]))
    expect(found).toMatchObject({ class: 'access-control', confidence: 0.86, evidence: { uses: 5 } })
    expect(JSON.stringify(found!.evidence)).toMatch(/slot 0x1.*slot 0x0/)
  })

  it('says nothing where somebody without a role used it before', async () => {
    expect(diagnoseAuthorityEffect(await sets([BOB, DEPLOYER, CAROL]))).toEqual([])
  })
})

describe('diagnoseOriginAuthority', () => {
  it('refuses a trusted sender that does not call itself, wherever the sender is read', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const house = openHouse(stage)
        stage.call(DEPLOYER, house, 'spend', [ALICE, 1n])
        return [house]
      },
      attack: (stage, [house]) => {
        const lure = stage.deploy('Lure', [house], { from: MALLORY })
        stage.call(DEPLOYER, lure, 'look', [500n])
      },
    })
    const [found, ...more] = diagnoseOriginAuthority(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({ selector: evidence.selectorOf('spend(address,uint256)') })
    const [patch] = planPatches(found!, new Map([[found!.code, codeOf(evidence)]]), { hardfork: 'cancun' })
    for (const signature of ['spend(address,uint256)', 'visit()'])
      expect(patch!.description.join()).toContain(evidence.selectorOf(signature))
  })

  it('does not mind a contract calling where the sender is not looked up as somebody trusted', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => [openHouse(stage)],
      attack: (stage, [house]) => {
        const lure = stage.deploy('Lure', [house], { from: MALLORY })
        stage.call(DEPLOYER, lure, 'visitFor')
      },
    })
    expect(diagnoseOriginAuthority(evidence)).toEqual([])
  })
})

describe('diagnoseDelegation', () => {
  it('runs only code on the list that holds what benign calls named, or else only that', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const house = openHouse(stage)
        const module = stage.deploy('Module')
        stage.call(DEPLOYER, house, 'list', [module, true])
        stage.call(ALICE, house, 'run', [module, EMPTY])
        return [house]
      },
      attack: (stage, [house]) => {
        const module = stage.deploy('Module', [], { from: MALLORY })
        stage.call(MALLORY, house!, 'run', [module, EMPTY])
      },
    })
    const [found, ...more] = diagnoseDelegation(evidence)
    expect(more).toEqual([])
    expect(invariantsOf(found!).map(({ name, notes }) => [name, notes[0]])).toEqual([
      ['runs-listed-code', 'only code with an entry in the mapping at slot 0x5 can be run'],
      ['runs-known-code', expect.stringContaining('can be run')],
    ])
  })
})

describe('diagnoseEntryAuthority', () => {
  const furnished = (again: boolean) =>
    stageAttack({
      source: SOURCE,
      history: (stage) => {
        const house = openHouse(stage)
        stage.call(ALICE, house, 'furnish', [7n, ALICE, BOB])
        stage.call(ALICE, house, 'appoint', [7n, CAROL])
        stage.call(CAROL, house, 'clean', [7n])
        if (again) stage.call(BOB, house, 'furnish', [7n, BOB, BOB])
        return [house]
      },
      attack: (stage, [house]) => stage.call(MALLORY, house!, 'furnish', [7n, ALICE, MALLORY]),
    })

  it('keeps an entry to those in charge of it, by any of its members', async () => {
    const evidence = await furnished(false)
    const [found, ...more] = diagnoseEntryAuthority(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({ selector: evidence.selectorOf('furnish(uint256,address,address)') })
    expect(invariantsOf(found!)[0]!.rules).toHaveLength(2)
  })

  it('says nothing where an entry was taken over before', async () => {
    expect(diagnoseEntryAuthority(await furnished(true))).toEqual([])
  })
})

function codeOf({ history, protection }: Evidence): `0x${string}` {
  const [house] = protection.contracts
  const code = history.map(({ diff }) => diff[house!]?.code?.after).find((known) => known !== undefined)
  return code!
}
