import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, type Stage, stageAttack } from '../../../test/support/attack-scene.ts'
import { partsOfWhole } from './ratios.ts'

const SOURCE = `
pragma solidity ^0.7.0;
contract Tips {
  mapping(address => uint256) public credit;
  uint256 fee = 5;
  function tip(address to, uint256 bps) external payable { _share(to, msg.value, bps); }
  function tipFrom(uint256 amount, address to, uint256 bps) external { _share(to, amount, bps); }
  function charge(uint256 amount) external { credit[msg.sender] = amount - amount * fee / 100; }
  function _share(address to, uint256 amount, uint256 bps) internal { credit[to] += amount * bps / 10000; }
}`

const scene = (attack: (stage: Stage, tips: `0x${string}`) => void, benign: readonly bigint[]) =>
  stageAttack({
    source: SOURCE,
    setup: { compiler: 'solc-0.7.6', runs: 200 },
    history: (stage) => {
      const tips = stage.deploy('Tips')
      for (const bps of benign) stage.call(ALICE, tips, 'tip', [BOB, bps], { value: 50_000n })
      for (const bps of benign) stage.call(ALICE, tips, 'tipFrom', [70_000n, BOB, bps])
      return [tips]
    },
    attack: (stage, [tips]) => attack(stage, tips!),
  })

describe('partsOfWhole', () => {
  it('holds a part to the whole, where it is multiplied or at the entries of all functions that do', async () => {
    const evidence = await scene(
      (stage, tips) => stage.call(MALLORY, tips, 'tip', [MALLORY, 90_000n], { value: 20_000n }),
      [0n, 10_000n],
    )
    const [multiplied, entered, ...more] = partsOfWhole(evidence)
    expect(more).toEqual([])
    expect(multiplied!.invariant.rules).toMatchObject([{ place: { at: 'instruction' } }])
    expect(entered!.invariant.rules.map(({ place, refuse }) => [place, refuse])).toMatchObject([
      [{ selector: evidence.selectorOf('tip(address,uint256)') }, { a: { op: 'argument', offset: 36 } }],
      [
        { selector: evidence.selectorOf('tipFrom(uint256,address,uint256)') },
        { a: { op: 'argument', offset: 68 } },
      ],
    ])
  })

  it('says nothing where benign parts exceed the whole, and takes no amount for a part', async () => {
    const usual = await scene(
      (stage, tips) => stage.call(MALLORY, tips, 'tip', [MALLORY, 90_000n], { value: 20_000n }),
      [20_000n],
    )
    expect(partsOfWhole(usual)).toEqual([])
    const charged = await scene((stage, tips) => stage.call(MALLORY, tips, 'charge', [5_000n]), [])
    expect(partsOfWhole(charged)).toEqual([])
  })
})
