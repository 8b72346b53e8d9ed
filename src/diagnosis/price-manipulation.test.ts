import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, type Stage, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import type { Address } from '../core/hex.ts'
import { diagnosePriceManipulation } from './price-manipulation.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Pair {
  function put() external payable {}
  function price() external view returns (uint256) { return address(this).balance; }
}
contract Lender {
  Pair immutable pair;
  mapping(address => uint256) public credit;
  constructor(Pair p) { pair = p; }
  function lend(uint256 units) external { credit[msg.sender] += units * pair.price() / 1000; }
}
contract Fund {
  mapping(address => uint256) public shares;
  uint256 public total;
  function join() external payable {
    uint256 minted = total == 0 ? msg.value : msg.value * total / (address(this).balance - msg.value);
    shares[msg.sender] += minted;
    total += minted;
  }
  function leave(uint256 units) external {
    uint256 paid = units * address(this).balance / total;
    shares[msg.sender] -= units;
    total -= units;
    payable(msg.sender).transfer(paid);
  }
}
contract Trader {
  constructor() payable {}
  function strike(Pair pair, Lender lender) external {
    pair.price();
    pair.put{value: 1e9}();
    lender.lend(5000);
  }
  function honest(Lender lender) external { lender.lend(5000); }
  function swing(Fund fund) external {
    fund.join{value: 1e6}();
    fund.leave(1e6);
  }
  receive() external payable {}
}`

const lending = (attack: (stage: Stage, trader: Address, lender: Address, pair: Address) => void) => {
  let pair: Address
  return stageAttack({
    source: SOURCE,
    history: (stage) => {
      pair = stage.deploy('Pair')
      stage.call(ALICE, pair, 'put', [], { value: 1_000_000n })
      const lender = stage.deploy('Lender', [pair])
      stage.call(BOB, lender, 'lend', [700n])
      stage.call(BOB, pair, 'put', [], { value: 10_000n })
      stage.call(ALICE, lender, 'lend', [400n])
      return [lender]
    },
    attack: (stage, [lender]) => {
      const trader = stage.deploy('Trader', [], { from: MALLORY, value: 10n ** 11n })
      attack(stage, trader, lender!, pair)
    },
  })
}

describe('diagnosePriceManipulation', () => {
  it('sees an answer that was moved before it was used, and bounds it around what benign calls were told', async () => {
    const evidence = await lending((stage, trader, lender, pair) =>
      stage.call(MALLORY, trader, 'strike', [pair, lender], { later: 0n }),
    )
    const [found, ...more] = diagnosePriceManipulation(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 'price-manipulation',
      selector: evidence.selectorOf('lend(uint256)'),
      confidence: 0.8,
      evidence: { answeredDifferently: true },
    })
    expect(invariantsOf(found!)).toMatchObject([
      { name: 'price-in-band', rules: [{ place: { at: 'instruction', pc: found!.pc } }] },
    ])
  })

  it('takes a price that nobody moved in the block for no manipulation', async () => {
    const evidence = await lending((stage, trader, lender) =>
      stage.call(MALLORY, trader, 'honest', [lender], { later: 0n }),
    )
    expect(diagnosePriceManipulation(evidence)).toEqual([])
  })

  it('keeps apart the functions of a contract by which its own balance is moved and then shared', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const fund = stage.deploy('Fund')
        stage.call(ALICE, fund, 'join', [], { value: 3_000_000n })
        stage.call(BOB, fund, 'join', [], { value: 2_000_000n })
        stage.call(BOB, fund, 'leave', [1_000_000n])
        return [fund]
      },
      attack: (stage, [fund]) => {
        const trader = stage.deploy('Trader', [], { from: MALLORY, value: 10n ** 11n })
        stage.call(MALLORY, trader, 'swing', [fund], { later: 0n })
      },
    })
    const [found] = diagnosePriceManipulation(evidence)
    expect(found).toMatchObject({ selector: evidence.selectorOf('leave(uint256)'), confidence: 0.45 })
    expect(invariantsOf(found!)).toMatchObject([
      {
        name: 'not-in-one-block',
        rules: [
          { place: { selector: evidence.selectorOf('join()') } },
          { place: { selector: evidence.selectorOf('leave(uint256)') } },
        ],
      },
    ])
  })
})
