import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Execution, Rpc, RunSequence, Simulate, Step } from '../chain/types.ts'
import type { Capability } from '../containment/plan.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, hexOf } from '../core/hex.ts'
import type { Protection } from '../detectors/types.ts'
import type { Sender, TransactionIntent } from '../execution/types.ts'
import { findGateTargets } from '../governance/find-gate-target.ts'
import type { Inbox } from '../governance/inbox.ts'
import { planRestrict } from '../governance/plan-restrict.ts'
import { prepareRestriction } from '../governance/prepare-restriction.ts'
import { predictPatched, readGateTarget } from '../governance/read-gate-target.ts'
import { effectiveCandidate } from '../incidents/facts.ts'
import type { EffectHandlers } from '../incidents/perform.ts'
import type { Incident } from '../incidents/types.ts'
import { relocatePatch } from '../patching/relocate.ts'
import { findTemplate } from '../patching/templates/table.ts'
import type { Certificate, Patch, PatchSet } from '../patching/types.ts'
import { verifyPatch } from '../verification/verify-patch.ts'
import { type Casebook, createCasebook } from './casebook.ts'
import { callsOf, planFor } from './contain.ts'
import { planRemedies, registeredMaps } from './remedy.ts'
import { selectorsOf } from './scene.ts'

export interface HandlerOptions {
  readonly rpc: Rpc
  readonly chainId: number
  readonly hardfork: string
  readonly simulate: Simulate
  readonly run: RunSequence
  readonly protection: Protection
  readonly capabilities: ReadonlyMap<Address, Capability>
  /** Benign executions as of now: what containment learns about exits. */
  readonly benign: () => readonly Execution[]
  readonly gate: Address | null
  /** null in a dry run: nothing is sent. */
  readonly sender: Sender | null
  readonly inbox: Inbox
  /** Seconds guardians have. */
  readonly approvalSeconds: bigint
  /** Seconds a freeze lasts. */
  readonly freezeSeconds: bigint
  /** Benign transactions as of now, oldest first. */
  readonly history: () => readonly Step[]
  readonly notify: (sentence: string, incident: Incident) => void
  /** Writes down a resolved incident. May be called again for the same. */
  readonly report: (incident: Incident) => Promise<void>
}

/** Milliseconds between looks at the chain's clock. */
const CLOCK_MS = 1_000

const parametersOf = (name: string) => findTemplate(name)?.params

/**
 * What Suture does about an incident: each effect with the stages that serve it. Everything durable is in the incident; what is
 * kept here besides can be made again, so a restart loses nothing but time.
 */
