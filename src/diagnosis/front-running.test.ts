import { type Address, encodePacked, type Hex, keccak256 } from 'viem'
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
import { diagnoseFrontRunning } from './front-running.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Token {
  mapping(address => uint256) public balanceOf;
  mapping(address => mapping(address => uint256)) public allowance;
  constructor() { balanceOf[msg.sender] = 1e9; }
  function transfer(address to, uint256 v) external { balanceOf[msg.sender] -= v; balanceOf[to] += v; }
  function approve(address s, uint256 v) external { _approve(msg.sender, s, v); }
  function transferFrom(address from, address to, uint256 v) external {
    _approve(from, msg.sender, allowance[from][msg.sender] - v);
    balanceOf[from] -= v;
    balanceOf[to] += v;
  }
  function _approve(address o, address s, uint256 v) internal { allowance[o][s] = v; }
}
contract Quiz {
  mapping(address => bytes32) public sealedBy;
  constructor() payable {}
  function commit(bytes32 s) external { sealedBy[msg.sender] = s; }
  function open(bytes32 answer) external {
    require(sealedBy[msg.sender] == keccak256(abi.encodePacked(msg.sender, answer)), "sealed");
    payable(msg.sender).transfer(10);
  }
}
contract Shop {
  uint256 public price = 10;
  mapping(uint256 => uint256) public prices;
  mapping(address => uint256) public bought;
  uint256 public sold;
  function setPrice(uint256 p) external { price = p; }
  function list(uint256 id, uint256 p) external { prices[id] = p; }
  function buy() external payable { bought[msg.sender] += msg.value / price; sold += 1; }
  function buyListed(uint256 id) external payable { bought[msg.sender] += msg.value / prices[id]; }
  function gift(address to) external { bought[to] += 1; }
}`
const now = { later: 0n }

const tokenScene = (attack: (stage: Stage, token: `0x${string}`) => void) =>
  stageAttack({
    source: SOURCE,
    history: (stage) => {
      const token = stage.deploy('Token')
      stage.call(DEPLOYER, token, 'transfer', [ALICE, 1_000n])
      stage.call(ALICE, token, 'approve', [BOB, 300n])
      stage.call(BOB, token, 'transferFrom', [ALICE, BOB, 100n])
      stage.call(ALICE, token, 'approve', [MALLORY, 200n])
      return [token]
    },
    attack: (stage, [token]) => attack(stage, token!),
  })

const shopScene = (attack: (stage: Stage, shop: `0x${string}`) => void) =>
  stageAttack({
    source: SOURCE,
    history: (stage) => {
      const shop = stage.deploy('Shop')
      stage.call(ALICE, shop, 'buy', [], { value: 100n })
      stage.call(BOB, shop, 'list', [1n, 5n])
      stage.call(CAROL, shop, 'buyListed', [1n], { value: 50n })
      return [shop]
    },
    attack: (stage, [shop]) => attack(stage, shop!),
  })

describe('diagnoseFrontRunning', () => {
  it('sees an allowance spent right before it is set anew, and keeps the two apart', async () => {
    const evidence = await tokenScene((stage, token) => {
      stage.call(MALLORY, token, 'transferFrom', [ALICE, MALLORY, 200n], now)
      stage.call(ALICE, token, 'approve', [MALLORY, 150n], now)
      stage.call(MALLORY, token, 'transferFrom', [ALICE, MALLORY, 150n], now)
    })
    const [found, ...more] = diagnoseFrontRunning(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 'front-running',
      selector: evidence.selectorOf('approve(address,uint256)'),
      confidence: 0.9,
    })
    expect(invariantsOf(found!).map(({ name }) => name)).toEqual([
      'allowance-settled',
      'allowance-through-zero',
    ])
  })

  it('takes no spending after the setting for a race', async () => {
    const evidence = await tokenScene((stage, token) => {
      stage.call(ALICE, token, 'approve', [CAROL, 150n], now)
      stage.call(CAROL, token, 'transferFrom', [ALICE, CAROL, 150n], now)
    })
    expect(diagnoseFrontRunning(evidence).filter(({ confidence }) => confidence > 0.5)).toEqual([])
  })

  it('sees an allowance set over what an earlier block had left of it', async () => {
    const evidence = await tokenScene((stage, token) => {
      stage.call(ALICE, token, 'approve', [MALLORY, 150n])
      stage.call(MALLORY, token, 'transferFrom', [ALICE, MALLORY, 150n])
    })
    const [found] = diagnoseFrontRunning(evidence)
    expect(found).toMatchObject({
      selector: evidence.selectorOf('approve(address,uint256)'),
      confidence: 0.6,
    })
    expect(invariantsOf(found!).map(({ name }) => name)).toEqual(['allowance-through-zero'])
  })

  it('sees a commitment that is made and opened in one block', async () => {
    const answer = `0x${'5a'.repeat(32)}`
    const sealed = (who: Address) => keccak256(encodePacked(['address', 'bytes32'], [who, answer as Hex]))
    const evidence = await stageAttack({
      source: SOURCE,
      history: (stage) => {
        const quiz = stage.deploy('Quiz', [], { value: 100n })
        stage.call(ALICE, quiz, 'commit', [sealed(ALICE)])
        stage.call(ALICE, quiz, 'open', [answer])
        return [quiz]
      },
      attack: (stage, [quiz]) => {
        stage.call(MALLORY, quiz!, 'commit', [sealed(MALLORY)], now)
        stage.call(MALLORY, quiz!, 'open', [answer], now)
      },
    })
    const [found] = diagnoseFrontRunning(evidence)
    expect(found).toMatchObject({ selector: evidence.selectorOf('open(bytes32)'), confidence: 0.75 })
    expect(invariantsOf(found!)[0]!.name).toBe('settled-before-use')
  })

  it('sees a price changed right before another sender paid it: where it is read, or where the function is entered', async () => {
    const fixed = await shopScene((stage, shop) => {
      stage.call(MALLORY, shop, 'setPrice', [100n], now)
      stage.call(ALICE, shop, 'buy', [], { ...now, value: 100n })
    })
    expect(diagnoseFrontRunning(fixed)).toMatchObject([
      { selector: fixed.selectorOf('buy()'), confidence: 0.45 },
    ])
    const places = invariantsOf(diagnoseFrontRunning(fixed)[0]!).map(({ rules }) => rules[0]!.place.at)
    expect(places).toEqual(['instruction', 'entry'])
    const listed = await shopScene((stage, shop) => {
      stage.call(MALLORY, shop, 'list', [1n, 50n], now)
      stage.call(ALICE, shop, 'buyListed', [1n], { ...now, value: 50n })
    })
    const [found] = diagnoseFrontRunning(listed)
    expect(found).toMatchObject({ selector: listed.selectorOf('buyListed(uint256)') })
    expect(invariantsOf(found!)[0]!.rules[0]!.place).toMatchObject({ at: 'instruction', pc: found!.pc })
  })

  it('lets a gift be, which adds to what its receiver has', async () => {
    const evidence = await shopScene((stage, shop) => {
      stage.call(MALLORY, shop, 'gift', [ALICE], now)
      stage.call(ALICE, shop, 'buy', [], { ...now, value: 100n })
    })
    expect(diagnoseFrontRunning(evidence)).toEqual([])
  })
})
