import { keccak256 } from 'viem'
import { readCode } from '../chain/deployment/ask.ts'
import type { Account } from '../chain/deployment/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import { askBreaker, askGate } from '../governance/batches/calls.ts'
import { describeDuration, describeTime } from '../governance/describe-time.ts'
import type { TargetStatus } from '../governance/read-target-status.ts'
import { readCodeFacts } from './onboard-facts.ts'
import type { ActionPlan, OwnerAction, Scene } from './propose.ts'
import { examineUpgrade } from './propose-upgrade.ts'

interface Upgrade {
  readonly account: Address
  readonly implementation: Address
  /** A call on the new implementation, or `0x`. */
  readonly data: Hex
}

/** Any new implementation, with what in its code should give a voter pause. */
export const upgradeTo = ({ account, implementation, data }: Upgrade): OwnerAction => ({
  name: 'upgrade',
  account,
  plan: async (scene, status) => {
    const { siteMapRoot, codeHash, notes } = await examineUpgrade(scene.view, {
      status,
      implementation,
      data,
    })
    return {
      sender: scene.site.owner,
      call: askGate(scene.site, 'upgrade', [status.target, implementation, data, siteMapRoot]),
      description: `Upgrade ${account} to ${implementation}, whose code hashes to ${codeHash}`,
      notes,
    }
  },
})

/** The provisional restriction that is in place now, and no other. */
export const ratify = (account: Address): OwnerAction => ({
  name: 'ratify',
  account,
  plan: async (scene, status) => {
    const { current: implementation } = status
    const code = await readCode(scene.view, implementation)
    const facts = readCodeFacts({ code, implementation })
    return {
      sender: scene.site.owner,
      call: askGate(scene.site, 'ratify', [status.target, keccak256(code), facts.siteMap.root]),
      description: `Keep the restriction ${implementation} of ${account}, whose code hashes to ${facts.codeHash}`,
      notes: [...ratifyInTime(scene, status), ...facts.risks],
    }
  },
})

/** While a timelock waits, the time in which nobody but the owner and guardians may roll back goes by. */
function ratifyInTime({ site, now }: Scene, { provisional, provisionalUntil }: TargetStatus): string[] {
  if (!provisional) return []
  const delay = site.owner.kind === 'timelock' ? site.owner.minDelay : 0n
  const spare = provisionalUntil - now - delay
  const ends = `anyone may roll the restriction back from ${describeTime(provisionalUntil, now)}`
  const waits = delay > 0n ? `, and the timelock waits ${describeDuration(delay)}` : ''
  if (spare <= 0n) return [`${ends}${waits}: this comes too late unless nobody does`]
  return [`${ends}${waits}: ${describeDuration(spare)} are left for deciding`]
}

export const unfreeze = (account: Address): OwnerAction => ({
  name: 'unfreeze',
  account,
  plan: plain('unfreeze', `Lift the freezes of ${account} and arm its pausers' fuses anew`, ({ freezes }) =>
    freezes.length > 0 ? [] : ['nothing of it is frozen now: only the fuses of its pausers are armed anew'],
  ),
})

export const rearm = (account: Address): OwnerAction => ({
  name: 'rearm',
  account,
  plan: plain('rearm', `Let guardians restrict ${account} anew`, ({ provisional, provisionalPeriod }) =>
    provisional
      ? [
          `the restriction in place stays for ${describeDuration(provisionalPeriod)} more, counted from the call`,
        ]
      : [],
  ),
})

/** The owner's own: it waits for nobody but the owner. */
export const rollBack = (account: Address): OwnerAction => ({
  name: 'rollback',
  account,
  plan: plain('rollback', `Take the restriction of ${account} back`, ({ original }) => [
    `the original ${original} runs again, with the flaw the restriction was for`,
  ]),
})

export const setStanding = (account: Address, standing: boolean): OwnerAction => ({
  name: 'standing',
  account,
  plan: async ({ site }, { target }) => ({
    sender: site.owner,
    call: askGate(site, 'setStanding', [target, standing]),
    description: standing
      ? `Keep a shim before ${account} for good`
      : `Put a shim before ${account} only where it is needed`,
    notes: standing
      ? ['every call of a user costs more; a freeze costs less, and one made at the Breaker counts at once']
      : [],
  }),
})

export const setGuardians = (guardians: readonly Address[], threshold: number): OwnerAction => ({
  name: 'guardians',
  account: null,
  plan: async ({ view, site }) => {
    const sorted = [...guardians].sort()
    const codes = await Promise.all(sorted.map((guardian) => readCode(view, guardian)))
    return {
      sender: site.owner,
      call: askGate(site, 'setGuardians', [sorted, threshold]),
      description: `Make ${sorted.join(', ')} the guardians, of whom ${threshold} decide`,
      notes: [
        'what was committed before is void; of what was signed, the signatures of those who stay still count',
        ...sorted
          .filter((_, index) => codes[index] !== '0x')
          .map((guardian) => `${guardian} is a contract: it must answer as ERC-1271 says`),
      ],
      shows: { guardians: true },
    }
  },
})

interface PauserChange {
  readonly account: Address
  readonly pauser: Address
  /** Seconds; 0 takes the role away. */
  readonly budget: number
}

export const setPauser = ({ account, pauser, budget }: PauserChange): OwnerAction => ({
  name: 'pauser',
  account,
  plan: async ({ site }, { target }) => ({
    sender: site.breakerOwner,
    call: askBreaker(site, 'setPauser', [target, pauser, budget]),
    description:
      budget === 0
        ? `Let ${pauser} freeze functions of ${account} no longer`
        : `Let ${pauser} freeze functions of ${account} for ${describeDuration(BigInt(budget))}`,
    notes: [
      ...(budget === 0 ? ['freezes it made stay until they end: `suture propose unfreeze` lifts them'] : []),
      ...ownedApart(site),
    ],
    shows: { pauser: { target, pauser } },
  }),
})

const ownedApart = ({ owner, breakerOwner }: { owner: Account; breakerOwner: Account }): string[] =>
  owner.address === breakerOwner.address
    ? []
    : [`the Breaker has an owner of its own, ${breakerOwner.address}`]

/** An action of the gate's owner that needs no more than the target. */
function plain(
  functionName: 'rearm' | 'rollback' | 'unfreeze',
  description: string,
  notes: (status: TargetStatus) => readonly string[],
) {
  return async ({ site }: Scene, status: TargetStatus): Promise<ActionPlan> => ({
    sender: site.owner,
    call: askGate(site, functionName, [status.target]),
    description,
    notes: notes(status),
  })
}
