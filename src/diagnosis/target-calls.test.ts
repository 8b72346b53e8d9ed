import { encodeFunctionData, parseAbi } from 'viem'
import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, stageAttack } from '../../test/support/attack-scene.ts'
import { invariantsOf } from '../../test/support/invariants-of.ts'
import { diagnoseComposedCalls } from './target-calls.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Token {
  mapping(address => mapping(address => uint256)) public allowance;
  function approve(address spender, uint256 v) external returns (bool) { allowance[msg.sender][spender] = v; return true; }
  function work(uint256 a, uint256 b) external returns (uint256) { return a + b; }
}
contract Lender {
  uint256 public loans;
  function lend(address target, bytes calldata data) external { loans++; _call(target, data); }
  function lendTwice(address[2] calldata targets, bytes[2] calldata data) external {
    for (uint256 i = 0; i < 2; i++) { (bool ok, ) = targets[i].call(data[i]); require(ok); }
    loans++;
  }
  function allow(Token token, address spender) external { token.approve(spender, 1); loans++; }
  function _call(address target, bytes memory data) internal { (bool ok, ) = target.call(data); require(ok); }
}`
const abi = parseAbi(['function approve(address, uint256)', 'function work(uint256, uint256)'])
const approve = encodeFunctionData({ abi, functionName: 'approve', args: [MALLORY, 5n] })
const work = encodeFunctionData({ abi, functionName: 'work', args: [1n, 2n] })

async function scene(attack: 'composed' | 'own', usual: string) {
  let token: `0x${string}` = '0x'
  return stageAttack({
    source: SOURCE,
    history: (stage) => {
      token = stage.deploy('Token')
      const lender = stage.deploy('Lender')
      stage.call(ALICE, lender, 'lend', [token, usual])
      stage.call(BOB, lender, 'lendTwice', [
        [token, token],
        [work, work],
      ])
      return [lender]
    },
    attack: (stage, [lender]) => {
      if (attack === 'composed') stage.call(MALLORY, lender!, 'lend', [token, approve])
      else stage.call(MALLORY, lender!, 'allow', [token, MALLORY])
    },
  })
}

describe('diagnoseComposedCalls', () => {
  it('refuses movements of tokens at every call that callers compose', async () => {
    const evidence = await scene('composed', work)
    const [found, ...more] = diagnoseComposedCalls(evidence)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      class: 'arbitrary-call',
      selector: evidence.selectorOf('lend(address,bytes)'),
      evidence: { movements: ['0x095ea7b3'], places: 2 },
    })
    expect(invariantsOf(found!)[0]!.rules).toHaveLength(2)
  })

  it('says nothing of calls whose function the contract chose, nor of what benign callers compose too', async () => {
    expect(diagnoseComposedCalls(await scene('own', work))).toEqual([])
    expect(diagnoseComposedCalls(await scene('composed', approve))).toEqual([])
  })
})
