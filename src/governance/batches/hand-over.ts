import type { Authority } from '../../chain/deployment/types.ts'
import { type Address, toWord } from '../../core/hex.ts'
import { askAuthority, askThroughGate, type Errand } from './calls.ts'
import type { BatchCall, GateSite, Registrable } from './types.ts'

/** Of AccessControl. */
const DEFAULT_ADMIN_ROLE = toWord(0n)

/** The head of a Safe's list of modules: the newest module stands right behind it. */
const HEAD: Address = '0x0000000000000000000000000000000000000001'

/**
 * What gives the gate the authority over targets; one hand-over for what several of them share. `holders`: gates that hold authority
 * already and act through their owners, when targets move from one gate to another.
 */
export function handOver(
  site: GateSite,
  targets: readonly Registrable[],
  holders: readonly GateSite[] = [],
): BatchCall[] {
  const gives = targets.flatMap((target) => {
    const { authority, forwarder } = target
    if (forwarder) return []
    if (target.via) return enableModule(site, authority)
    if (authority.holder.address === site.gate) return []
    const holding = holders.find(({ gate }) => gate === authority.holder.address)
    return give(authority, site.gate).map((errand) =>
      holding ? askThroughGate(holding, errand) : askAuthority(authority.holder, errand),
    )
  })
  const accepts = targets
    .filter((target) => passes(site, target) && target.authority.by === 'two-step-owner')
    .map(({ authority }) => askThroughGate(site, accept(authority)))
  return unique([...gives, ...accepts])
}

/** What gives the authority over targets back to who held it. */
export function handBack(site: GateSite, targets: readonly Registrable[]): BatchCall[] {
  const gives = targets.flatMap((target) => {
    const { authority } = target
    const { holder } = authority
    if (target.forwarder) {
      const errand: Errand = { to: target.target, functionName: 'transferOwnership', args: [holder.address] }
      return [askThroughGate(site, errand)]
    }
    if (target.via) return disableModule(site, authority)
    if (!passes(site, target)) return []
    if (authority.by === 'role') {
      const errands = [grant(authority, holder.address), revoke(authority, site.gate)]
      // Who may grant the role kept that power, unless the role is the one that grants all.
      const throughGate = authority.role === DEFAULT_ADMIN_ROLE
      return errands.map((errand) =>
        throughGate ? askThroughGate(site, errand) : askAuthority(holder, errand),
      )
    }
    return give(authority, holder.address).map((errand) => askThroughGate(site, errand))
  })
  const accepts = targets
    .filter((target) => passes(site, target) && target.authority.by === 'two-step-owner')
    .map(({ authority }) => askAuthority(authority.holder, accept(authority)))
  return unique([...gives, ...accepts])
}

/** What only the holder of an authority can do, without changing anything: passing it to itself. */
export function exerciseAuthority({ authority, forwarder, target }: Registrable): BatchCall[] {
  const { holder } = authority
  const held: Authority = forwarder ? { ...authority, contract: target } : authority
  if (held.by === 'role') return [askAuthority(holder, grant(held, holder.address))]
  return give(held, holder.address).map((errand) => askAuthority(holder, errand))
}

/** Whether the authority itself changes hands. */
function passes(site: GateSite, { via, forwarder, authority }: Registrable): boolean {
  return !via && !forwarder && authority.holder.address !== site.gate
}

/** What the present holder does. */
function give(authority: Authority, receiver: Address): Errand[] {
  const { contract, by, holder } = authority
  if (by === 'admin') return [{ to: contract, functionName: 'changeAdmin', args: [receiver] }]
  if (by === 'role') return [grant(authority, receiver), revoke(authority, holder.address)]
  return [{ to: contract, functionName: 'transferOwnership', args: [receiver] }]
}

const accept = ({ contract }: Authority): Errand => ({
  to: contract,
  functionName: 'acceptOwnership',
  args: [],
})

const grant = ({ contract, role }: Authority, account: Address): Errand => ({
  to: contract,
  functionName: 'grantRole',
  args: [role, account],
})

const revoke = ({ contract, role }: Authority, account: Address): Errand => ({
  to: contract,
  functionName: 'revokeRole',
  args: [role, account],
})

function isModule({ holder }: Authority, gate: Address): boolean {
  return holder.kind === 'safe' && holder.modules.includes(gate)
}

function enableModule({ gate }: GateSite, authority: Authority): BatchCall[] {
  const { holder } = authority
  if (isModule(authority, gate)) return []
  return [askAuthority(holder, { to: holder.address, functionName: 'enableModule', args: [gate] })]
}

/** A gate that was a module before may serve other targets; it stays one. */
function disableModule({ gate }: GateSite, authority: Authority): BatchCall[] {
  const { holder } = authority
  if (isModule(authority, gate)) return []
  return [askAuthority(holder, { to: holder.address, functionName: 'disableModule', args: [HEAD, gate] })]
}

/** Proxies under one ProxyAdmin, and facets of one diamond, change hands together. */
function unique(calls: readonly BatchCall[]): BatchCall[] {
  const seen = new Set<string>()
  return calls.filter(({ from, to, data }) => {
    const key = `${from}${to}${data}`
    return !seen.has(key) && seen.add(key)
  })
}
