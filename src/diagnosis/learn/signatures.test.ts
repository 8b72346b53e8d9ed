import { keccak256, stringToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { ALICE, BOB, MALLORY, stageAttack } from '../../../test/support/attack-scene.ts'
import { signatures } from './signatures.ts'

const SOURCE = `
pragma solidity ^0.8.0;
contract Vouchers {
  mapping(address => address) public keyOf;
  mapping(address => uint256) public paid;
  function setKey(address key) external { keyOf[msg.sender] = key; }
  function claim(address account, bytes32 what, uint8 v, bytes32 r, bytes32 s) external {
    require(ecrecover(what, v, r, s) == keyOf[account]);
    paid[msg.sender] += 1;
  }
}`
const key = privateKeyToAccount(keccak256(stringToHex('a key of a test')))
const WORD = `0x${'00'.repeat(32)}`

async function sign(what: string): Promise<readonly unknown[]> {
  const hash = keccak256(stringToHex(what))
  const signature = await key.sign({ hash })
  return [
    ALICE,
    hash,
    BigInt(`0x${signature.slice(130)}`),
    signature.slice(0, 66),
    `0x${signature.slice(66, 130)}`,
  ]
}

async function scene(attack: readonly (readonly unknown[])[], benign: readonly string[] = ['one', 'two']) {
  const vouchers = await Promise.all(benign.map(sign))
  return stageAttack({
    source: SOURCE,
    history: (stage) => {
      const contract = stage.deploy('Vouchers')
      stage.call(ALICE, contract, 'setKey', [key.address])
      for (const voucher of vouchers) stage.call(BOB, contract, 'claim', voucher)
      return [contract]
    },
    attack: (stage, [contract]) => {
      for (const args of attack) stage.call(MALLORY, contract!, 'claim', args)
    },
  })
}
const namesOf = async (evidence: ReturnType<typeof scene>) =>
  signatures(await evidence).map(({ invariant }) => invariant.name)

describe('signatures', () => {
  it('refuses what recovers to nobody, behind the call that recovers', async () => {
    const [found, ...more] = signatures(await scene([[MALLORY, WORD, 27n, WORD, WORD]]))
    expect(more).toEqual([])
    expect(found).toMatchObject({
      invariant: { name: 'somebody-signed', rules: [{ refuse: { op: 'is-zero', a: { op: 'returned' } } }] },
      support: 2,
    })
  })

  it('refuses a signature the second time, whether history or the attack used it first', async () => {
    const three = await sign('three')
    expect(await namesOf(scene([three, three]))).toEqual(['signature-once'])
    expect(await namesOf(scene([await sign('two')]))).toEqual(['signature-once'])
  })

  it('says nothing where signatures are fresh, or are used again in benign calls too', async () => {
    expect(await namesOf(scene([await sign('three')]))).toEqual([])
    expect(await namesOf(scene([await sign('one')], ['one', 'one']))).toEqual([])
  })
})