export function createHandlers(options: HandlerOptions): { handlers: EffectHandlers; casebook: Casebook } {
  const { rpc, chainId, gate, sender, inbox, protection, simulate } = options
  const casebook = createCasebook(options)

  async function chainTime(): Promise<bigint> {
    const block = await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])
    return BigInt(block.timestamp)
  }

  async function waitUntil(timestamp: bigint, signal: AbortSignal): Promise<void> {
    for (;;) {
      // An outage must not end a wait of hours.
      const now = await chainTime().catch((error: unknown) => {
        if (error instanceof SutureError && error.retryable) return 0n
        throw error
      })
      if (now >= timestamp) return
      await sleep(CLOCK_MS, undefined, { signal })
    }
  }

  const handlers: EffectHandlers = {
    'plan-containment': async (effect, incident) => {
      const containment = await planFor(incident, options)
      const calls = await Promise.all(
        containment.means.map((means) =>
          callsOf(rpc, means, { duration: containment.duration, incident: incident.id }),
        ),
      )
      const intents = sender
        ? calls.flat().map((call, index) => ({
            ...call,
            id: `${incident.id}/freeze/${incident.freezes.length}/${index}`,
            chainId,
            value: 0n,
            urgency: effect.urgency,
            ...(effect.outbid ? { outbid: effect.outbid } : {}),
          }))
        : []
      return { type: 'FreezePlanned', containment, considered: effect.functions, intents }
    },

    send: async ({ intent, purpose }, _incident, signal) => {
      if (sender === null) throw dryRun(intent)
      const receipt = await sender.submit(intent, signal)
      return purpose === 'freeze' ? { type: 'FreezeMined', receipt } : { type: 'RestrictionMined', receipt }
    },

    'await-lapse': async ({ plan, duration, since }, _incident, signal) => {
      const block = await rpc.request<{ timestamp: Hex } | null>('eth_getBlockByHash', [
        since.blockHash,
        false,
      ])
      if (block === null) {
        throw new SutureError('RPC_RESPONSE_INVALID', 'The node does not have the block of the freeze.', {
          meta: [`block: ${since.blockHash}`, 'fix: wait until the node has caught up'],
          retryable: true,
        })
      }
      await waitUntil(BigInt(block.timestamp) + duration, signal)
      return { type: 'FreezeLapsed', plan }
    },

    diagnose: async (_effect, incident) => {
      const { diagnoses } = await casebook.open(incident)
      const [diagnosis] = diagnoses
      if (diagnosis) return { type: 'AttackDiagnosed', diagnosis }
      throw new SutureError('PATCH_IMPOSSIBLE', 'The attack ran no protected code that could be diagnosed.', {
        meta: [`incident: ${incident.id}`, 'fix: check that the contract is still protected'],
      })
    },

    'plan-patches': async (_effect, incident) => {
      const { witnessed, diagnoses } = await casebook.open(incident)
      const { candidates, refusals } = planRemedies(witnessed, diagnoses, registeredMaps(witnessed))
      if (candidates.length > 0)
        return { type: 'PatchesPlanned', patches: candidates.map(({ patch }) => patch) }
      throw new SutureError('PATCH_IMPOSSIBLE', 'No patch fits; containment stays.', { meta: refusals })
    },

    verify: async ({ candidate, patch }, incident) => {
      const verdict = await verifyPatch(await casebook.baseline(incident), patch)
      return { type: 'PatchVerified', candidate, verdict }
    },

    'request-approval': async ({ patch, bundle }, incident) => {
      if (gate === null) throw noGate()
      const only = onlyPatch(patch)
      // What stood behind the proxy when it was attacked: by now that may be a freeze's shim.
      const { witnessed } = await casebook.open(incident)
      const target = await gateTargetOf(only.target, witnessed.protection)
      const state = await readGateTarget(rpc, { gate, target })
      const deadline = (await chainTime()) + options.approvalSeconds
      const salt = hexOf(randomBytes(32))
      const patchedAddress = await predictPatched(rpc, { gate, target, salt })
      const { certificate } = relocatePatch(only, patchedAddress)
      const restriction = prepareRestriction({
        target,
        state,
        certificate,
        bundleHash: bundle,
        salt,
        patchedAddress,
        deadline,
        parametersOf,
      })
      return { type: 'ApprovalRequested', gate, restriction }
    },

    'await-approval': async ({ gate: at, restriction }, incident, signal) => {
      const { patch, verdict } = incident.candidates![effectiveCandidate(incident)!]!
      const { target, salt } = restriction
      const { guardians, threshold } = await readGateTarget(rpc, { gate: at, target })
      const patchedAddress = await predictPatched(rpc, { gate: at, target, salt })
      const { runtime, certificate } = relocatePatch(onlyPatch(patch), patchedAddress)
      const request = {
        gate: at,
        chainId,
        incident: incident.id,
        restriction,
        runtime,
        certificate,
        description: patch.description,
        bundle: verdict!.bundle,
        guardians,
        threshold,
      }
      const lapsed = new AbortController()
      const either = AbortSignal.any([signal, lapsed.signal])
      const deadline = waitUntil(restriction.deadline, either).then(
        () => lapsed.abort(),
        () => undefined,
      )
      try {
        const approval = await inbox.collect(request, either)
        const call = planRestrict(approval, { runtime, certificate, parametersOf })
        const id = `${incident.id}/restrict/${restriction.nonce}`
        const intent: TransactionIntent = { ...call, id, chainId, value: 0n, urgency: 'normal' }
        return { type: 'ApprovalGranted', approval, intents: [intent] }
      } catch (error) {
        if (lapsed.signal.aborted && !signal.aborted) return { type: 'ApprovalLapsed' }
        throw error
      } finally {
        lapsed.abort()
        await deadline
      }
    },

    resolve: async (_effect, incident) => {
      const stands = (await retry(incident)).some(({ status }) => status === 'success')
      return { type: 'IncidentResolved', summary: summarise(incident, stands) }
    },

    reevaluate: async (_effect, incident) => {
      const executions = await retry(incident)
      const stands = executions.some(({ status }) => status === 'success')
      const reason = stands
        ? 'the attack still works on the new chain'
        : 'the attack no longer works on the new chain'
      return { type: 'AttackReevaluated', stands, reason }
    },

    notify: async ({ notice }, incident) => {
      options.notify(notice.sentence, incident)
      // The last notice of a resolved incident carries its report: like every effect it is made good after a crash.
      if (incident.closed === 'resolved' && incident.notices.at(-1)?.key === notice.key)
        await options.report(incident)
      return { type: 'NoticeSent', key: notice.key }
    },
  }

  return { handlers, casebook }

  /** The attack once more, on the chain as it is now. */
  async function retry({ sightings }: Incident): Promise<Execution[]> {
    const executions: Execution[] = []
    for (const { transaction, context } of sightings) {
      executions.push(await simulate({ transaction, block: context, watch: protection.contracts }))
    }
    return executions
  }

  /** How the gate knows the contract whose code is patched. */
  async function gateTargetOf(code: Address, known: Protection): Promise<Address> {
    const account = frontOf(code, known)
    const selectors = selectorsOf(await rpc.request<Hex>('eth_getCode', [code, 'latest']))
    const targets = await findGateTargets(rpc, { gate: gate!, account, selectors })
    // Unknown to the gate: reading the target then says so.
    return [...targets.keys()][0] ?? account
  }
}

