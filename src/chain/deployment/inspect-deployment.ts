import { type Address, type Hex, toAddress } from '../../core/hex.ts'
import { resolveContract } from '../resolve-proxy.ts'
import type { ResolvedContract } from '../types.ts'
import { askAddress, encodeCall, readCode, tryCall } from './ask.ts'
import {
  addressesInCode,
  canChangeAdmin,
  DEFAULT_ADMIN_ROLE,
  findTransfer,
  findUpgrader,
  mayUpgrade,
  type UpgradeAttempt,
} from './find-authority.ts'
import { findForwarderRoute } from './find-forwarder-route.ts'
import { readAccount } from './read-account.ts'
import type { Authority, ChainView, Inspection, Upgradable } from './types.ts'

const DIAMOND_CUT: Hex = '0x1f931c1c'

const NO_PROXY = 'there is no proxy this tool knows at the address: the code that runs can never change'

const MORE_THAN_UPGRADES =
  "whatever else its owner may do passes to the gate with it: the gate's owner then does it through PatchGate.execute"

interface InspectOptions {
  /** Who may upgrade, where the contract does not say so itself: the holder of a role, for example. */
  readonly authority?: Address
}

interface Subject {
  readonly view: ChainView
  readonly resolved: ResolvedContract
  readonly implementation: Address
  readonly given: Address | undefined
}

/**
 * What a gate would have to take over so that it can patch `proxy`, from the chain alone: which contract is upgraded and how, who may do
 * so today, and how that power is handed on. Several results for a diamond: one for each facet.
 *
 * No ABI and no name is trusted. Who may upgrade is found by trying: an upgrade to what runs already must work for the candidate and for
 * nobody else. What is only claimed by the answer of `owner()` and cannot be tried is proved later, when the batch is simulated.
 */
export async function inspectDeployment(
  view: ChainView,
  proxy: Address,
  options: InspectOptions = {},
): Promise<readonly Inspection[]> {
  const resolved = await resolveContract(view.rpc, proxy, view.block)
  const given = options.authority
  // What an earlier onboarding installed: from then on the proxy obeys a beacon.
  const beacon = await readForwarder(view, resolved.implementation)
  if (beacon) return [await inspectBeaconProxy({ view, resolved, implementation: beacon, given }, beacon)]
  const implementation = await behindShim(view, resolved.implementation)
  const subject = { view, resolved, implementation, given }
  if (resolved.kind === 'diamond') return inspectDiamond(subject)
  return [await inspectProxy(subject)]
}

/** While a freeze lasts, a shim of a gate stands before the implementation. */
async function behindShim(view: ChainView, implementation: Address): Promise<Address> {
  return (await askPair(view, implementation, ['shimOriginal()', 'shimTarget()'])) ?? implementation
}

/** The beacon behind an implementation that is a forwarder. */
async function readForwarder(view: ChainView, implementation: Address): Promise<Address | null> {
  return askPair(view, implementation, ['forwarderBeacon()', 'forwarderInstaller()'])
}

/** The first of two answers, if they differ: a fallback that answers everything gives the same twice. */
async function askPair(
  view: ChainView,
  to: Address,
  [first, second]: readonly [string, string],
): Promise<Address | null> {
  const [answer, other] = await Promise.all([askAddress(view, to, first), askAddress(view, to, second)])
  return answer && other && answer !== other ? answer : null
}

async function inspectProxy(subject: Subject): Promise<Inspection> {
  const { kind, implementation } = subject.resolved
  if (kind === 'none')
    return (await inspectBeacon(subject, subject.resolved.address)) ?? unsuitable(subject, NO_PROXY)
  if (kind === 'minimal')
    return unsuitable(
      subject,
      `a minimal proxy delegates to ${implementation} for ever: it cannot be upgraded`,
    )
  if (kind === 'beacon') return inspectBeaconProxy(subject, subject.resolved.beacon!)
  if (kind === 'transparent') return inspectAdministered(subject, subject.resolved.admin!)
  return inspectSelfUpgrading(subject)
}

async function inspectBeaconProxy(subject: Subject, beacon: Address): Promise<Inspection> {
  const found = await inspectBeacon(subject, beacon)
  return found ?? unsuitable(subject, `nobody was found who may upgrade the beacon ${beacon}`)
}

