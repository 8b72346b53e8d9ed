import type { Abi } from 'viem'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Dao, deployDao, now, TIMELOCK_DELAY, travel } from '../../test/e2e/governance/dao.ts'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { encode, startWorld, type World } from '../../test/support/onboard-world.ts'
import type { Address, Hex } from '../core/hex.ts'
import { toWord, ZERO_ADDRESS } from '../core/hex.ts'
import { vetoGovernorAbi, vetoGovernorBytecode } from '../generated/contracts.ts'
import { toTimelockBatch } from '../governance/batches/timelock-batch.ts'
import { scheduledBy } from '../governance/batches/veto-batch.ts'
import { planVeto, type Veto } from './propose-veto.ts'

const VOTE = 3_600n + 43_200n
const BLOCK_TOKEN = `
pragma solidity ^0.8.20;
import {ERC20, ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
contract BlockToken is ERC20, ERC20Votes {
  constructor() ERC20("", "") EIP712("", "1") {}
  function _update(address a, address b, uint256 v) internal override(ERC20, ERC20Votes) { super._update(a, b, v); }
}`

let world: World
let dao: Dao
let committee: Address
let salts = 0n
beforeAll(async () => {
  world = await startWorld()
  committee = world.accounts[5]!
  dao = await deployDao(world, committee)
  // Who proposes must have had the votes a moment before.
  await travel(world, 60n)
}, 120_000)
afterAll(() => world?.node.stop())

let operation: Hex
let execute: Hex
let schedule: Hex
beforeEach(async () => {
  const sender = { kind: 'timelock', address: dao.timelock, minDelay: TIMELOCK_DELAY } as const
  const call = { from: dao.timelock, to: committee, data: '0x', what: 'a call of no matter' } as const
  const options = { salt: toWord(++salts), delay: TIMELOCK_DELAY }
  ;({ operation, execute, schedule } = toTimelockBatch({ sender, calls: [call] }, options))
  await world.send(committee, dao.timelock, schedule)
})

const veto = (options: Partial<Parameters<typeof planVeto>[0]> = {}): Promise<Veto> =>
  planVeto({
    rpc: world.node.rpc,
    governor: dao.veto,
    timelock: null,
    operations: [operation],
    ...options,
  })

test('the vote is over before the operation can be executed, and cancels it', async () => {
  const planned = await veto()
  const { times, objections, proposed, timelock } = planned
  expect({ objections, proposed, timelock }).toEqual({
    objections: [],
    proposed: false,
    timelock: dao.timelock,
  })
  expect(times.deadline - times.snapshot).toBe(43_200n)
  expect(times.ready).toBe((await now(world)) + TIMELOCK_DELAY)
  await dao.cancel(planned.proposal)
  expect((await veto()).objections).toEqual([
    `the timelock does not know ${operation}: it was not scheduled, or cancelled already`,
    expect.stringMatching(/^TimelockController\.cancel\(.* fails: TimelockUnexpectedOperationState\(/),
    'the same proposal was executed: make another with --reason',
  ])
})

test('once it is proposed the times are those of the vote', async () => {
  const { proposal } = await veto()
  await world.send(world.accounts[1]!, dao.veto, proposal.propose)
  const proposedAt = await now(world)
  await travel(world, 7_200n)
  const { proposed, times } = await veto()
  expect(proposed).toBe(true)
  expect(times).toMatchObject({ snapshot: proposedAt + 3_600n, deadline: proposedAt + VOTE })
  expect((await veto({ reason: 'it steals' })).proposed).toBe(false)
})

test('a vote that ends too late is refused, one that ends shortly before is told', async () => {
  await travel(world, TIMELOCK_DELAY - VOTE - 600n)
  const { objections, notes } = await veto()
  expect(objections).toEqual([])
  expect(notes).toContainEqual(expect.stringMatching(/^only \d+ min/))
  await travel(world, 600n)
  expect((await veto()).objections).toEqual([expect.stringMatching(/^the vote ends /)])
})

test('what was executed cannot be vetoed', async () => {
  await travel(world, TIMELOCK_DELAY)
  await world.send(committee, dao.timelock, execute)
  expect((await veto()).objections[0]).toBe(`${operation} was executed already`)
})

test('who may not cancel is found out by trying', async () => {
  const { BlockToken } = compileSolidity(BLOCK_TOKEN, { compiler: 'solc', runs: 200, evmVersion: 'cancun' })
  const token = await world.create(BlockToken!)
  const governor = await world.create({ abi: vetoGovernorAbi as Abi, creation: vetoGovernorBytecode }, [
    dao.timelock,
    token,
    { votingDelay: 300, votingPeriod: 3_600, secondsPerTick: 12n, proposalThreshold: 0n, quorumPercent: 10n },
  ])
  await world.node.rpc.request('anvil_mine', ['0x3e9', '0xc'])
  const { objections, times, block } = await veto({ governor })
  expect(objections).toEqual([expect.stringContaining('AccessControlUnauthorizedAccount')])
  expect(times.estimated).toBe(true)
  // By the blocks of late, the first of which did not come on time.
  expect(Number(times.snapshot - block.timestamp)).toBeCloseTo(301 * 12, -1)
  expect(Number(times.deadline - times.snapshot)).toBeCloseTo(3_600 * 12, -2)
})

test('a governor of another timelock, or none, is refused', async () => {
  const refusal = expect.objectContaining({ code: 'CONFIG_INVALID' })
  await expect(veto({ timelock: ZERO_ADDRESS })).rejects.toEqual(refusal)
  await expect(veto({ governor: dao.timelock })).rejects.toEqual(refusal)
})

test('the id of what is scheduled is the one the timelock works out, for one call and for several', async () => {
  const single = [committee, 7n, '0x1234', toWord(0n), toWord(9n)] as const
  const data = encode('schedule(address,uint256,bytes,bytes32,bytes32,uint256)', [...single, 1n])
  const known = await world.read(
    dao.timelock,
    'hashOperation(address,uint256,bytes,bytes32,bytes32) view returns (bytes32)',
    single,
  )
  const call = (to: Address, calldata: Hex) => ({ to, data: calldata })
  const others = [call(committee, '0x'), call(dao.timelock, encode('getMinDelay()'))]
  expect(scheduledBy([...others, call(dao.timelock, data), call(dao.timelock, schedule)])).toEqual([
    { timelock: dao.timelock, operation: known },
    { timelock: dao.timelock, operation },
  ])
  expect(() => scheduledBy([call(dao.timelock, data.slice(0, 74) as Hex)])).toThrowError(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  )
})