type CertifiedPatch = Patch & { readonly runtime: Hex; readonly certificate: Certificate }

/** The restrict path applies one code at a time. */
function onlyPatch({ patches }: PatchSet): CertifiedPatch {
  const [patch, ...others] = patches
  const { runtime, certificate } = patch ?? {}
  if (patch && runtime && certificate && others.length === 0) return { ...patch, runtime, certificate }
  throw new SutureError('PATCH_IMPOSSIBLE', 'The restrict path takes one certified code at a time.', {
    meta: [
      `patches: ${patches.length}`,
      'fix: apply this patch on the upgrade path, by the guardians and the DAO',
    ],
  })
}

/** The address users call, for the account of a code. */
function frontOf(code: Address, { contracts, implementations }: Protection): Address {
  const front = contracts.has(code) ? code : implementations.get(code)
  if (front) return front
  throw new SutureError('PATCH_IMPOSSIBLE', 'The patched code does not stand behind a protected proxy.', {
    meta: [`account: ${code}`, 'fix: protect the proxy in front of it'],
  })
}

const noGate = () =>
  new SutureError('CONFIG_INVALID', 'Without a PatchGate a patch can only be advised.', {
    meta: ['field: protocols.*.gate', 'fix: name the gate that holds upgrade authority'],
  })

const dryRun = ({ id }: TransactionIntent) =>
  new SutureError('TRANSACTION_FAILED', 'This is a dry run; nothing is sent.', {
    meta: [`intent: ${id}`, 'fix: run with --broadcast'],
  })

/** A transaction of the attack may still go through without doing harm: then what it took is what verification compared. */
function summarise({ diagnosis, victim, restriction }: Incident, stands: boolean): string {
  const receipt = restriction.at(-1)?.receipt
  const again = stands
    ? 'some of its transactions still go through, without the harm'
    : 'the attack reverts now'
  return `${diagnosis?.class ?? 'unknown'} on ${victim} patched in block ${receipt?.blockNumber ?? '?'}; ${again}`
}