/** null where nobody was found who may upgrade it, or it is no beacon. */
async function inspectBeacon(
  { view, resolved, given }: Subject,
  beacon: Address,
): Promise<Inspection | null> {
  const behind = await askAddress(view, beacon, 'implementation()')
  if (!behind) return null
  const implementation = await behindShim(view, behind)
  const owner = await askAddress(view, beacon, 'owner()')
  const found = await findUpgrader(view, [owner, given], {
    beacon: { to: beacon, data: encodeCall('upgradeTo(address)', [implementation]) },
  })
  if (!found) return null
  const authority = await findTransfer(view, beacon, found.who)
  const shared = 'a beacon serves all its proxies: a freeze and a patch concern every one of them'
  const subject = { view, resolved, implementation, given }
  return upgradable(subject, { kind: 'beacon', target: beacon, authority, notes: [shared] })
}

/** A proxy whose admin slot is set: a ProxyAdmin, a key or wallet, or a contract with plans of its own. */
async function inspectAdministered(subject: Subject, admin: Address): Promise<Inspection> {
  const { view, resolved, implementation, given } = subject
  const proxy = resolved.address
  const owner = await askAddress(view, admin, 'owner()')
  const found = await findUpgrader(view, [owner, given], {
    'transparent-legacy': {
      to: admin,
      data: encodeCall('upgrade(address,address)', [proxy, implementation]),
    },
    transparent: {
      to: admin,
      data: encodeCall('upgradeAndCall(address,address,bytes)', [proxy, implementation, '0x']),
    },
  })
  if (!found) return inspectDirect(subject, admin)
  const authority = await findTransfer(view, admin, found.who)
  const shared = `whoever owns the ProxyAdmin ${admin} upgrades every proxy under it, not this one alone`
  return upgradable(subject, { kind: found.how, proxyAdmin: admin, authority, notes: [shared] })
}

/**
 * A proxy that obeys its admin without a ProxyAdmin between. Where the admin is a contract of an unknown kind, whether it can hand the
 * proxy on is not known either; that it installs implementations with a function of its own comes first.
 */
async function inspectDirect(subject: Subject, admin: Address): Promise<Inspection> {
  const { view, resolved, implementation } = subject
  const proxy = resolved.address
  const holder = await readAccount(view, admin)
  const installed = holder.kind === 'contract' ? await inspectInstaller(subject, admin) : null
  if (installed) return installed
  const attempt = { to: proxy, data: encodeCall('upgradeTo(address)', [implementation]) }
  if (await mayUpgrade(view, admin, attempt)) {
    const by = (await canChangeAdmin(view, proxy, admin)) ? 'admin' : 'nothing'
    return upgradable(subject, { kind: 'direct', authority: { contract: proxy, by, holder } })
  }
  const reason = `its admin ${admin} (${holder.kind}) upgrades it in no way this tool knows`
  return unsuitable(subject, reason)
}

/** The admin is a contract that calls what it installs: a forwarder must come between. null where it is not seen to install anything. */
async function inspectInstaller(subject: Subject, installer: Address): Promise<Inspection | null> {
  const { view, resolved, implementation, given } = subject
  const owner = given ?? (await askAddress(view, installer, 'owner()'))
  const installation = owner && { installer, owner, proxy: resolved.address, implementation }
  const route = installation && (await findForwarderRoute(view, installation))
  if (!route) return null
  const holder = await readAccount(view, owner)
  return upgradable(subject, {
    kind: 'beacon',
    authority: { contract: installer, by: 'owner', holder },
    forwarder: route,
    notes: [
      `its admin ${installer} calls what it installs, so a gate cannot use it: a forwarder to a beacon of the gate's is installed once`,
      `the beacon names ${implementation}: the forwarder silently takes back whatever is installed before it, so plan again before that step`,
      `${owner} can still install something else through ${installer}: that power does not pass to the gate, and the gate is left by it`,
      `upgrades go by PatchGate.upgrade from then on; what ${installer} calls on a new implementation has to be called in the same batch`,
      'the forwarder stays after an exit, until something else is installed',
    ],
  })
}

