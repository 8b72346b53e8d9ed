import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseDenialOfService } from './denial-of-service.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Throne {
  uint64 public round;
  address payable public king;
  uint256 public prize;
  address payable public heir;
  function claim() external payable {
    require(msg.value > prize, "more");
    if (king != address(0)) king.transfer(prize);
    king = payable(msg.sender);
    prize = msg.value;
  }
  function name(address payable who) external { heir = who; }
  function give() external payable { heir.transfer(msg.value); }
}
contract Usurper {
  constructor() payable {}
  function run(Throne throne) external { throne.claim{value: 1000}(); }
}
contract Ledger {
  uint256[] public items;
  uint256 public sum;
  function put(uint256 n) external { for (uint256 i; i < n; i++) items.push(i + 1); }
  function total() external { uint256 t; for (uint256 i; i < items.length; i++) t += items[i]; sum = t; }
}`

describe('diagnoseDenialOfService', () => {
  it('names the payment that is refused, and keeps contracts from becoming who is paid', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const throne = stage.deploy('Throne')
        stage.call(ALICE, throne, 'claim', [], { value: 10n })
        stage.call(BOB, throne, 'claim', [], { value: 20n })
        return [throne]
      },
      attack: (stage, [throne]) => {
        const usurper = stage.deploy('Usurper', [], { from: MALLORY, value: 5_000n })
        stage.call(MALLORY, usurper, 'run', [throne])
        stage.call(ALICE, throne!, 'claim', [], { value: 2_000n })
      },
    })
    const [found, ...more] = diagnoseDenialOfService(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 'denial-of-service',
      selector: evidence.selectorOf('claim()'),
      confidence: 0.85,
    })
    expect(invariantsOf(found!)).toMatchObject([
      {
        name: 'payee-kept-without-code',
        rules: [
          { place: { at: 'instruction' }, refuse: { a: { op: 'field', a: { op: 'stack', depth: 1 } } } },
        ],
      },
      { name: 'payee-without-code', rules: [{ refuse: { op: 'code-size', a: { op: 'caller' } } }] },
      { name: 'payee-is-origin' },
    ])
  })

  it('asks for the code of the argument where that names who is paid', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const throne = stage.deploy('Throne')
        stage.call(ALICE, throne, 'name', [BOB])
        stage.call(ALICE, throne, 'give', [], { value: 5n })
        return [throne]
      },
      attack: (stage, [throne]) => {
        const usurper = stage.deploy('Usurper', [], { from: MALLORY })
        stage.call(MALLORY, throne!, 'name', [usurper])
        stage.call(ALICE, throne!, 'give', [], { value: 5n })
      },
    })
    const [found] = diagnoseDenialOfService(evidence)
    expect(found).toMatchObject({ selector: evidence.selectorOf('name(address)') })
    expect(invariantsOf(found!)).toMatchObject([
      {
        name: 'payee-kept-without-code',
        rules: [
          { place: { at: 'instruction' }, refuse: { a: { op: 'field', a: { op: 'stack', depth: 1 } } } },
        ],
      },
      {
        name: 'payee-without-code',
        rules: [{ refuse: { a: { op: 'field', a: { op: 'argument', offset: 4 } } } }],
      },
    ])
  })

  it('bounds by how much one call can make a list longer', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const ledger = stage.deploy('Ledger')
        stage.call(ALICE, ledger, 'put', [2n])
        stage.call(BOB, ledger, 'put', [6n])
        stage.call(BOB, ledger, 'total')
        return [ledger]
      },
      attack: (stage, [ledger]) => stage.call(MALLORY, ledger!, 'put', [90n]),
    })
    expect(diagnoseDenialOfService(evidence)).toMatchObject([
      { selector: evidence.selectorOf('put(uint256)'), confidence: 0.35, evidence: { grown: 90, most: 24 } },
    ])
  })
})
