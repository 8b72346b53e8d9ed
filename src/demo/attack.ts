import { setTimeout as sleep } from 'node:timers/promises'
import { formatEther, formatUnits } from 'viem'
import type { Address, Hex } from '../core/hex.ts'
import { breakerAbi, patchGateAbi } from '../generated/contracts.ts'
import { dollarAbi } from '../generated/demo.ts'
import { awaitOutcome, calldata, type Outcome, perform } from './actor.ts'
import type { Announcements } from './announcements.ts'
import type { Channel } from './attacker.ts'
import type { Claims } from './claims.ts'
import type { Display } from './display.ts'
import type { Feed } from './feed.ts'
import { followIncident, type Milestone, type Response } from './milestones.ts'
import { readBlockNumber, readEther, readNumbers } from './read.ts'
import type { Shortfall } from './shortfall.ts'
import type { World } from './world.ts'

/** What the story is played with. */
export interface Stage {
  readonly world: World
  readonly feed: Feed
  readonly display: Display
  readonly claims: Claims
  readonly announced: Announcements
  readonly withPatch: boolean
}

/** One attack and what comes of it. */
export interface AttackScript {
  readonly title: string
  readonly name: 'pool' | 'reserve'
  readonly channel: Channel
  readonly strike: (channel: Channel) => Promise<Hex>
  /** How the attacker takes more later, when the first time went well. */
  readonly strikeAgain: (channel: Channel) => Promise<Hex>
}

export interface AttackStory {
  readonly title: string
  readonly contract: Address
  readonly channel: Channel
  readonly attack: Outcome
  readonly response: Response
  readonly milestones: readonly Milestone[]
  /** What users lost by the attack. */
  readonly lost: Shortfall
  /** What the contract still held afterwards, and the attacker went for. */
  readonly saved: Shortfall
  /** The attacker's last try. */
  readonly retry: Outcome
}

const INCIDENT_TIMEOUT_MS = 60_000
const POLL_MS = 25

/** Plays one attack to its end and checks against the chain what is claimed about it. */
export async function playAttack(stage: Stage, script: AttackScript): Promise<AttackStory> {
  const { world, feed, display, claims, withPatch } = stage
  const contract = world.deployment[script.name]
  const milestones: Milestone[] = []
  const tell = (milestone: Milestone) => {
    milestones.push(milestone)
    display.milestone(milestone)
  }
  display.heading(script.title)
  const lossBefore = await world.measureShortfall()
  // A block has just gone by, so that a pending attack is there to be seen for about as long as blocks are apart.
  if (script.channel === 'public') await nextBlock(world)
  const from = feed.lines.length
  const since = Date.now()
  const hash = await script.strike(script.channel)
  const following = followIncident({
    feed,
    attack: hash,
    victim: contract,
    since,
    from,
    until: withPatch ? 'IncidentResolved' : 'FreezeMined',
    timeoutMs: INCIDENT_TIMEOUT_MS,
    onMilestone: tell,
  })
  const attack = await awaitOutcome(world.node.rpc, hash)
  tell(mark('attack', describeAttack(attack, script.channel), attack.block))
  if (attack.succeeded) await comeBack()
  const response = await following
  const lost = subtract(await world.measureShortfall(), lossBefore)
  const saved = await readHoldings(world, script.name)
  tell(mark('loss', `users lost ${describeAmounts(lost)}; ${describeAmounts(saved)} is still there`, null))
  checkContainment(stage, script, { attack, lost })
  await checkFreezeOrder(stage, script, { attack, response })
  if (withPatch) await checkPatched(stage, script, { contract, response })
  else await liftFreeze(stage, contract, response)

  const retry = await awaitOutcome(world.node.rpc, await retryOf(script, attack)('private'))
  tell(mark('retry', retry.succeeded ? 'succeeds' : 'in private, reverts', retry.block))
  const after = subtract(await world.measureShortfall(), lossBefore)
  const more = subtract(after, lost)
  if (withPatch) {
    claims.check(
      `${script.name}: the attacker's retry reverts, and nothing more is lost`,
      !retry.succeeded && isNothing(more),
      `${retry.hash} ${retry.succeeded ? 'succeeded' : 'reverted'}; lost since: ${describeAmounts(more)}`,
    )
  } else {
    claims.check(
      `${script.name}: without the patch the attacker's retry succeeds once the freeze is lifted`,
      retry.succeeded && !isNothing(more),
      `${retry.hash} ${retry.succeeded ? 'succeeded' : 'reverted'}; lost: ${describeAmounts(more)}`,
    )
  }
  return {
    title: script.title,
    contract,
    channel: script.channel,
    attack,
    response,
    milestones,
    lost,
    saved,
    retry,
  }

  function mark(name: string, detail: string, block: bigint | null): Milestone {
    return { name, detail, block, milliseconds: Date.now() - since }
  }

  /** Two blocks later the attacker wants the rest; for all to see, since what is frozen need not be hidden from. */
  async function comeBack(): Promise<void> {
    await nextBlock(world)
    await nextBlock(world)
    const again = await awaitOutcome(world.node.rpc, await script.strikeAgain('public'))
    tell(mark('comes back', again.succeeded ? 'and takes more' : 'for the rest, and is refused', again.block))
  }
}