/** UUPS; or, where the implementation has no upgrade function, a proxy that keeps its admin in its code. */
async function inspectSelfUpgrading(subject: Subject): Promise<Inspection> {
  const { view, resolved, implementation, given } = subject
  const proxy = resolved.address
  const owner = await askAddress(view, proxy, 'owner()')
  const upgradeTo: UpgradeAttempt = { to: proxy, data: encodeCall('upgradeTo(address)', [implementation]) }
  const found = await findUpgrader(view, [given, owner, await firstRoleMember(view, proxy)], {
    'uups-legacy': upgradeTo,
    uups: { to: proxy, data: encodeCall('upgradeToAndCall(address,bytes)', [implementation, '0x']) },
  })
  if (found) {
    const authority = await findTransfer(view, proxy, found.who)
    const passed = authority.by !== 'nothing'
    const whole = passed && (authority.by !== 'role' || authority.role === DEFAULT_ADMIN_ROLE)
    return upgradable(subject, { kind: found.how, authority, notes: whole ? [MORE_THAN_UPGRADES] : [] })
  }
  const inside = await findUpgrader(view, await addressesInCode(view, proxy), { direct: upgradeTo })
  if (inside) return inspectDirect(subject, inside.who)
  return unsuitable(
    subject,
    'nobody was found who may upgrade it: neither an owner nor an admin in its code; name the holder with --authority',
  )
}

async function firstRoleMember(view: ChainView, contract: Address): Promise<Address | null> {
  const role = await tryCall(view, { to: contract, data: encodeCall('UPGRADER_ROLE()') })
  if (role?.length !== 66) return null
  const data = encodeCall('getRoleMember(bytes32,uint256)', [role, 0n])
  const member = await tryCall(view, { to: contract, data })
  return member?.length === 66 ? toAddress(`0x${member.slice(26)}`) : null
}

async function inspectDiamond(subject: Subject): Promise<Inspection[]> {
  const { view, resolved } = subject
  const diamond = resolved.address
  const owner = subject.given ?? (await askAddress(view, diamond, 'owner()'))
  if (!owner)
    return [unsuitable(subject, 'the diamond names no owner (ERC-173); name who may cut it with --authority')]
  const authority = await findTransfer(view, diamond, owner)
  const functions = Object.entries(resolved.facets!) as [Hex, Address][]
  return Promise.all(
    [...new Set(Object.values(resolved.facets!))].map((facet) => {
      const selectors = functions.filter(([, at]) => at === facet).map(([selector]) => selector)
      return inspectFacet(subject, { facet, selectors: selectors.sort(), authority })
    }),
  )
}

interface Facet {
  readonly facet: Address
  readonly selectors: readonly Hex[]
  readonly authority: Authority
}

async function inspectFacet(subject: Subject, { facet, selectors, authority }: Facet): Promise<Inspection> {
  if (facet === subject.resolved.address)
    return unsuitable(subject, `${selectors.length} functions are the diamond's own and can never change`)
  if (selectors.includes(DIAMOND_CUT)) {
    return unsuitable(
      subject,
      `the facet ${facet} holds diamondCut: a patch of it could shut the way back to the original`,
    )
  }
  const implementation = await behindShim(subject.view, facet)
  return upgradable({ ...subject, implementation }, { kind: 'facet', selectors, authority })
}

type Found = Pick<Upgradable, 'kind' | 'authority'> &
  Partial<Pick<Upgradable, 'target' | 'proxyAdmin' | 'selectors' | 'notes' | 'forwarder'>>

async function upgradable(subject: Subject, found: Found): Promise<Inspection> {
  const { view, resolved, implementation } = subject
  const proxy = resolved.address
  const { holder, by, contract } = found.authority
  if (by === 'nothing' && holder.kind !== 'safe') {
    const reason = `${holder.address} (${holder.kind}) may upgrade it, and nothing was found by which that can be handed on`
    return unsuitable(subject, reason)
  }
  const notes = [
    ...(by === 'nothing'
      ? [`the Safe cannot hand on its power over ${contract}: it keeps it, and the gate acts through it`]
      : []),
    ...(found.notes ?? []),
    ...(holder.kind === 'contract' ? [unknownHolder(holder.address)] : []),
  ]
  return {
    fits: true,
    proxy,
    target: proxy,
    proxyAdmin: null,
    selectors: [],
    implementation,
    code: await readCode(view, implementation),
    ...found,
    notes,
  }
}

const unknownHolder = (address: Address): string =>
  `${address} is a contract of a kind this tool does not know: see that it can make the calls it is asked for`

function unsuitable({ resolved }: Subject, reason: string): Inspection {
  return { fits: false, proxy: resolved.address, reason }
}
