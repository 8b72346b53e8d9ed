import type { Abi } from 'viem'
import type { Address, Hex } from '../../../src/core/hex.ts'
import { vetoGovernorAbi, vetoGovernorBytecode } from '../../../src/generated/contracts.ts'
import { type GovernorBatch, toGovernorBatch } from '../../../src/governance/batches/governor-batch.ts'
import type { VetoBatch } from '../../../src/governance/batches/veto-batch.ts'
import { encode, type World } from '../../support/onboard-world.ts'
import { compileGovernance } from './contracts.ts'
import type { Call } from './safe.ts'

export const TIMELOCK_DELAY = 2n * 86_400n
const DAO_VOTE = { delay: 3_600n, period: 86_400n }
/** Over before the timelock's delay is. */
const VETO = {
  votingDelay: 3_600,
  votingPeriod: 43_200,
  secondsPerTick: 1n,
  proposalThreshold: 10n ** 18n,
  quorumPercent: 10n,
}
const ROLES = ['PROPOSER_ROLE', 'CANCELLER_ROLE', 'DEFAULT_ADMIN_ROLE'] as const
/** Of `IGovernor.ProposalState`. */
const SUCCEEDED = 4
const FOR = 1

/** A DAO of token holders, and what its members do. */
export interface Dao {
  readonly timelock: Address
  readonly governor: Address
  readonly veto: Address
  /** A proposal from the vote to its execution by anyone, after the timelock's delay. */
  decide(proposal: GovernorBatch): Promise<void>
  /** The same for calls nobody wrote a file for. */
  decideOn(calls: readonly Call[]): Promise<void>
  /** A vote that cancels what waits in the timelock, from its proposal to its execution. */
  cancel(veto: VetoBatch): Promise<void>
}

/**
 * Governor, timelock and veto over one token. The committee may propose to the timelock, and not cancel; nobody is the timelock's
 * administrator but itself.
 */
export async function deployDao(world: World, committee: Address): Promise<Dao> {
  const { VoteToken, TimelockController, DaoGovernor } = compileGovernance()
  const [deployer, alice, bob] = world.accounts as [Address, Address, Address]
  const token = await world.create(VoteToken!)
  for (const voter of [alice, bob]) {
    await world.send(deployer, token, encode('mint(address,uint256)', [voter, 10n ** 20n]))
    await world.send(voter, token, encode('delegate(address)', [voter]))
  }
  const anyone = `0x${'00'.repeat(20)}`
  const timelock = await world.create(TimelockController!, [TIMELOCK_DELAY, [committee], [anyone], deployer])
  const governor = await world.create(DaoGovernor!, [token, timelock, DAO_VOTE.delay, DAO_VOTE.period])
  const veto = await world.create({ abi: vetoGovernorAbi as Abi, creation: vetoGovernorBytecode }, [
    timelock,
    token,
    VETO,
  ])
  const [proposer, canceller, admin] = await Promise.all(
    ROLES.map((role) => world.read(timelock, `${role}() view returns (bytes32)`)),
  )
  const set = (name: string, role: unknown, account: Address) =>
    world.send(deployer, timelock, encode(`${name}(bytes32,address)`, [role, account]))
  await set('grantRole', proposer, governor)
  await set('grantRole', canceller, governor)
  await set('grantRole', canceller, veto)
  await set('revokeRole', canceller, committee)
  await set('renounceRole', admin, deployer)

  let proposals = 0
  const written = (at: Address, calls: readonly Call[]) =>
    toGovernorBatch(
      { sender: { kind: 'eoa', address: at }, calls: calls.map((call) => ({ ...call, from: at, what: '' })) },
      { governor: at, description: `proposal ${++proposals}` },
    )

  async function vote({ governor: at, proposalId, propose }: Omit<GovernorBatch, 'queue'>): Promise<void> {
    const id = BigInt(proposalId)
    const timeOf = async (name: string) =>
      (await world.read(at, `${name}(uint256) view returns (uint256)`, [id])) as bigint
    await world.send(alice, at, propose)
    await travelTo(world, (await timeOf('proposalSnapshot')) + 1n)
    for (const voter of [alice, bob])
      await world.send(voter, at, encode('castVote(uint256,uint8)', [id, FOR]))
    await travelTo(world, (await timeOf('proposalDeadline')) + 1n)
    const state = await world.read(at, 'state(uint256) view returns (uint8)', [id])
    if (state !== SUCCEEDED) throw new TypeError(`the vote ended in state ${state}`)
  }

  async function decide(proposal: GovernorBatch): Promise<void> {
    await vote(proposal)
    await world.send(deployer, governor, proposal.queue)
    await travel(world, TIMELOCK_DELAY)
    await world.send(deployer, governor, proposal.execute)
  }

  return {
    ...{ timelock, governor, veto, decide },
    decideOn: (calls) => decide(written(governor, calls)),
    cancel: async (proposal) => {
      await vote(proposal)
      await world.send(deployer, veto, proposal.execute)
    },
  }
}

export async function now({ node }: World): Promise<bigint> {
  return BigInt(
    (await node.rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])).timestamp,
  )
}

export async function travel(world: World, seconds: bigint): Promise<void> {
  await travelTo(world, (await now(world)) + seconds)
}

async function travelTo({ node }: World, timestamp: bigint): Promise<void> {
  await node.rpc.request('evm_setNextBlockTimestamp', [`0x${timestamp.toString(16)}`])
  await node.rpc.request('evm_mine')
}