const retryOf = (script: AttackScript, attack: Outcome) =>
  attack.succeeded ? script.strikeAgain : script.strike

function checkContainment(
  { claims, announced }: Stage,
  { name, channel }: AttackScript,
  { attack, lost }: { attack: Outcome; lost: Shortfall },
): void {
  if (channel === 'public') {
    claims.check(
      `${name}: the attack everybody could see reverted, and nothing was lost`,
      !attack.succeeded && isNothing(lost) && announced.has(attack.hash),
      `${attack.hash} ${attack.succeeded ? 'succeeded' : 'reverted'}; lost: ${describeAmounts(lost)}`,
    )
  } else {
    claims.check(
      `${name}: the attack succeeded in its block, and was never announced before`,
      attack.succeeded && !isNothing(lost) && !announced.has(attack.hash),
      `${attack.hash} in block ${attack.block}; lost: ${describeAmounts(lost)}`,
    )
  }
}

async function checkFreezeOrder(
  { world, claims }: Stage,
  { name, channel }: AttackScript,
  { attack, response }: { attack: Outcome; response: Response },
): Promise<void> {
  const [first] = response.freezes
  const freeze = first ? await awaitOutcome(world.node.rpc, first) : null
  const evidence = freeze
    ? `freeze: transaction ${freeze.index} of block ${freeze.block}; attack: ${attack.index} of block ${attack.block}`
    : 'there was no freeze'
  if (channel === 'public') {
    const before = freeze?.succeeded && freeze.block === attack.block && freeze.index < attack.index
    claims.check(`${name}: the freeze stands before the attack in the same block`, before === true, evidence)
    return
  }
  claims.check(
    `${name}: the freeze followed`,
    freeze?.succeeded === true && freeze.block > attack.block,
    evidence,
  )
  if (!freeze) return
  const atAttack = await world.measureShortfall(attack.block)
  const now = await world.measureShortfall()
  claims.check(
    `${name}: nothing was lost after the block of the attack`,
    isNothing(subtract(now, atAttack)),
    `missing after block ${attack.block}: ${describeAmounts(atAttack)}; now: ${describeAmounts(now)}`,
  )
}

async function checkPatched(
  { world, claims }: Stage,
  { name }: AttackScript,
  { contract, response }: { contract: Address; response: Response },
): Promise<void> {
  const { breaker } = world.deployment
  const upgrade = response.restriction ? await awaitOutcome(world.node.rpc, response.restriction) : null
  claims.check(
    `${name}: the patch is in force, approved by ${response.signers.length} guardians`,
    upgrade?.succeeded === true,
    upgrade ? `${upgrade.hash} in block ${upgrade.block}` : 'there was no upgrade',
  )
  const view = { address: breaker, abi: breakerAbi, name: 'lastFrozenUntil', args: [contract] }
  const [until] = await readNumbers(world.node.rpc, [view])
  claims.check(`${name}: nothing is frozen any more`, until === 0n, `frozen until: ${until}`)
}

/** What is left without a patch: the freeze cannot last for ever, so the DAO lifts it. */
async function liftFreeze(
  { world, display }: Stage,
  contract: Address,
  { freezes }: Response,
): Promise<void> {
  if (freezes.length === 0) return
  for (let block = 0; block < 3; block++) await nextBlock(world)
  const data = calldata(patchGateAbi, 'unfreeze', [contract])
  const { block } = await perform(world.node.rpc, world.dao, {
    to: world.deployment.gate,
    data,
    gas: 3_000_000n,
  })
  display.line(`  the DAO lifts the freeze in block ${block}, with nothing repaired`)
}

function describeAttack({ succeeded, index }: Outcome, channel: Channel): string {
  const place = `transaction ${index} of the block`
  if (channel === 'private') return `${place}, never seen pending, ${succeeded ? 'succeeds' : 'reverts'}`
  return `${place}, ${succeeded ? 'succeeds' : 'reverts'}`
}

async function readHoldings({ node, deployment }: World, name: AttackScript['name']): Promise<Shortfall> {
  const { dollar, pool, reserve } = deployment
  if (name === 'pool') return { ether: await readEther(node.rpc, pool), dollars: 0n }
  const view = { address: dollar, abi: dollarAbi, name: 'balanceOf', args: [reserve] }
  const [dollars] = await readNumbers(node.rpc, [view])
  return { ether: 0n, dollars: dollars! }
}

/** Waits until a block later than the newest is there. */
export async function nextBlock({ node: { rpc } }: World): Promise<void> {
  const before = await readBlockNumber(rpc)
  while ((await readBlockNumber(rpc)) === before) await sleep(POLL_MS)
}

const subtract = (a: Shortfall, b: Shortfall): Shortfall => ({
  ether: a.ether - b.ether,
  dollars: a.dollars - b.dollars,
})

const isNothing = ({ ether, dollars }: Shortfall): boolean => ether <= 0n && dollars <= 0n

/** e.g. `331.25 ETH and 1200 HUSD`; `nothing` where both are zero. */
export function describeAmounts({ ether, dollars }: Shortfall): string {
  const parts = [
    ...(ether === 0n ? [] : [`${formatEther(ether)} ETH`]),
    ...(dollars === 0n ? [] : [`${formatUnits(dollars, 6)} HUSD`]),
  ]
  return parts.length === 0 ? 'nothing' : parts.join(' and ')
}
