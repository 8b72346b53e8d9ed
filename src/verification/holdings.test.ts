import { encodeFunctionData } from 'viem'
import { expect, it } from 'vitest'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { address } from '../../test/support/incident.ts'
import { startCaseNode } from '../chain/case-node.ts'
import type { Case } from '../chain/types.ts'
import { toWord } from '../core/hex.ts'
import { findHoldings, keyOf, measureMovements } from './holdings.ts'

const TOKEN = address(0x70c3)
const [HOLDER, THIEF, PLAIN] = [address(0x101), address(0x102), address(0x103)]

it('a token that moves balances without an event is measured by asking it', async () => {
  const { Token } = compileSolidity(
    `contract Token {
      mapping(address => uint256) public balanceOf;
      function mint(address to, uint256 amount) external { balanceOf[to] += amount; }
      function transferFrom(address from, address to, uint256 amount) external { balanceOf[from] -= amount; balanceOf[to] += amount; }
    }`,
    { compiler: 'solc', runs: 200 },
  )
  const call = (functionName: string, args: readonly unknown[]) => ({
    from: THIEF,
    to: TOKEN,
    data: encodeFunctionData({ abi: Token!.abi, functionName, args }),
    value: 0n,
    gas: 200_000n,
  })
  const block = {
    number: 100n,
    timestamp: 1_700_000_000n,
    baseFeePerGas: 0n,
    gasLimit: 30_000_000n,
    coinbase: address(0),
    prevRandao: toWord(0n),
  }
  const told: Case = {
    name: 'silent token',
    chainId: 1,
    hardfork: 'cancun',
    block,
    alloc: { [TOKEN]: { balance: 0n, nonce: 1n, code: Token!.runtime, storage: {} } },
    protected: [TOKEN],
    history: [],
    attack: [],
  }
  const node = await startCaseNode(told)
  try {
    const minted = await node.run({ steps: [{ transaction: call('mint', [HOLDER, 500n]), block }] })
    const steps = [{ transaction: call('transferFrom', [HOLDER, THIEF, 200n]), block }]
    const taken = await node.run({ steps, state: minted.state })
    expect(taken.executions[0]!.transfers).toEqual([])
    const mute = { token: PLAIN, account: HOLDER, tokenId: null }
    const movements = await measureMovements(
      {
        run: node.run,
        executions: taken.executions,
        before: minted.state,
        after: taken.state,
        anchor: { block },
      },
      [...findHoldings(taken.executions), mute],
    )
    const lost = Object.fromEntries(movements.map(({ holding, lost }) => [keyOf(holding), lost]))
    expect(lost[`${TOKEN}/${HOLDER}`]).toBe(200n)
    expect(lost[`${TOKEN}/${THIEF}`]).toBe(-200n)
    expect(lost[keyOf(mute)]).toBe(0n)
  } finally {
    await node.stop()
  }
})
