import { describe, expect, it } from 'vitest'
import { ALICE, BOB, DEPLOYER, MALLORY, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseReinitialisation } from './reinitialisation.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Wallet {
  address public owner;
  uint256 public limit;
  uint256 public visits;
  mapping(bytes32 => address) public names;
  mapping(address => uint256) public held;
  function initialize(address who, uint256 most) external { owner = who; limit = most; }
  function setLimit(uint256 most) external { require(msg.sender == owner, "owner"); limit = most; }
  function sweep(address payable to) external { require(msg.sender == owner, "owner"); to.transfer(address(this).balance); }
  function claim(bytes32 name, address who) external { names[name] = who; }
  function put(uint256 more) external { held[tx.origin] += more; visits += more; }
  receive() external payable {}
}
contract Proxy {
  address immutable code;
  constructor(address c) payable { code = c; }
  fallback() external payable {
    address c = code;
    assembly {
      calldatacopy(0, 0, calldatasize())
      let ok := delegatecall(gas(), c, 0, calldatasize(), 0, 0)
      returndatacopy(0, 0, returndatasize())
      if iszero(ok) { revert(0, returndatasize()) }
      return(0, returndatasize())
    }
  }
}`

describe('diagnoseReinitialisation', () => {
  it('sees who is trusted set anew behind a proxy, and refuses it at the entry once it is set', async () => {
    let implementation: `0x${string}` = '0x'
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        implementation = stage.deploy('Wallet')
        const wallet = stage.deploy('Proxy', [implementation], { value: 1_000n })
        stage.call(DEPLOYER, wallet, 'initialize', [DEPLOYER, 5n])
        stage.call(DEPLOYER, wallet, 'setLimit', [9n])
        return [wallet]
      },
      attack: (stage, [wallet]) => {
        stage.call(MALLORY, wallet!, 'initialize', [MALLORY, 5n], { later: 0n })
        stage.call(MALLORY, wallet!, 'sweep', [MALLORY], { later: 0n })
      },
    })
    const [found, ...more] = diagnoseReinitialisation(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 're-initialisation',
      code: implementation,
      selector: evidence.selectorOf('initialize(address,uint256)'),
      confidence: 0.95,
    })
    const [once] = invariantsOf(found!)
    expect(once).toMatchObject({
      name: 'initialised-once',
      rules: [{ place: { at: 'entry', code: implementation }, refuse: { op: 'field', bits: 160 } }],
    })
  })

  it('sees an entry set anew that was only ever set once, and takes no sum for one', async () => {
    const names = [1n, 2n].map((n) => `0x${n.toString(16).padStart(64, '0')}`)
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const wallet = stage.deploy('Wallet')
        stage.call(ALICE, wallet, 'claim', [names[0], ALICE])
        stage.call(BOB, wallet, 'claim', [names[1], BOB])
        stage.call(ALICE, wallet, 'put', [3n])
        stage.call(BOB, wallet, 'put', [3n])
        return [wallet]
      },
      attack: (stage, [wallet]) => {
        stage.call(MALLORY, wallet!, 'claim', [names[0], MALLORY])
        stage.call(MALLORY, wallet!, 'put', [9n])
        stage.call(MALLORY, wallet!, 'put', [9n])
      },
    })
    const [found, ...more] = diagnoseReinitialisation(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({ selector: evidence.selectorOf('claim(bytes32,address)'), confidence: 0.6 })
    expect(invariantsOf(found!)).toMatchObject([{ name: 'entry-set-once' }])
  })

  it('takes a setter that its keeper used for no initialiser', async () => {
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const wallet = stage.deploy('Wallet')
        stage.call(DEPLOYER, wallet, 'initialize', [DEPLOYER, 5n])
        stage.call(DEPLOYER, wallet, 'initialize', [ALICE, 6n])
        return [wallet]
      },
      attack: (stage, [wallet]) => stage.call(MALLORY, wallet!, 'initialize', [MALLORY, 7n]),
    })
    expect(diagnoseReinitialisation(evidence)).toEqual([])
  })
})
