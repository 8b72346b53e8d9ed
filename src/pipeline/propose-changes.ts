import { type Abi, decodeFunctionResult, encodeFunctionData } from 'viem'
import type { StateOverride } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress, ZERO_ADDRESS } from '../core/hex.ts'
import { breakerAbi, patchGateAbi } from '../generated/contracts.ts'
import type { GateSite } from '../governance/batches/types.ts'
import { describeDuration, describeTime } from '../governance/describe-time.ts'
import type { TargetStatus } from '../governance/read-target-status.ts'
import { probe, type Stage } from './onboard-rehearse.ts'

/** One thing gate or Breaker keep, in words, before and after a call. */
export interface Change {
  readonly what: string
  readonly before: string
  readonly after: string
}

/** Of what is told how it changes. */
export interface Shown {
  readonly target?: Pick<TargetStatus, 'target' | 'freezes'>
  readonly guardians?: boolean
  readonly pauser?: { readonly target: Address; readonly pauser: Address }
}

interface Reading {
  readonly site: GateSite
  readonly shown: Shown
  readonly state: StateOverride
}

type Rows = ReadonlyMap<string, string>

interface Target {
  readonly shimmed: boolean
  readonly standing: boolean
  readonly restrictableUntil: number
  readonly original: Address
  readonly current: Address
  readonly currentShim: Address
  readonly originalCodeHash: Hex
  readonly siteMapRoot: Hex
  readonly nonce: bigint
}

/** What gate and Breaker keep on this state, by name. */
export async function readRows(stage: Stage, { site, shown, state }: Reading): Promise<Rows> {
  const ask = async <T>(of: 'gate' | 'breaker', functionName: string, args: readonly unknown[]) => {
    const abi = (of === 'gate' ? patchGateAbi : breakerAbi) as Abi
    const data = encodeFunctionData({ abi, functionName, args })
    const { succeeded, output } = await probe(stage, { from: ZERO_ADDRESS, to: site[of], data }, state)
    if (!succeeded) throw unanswered(site[of], functionName)
    return decodeFunctionResult({ abi, functionName, data: output }) as T
  }
  const now = stage.block.timestamp
  const rows = new Map<string, string>()
  if (shown.target) {
    const { target, freezes } = shown.target
    for (const row of rowsOf(await ask<Target>('gate', 'targetOf', [target]), now)) rows.set(...row)
    for (const { selector } of freezes) {
      const until = await ask<bigint>('breaker', 'frozenUntil', [target, selector])
      rows.set(
        `function ${selector}`,
        until > now ? `frozen until ${describeTime(until, now)}` : 'not frozen',
      )
    }
  }
  if (shown.guardians) {
    const guardians = await ask<readonly Address[]>('gate', 'guardians', [])
    const threshold = await ask<bigint>('gate', 'threshold', [])
    rows.set('guardians', guardians.map(toAddress).join(', '))
    rows.set('threshold', `${threshold} of ${guardians.length}`)
  }
  if (shown.pauser) {
    const { target, pauser } = shown.pauser
    const kept = await ask<{ budget: number; fuseEnd: number }>('breaker', 'pauserOf', [target, pauser])
    rows.set('budget', kept.budget === 0 ? 'no pauser' : describeDuration(BigInt(kept.budget)))
    rows.set('fuse', describeFuse(BigInt(kept.fuseEnd), now))
  }
  return rows
}

/** What is another after than it was before. */
export function tellChanges(before: Rows, after: Rows): Change[] {
  return [...after]
    .filter(([what, value]) => before.get(what) !== value)
    .map(([what, value]) => ({ what, before: before.get(what) ?? 'nothing', after: value }))
}

function rowsOf(target: Target, now: bigint): [string, string][] {
  const { original, current, currentShim, shimmed, restrictableUntil } = target
  return [
    ['original', `${toAddress(original)} ${target.originalCodeHash}`],
    ['site map', target.siteMapRoot],
    ['restriction', current === original ? 'none' : `${toAddress(current)}, not ratified`],
    ['runs', shimmed ? `${toAddress(currentShim)}, a shim before ${toAddress(current)}` : toAddress(current)],
    ['shim', target.standing ? 'always there' : 'only where it is needed'],
    ['restrictable', describeWindow(BigInt(restrictableUntil), now)],
    ['nonce', String(target.nonce)],
  ]
}

function describeWindow(until: bigint, now: bigint): string {
  if (until === 0n) return 'yes, the time begins with the next restriction'
  return until > now ? `until ${describeTime(until, now)}` : 'no, the time is spent'
}

function describeFuse(end: bigint, now: bigint): string {
  if (end === 0n) return 'armed'
  return end > now ? `burns until ${describeTime(end, now)}` : 'blown'
}

const unanswered = (contract: Address, functionName: string): SutureError =>
  new SutureError('RPC_RESPONSE_INVALID', 'The contract did not answer when its state was asked for.', {
    meta: [`contract: ${contract}`, `function: ${functionName}`, 'fix: use another node'],
  })
