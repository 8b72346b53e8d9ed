import type { Execution } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, addressOfWord, bytesOf, type Hex, toWord } from '../core/hex.ts'
import { observed } from '../diagnosis/evidence.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import { analyseCode } from '../evm/analysis/analyse.ts'
import type { Analysis } from '../evm/analysis/types.ts'
import { buildCfg } from '../evm/cfg.ts'
import { type Outcome, searchValues } from '../patching/state/search.ts'
import {
  countReaders,
  findSetters,
  highestOf,
  type Parameter,
  protectedSelectors,
  type Setter,
  valueIn,
} from '../patching/state/setters.ts'
import { encodeSetter, type SetterCall, statePatch } from '../patching/state/state-patch.ts'
import { overlayPatches } from '../verification/overlay-patches.ts'
import { type AttackTrial, prepareTrial } from './attack-trial.ts'
import type { Remedy } from './remedy.ts'
import { stateBefore, type Witnessed } from './scene.ts'
import { type Caller, callBefore, findCaller, padded, readSlot } from './setter-calls.ts'

/** A remedy by the protocol's own means. What is verified is the storage `call` leaves; what is made on chain is the call. */
export interface StateRemedy extends Remedy {
  readonly call: SetterCall
}

/** A parameter the attack read, and the function that sets it. */
interface Found {
  readonly target: Address
  readonly setter: Setter
  readonly parameter: Parameter
  readonly readers: number
  readonly guarded: ReadonlySet<Hex>
}

/**
 * Parameters of the protected contracts with which the attack would have failed, set by the contracts' own setters as whoever may call them:
 * those that concern the fewest functions first, and of one the value nearest to the present one first.
 *
 * Only variables in fixed slots that the attack read before its last effect, and that nobody wrote in history. That a setter allows a value
 * is found out by calling it on the state before the attack; a call that changes anything but slots of its contract that history leaves
 * alone is no candidate, since the patch could not tell all it does.
 *
 * Empty where the attack did no harm that could be measured, and where no code of the contract could be analysed.
 */
export async function planStateRemedies(
  witnessed: Witnessed,
  diagnoses: readonly Diagnosis[],
): Promise<StateRemedy[]> {
  const found = [...witnessed.protection.contracts]
    .flatMap((target) => findParameters(witnessed, target))
    .sort((a, b) => a.readers - b.readers)
  if (found.length === 0 || diagnoses.length === 0) return []
  const stops = await prepareTrial(witnessed)
  if (!stops) return []
  const remedies: StateRemedy[] = []
  for (const one of found) {
    const diagnosis = diagnoses.find(({ target }) => target === one.target) ?? diagnoses[0]!
    const changes = await tryParameter({ witnessed, stops }, one)
    remedies.push(...changes.map((change) => ({ ...change, diagnosis })))
  }
  return remedies
}

function findParameters(witnessed: Witnessed, target: Address): Found[] {
  const { benign, hostile } = witnessed
  const written = slotsWritten(benign.executions, target)
  const slots = new Set([...slotsRead(hostile.executions, target)].filter((slot) => !written.has(slot)))
  if (slots.size === 0) return []
  return codesOn(witnessed, target).flatMap((code) => {
    const analysis = analyse(code)
    if (!analysis) return []
    const guarded = new Set(protectedSelectors(analysis))
    return findSetters(analysis, slots).flatMap((setter) =>
      setter.parameters
        .filter(({ slot }) => slots.has(slot))
        .map((parameter) => {
          const readers = countReaders(analysis, parameter.slot)
          return { target, setter, parameter, readers, guarded }
        }),
    )
  })
}

/** Slots of a contract that the attack read while it could still make a difference. */
function slotsRead(executions: readonly Execution[], target: Address): Set<bigint> {
  const slots = new Set<bigint>()
  for (const { observation } of observed(executions)) {
    const { accesses, calls } = observation
    const writes = accesses.filter(({ kind }) => kind === 'write')
    const end = [...writes, ...calls].reduce((last, { order }) => Math.max(last, order), -1)
    for (const { kind, transient, address, slot, order } of accesses) {
      if (kind === 'read' && !transient && address === target && order < end) slots.add(slot)
    }
  }
  return slots
}

function slotsWritten(executions: readonly Execution[], target: Address): Set<bigint> {
  return new Set(
    executions.flatMap(({ diff }) => Object.keys(diff[target]?.storage ?? {}).map((slot) => BigInt(slot))),
  )
}

/** The codes that run on a contract's storage, each once. */
function codesOn({ codes, protection, benign, hostile }: Witnessed, target: Address): Hex[] {
  const accounts = new Set<Address>([target])
  for (const [code, front] of protection.implementations) if (front === target) accounts.add(code)
  for (const { frames } of [...benign.executions, ...hostile.executions]) {
    for (const { context, code } of frames) if (context === target) accounts.add(code)
  }
  return [...new Set([...accounts].map((account) => codes.get(account) ?? '0x'))].filter(
    (code) => code !== '0x',
  )
}

function analyse(code: Hex): Analysis | null {
  try {
    return analyseCode(buildCfg(bytesOf(code)))
  } catch (error) {
    if (error instanceof SutureError && error.code === 'BYTECODE_INVALID') return null
    throw error
  }
}

interface Desk {
  readonly witnessed: Witnessed
  readonly stops: AttackTrial
}

type Change = Omit<StateRemedy, 'diagnosis'>

async function tryParameter({ witnessed, stops }: Desk, found: Found): Promise<Change[]> {
  const { target, setter, parameter, readers } = found
  const now = await argumentsNow(witnessed, found)
  const present = now[parameter.argument]!
  if (isAccount(witnessed, present)) return []
  const caller = await findCaller(witnessed, { ...found, now })
  if (!caller) return []
  const changes = new Map<bigint, Change>()
  const attempt = async (after: bigint): Promise<Outcome> => {
    const call = callWith({ target, setter, now, caller }, parameter, after)
    const storage = storageLeft(witnessed, await callBefore(witnessed, call), { target, parameter, after })
    if (!storage) return 'refused'
    const patch = statePatch({ call, parameter, before: present, after, storage, readers })
    const state = overlayPatches(stateBefore(witnessed.attack, witnessed.benign), patch.patches)
    if (!(await stops(state))) return 'ineffective'
    changes.set(after, { patch, call })
    return 'effective'
  }
  const values = await searchValues({ present, highest: highestOf(parameter.field) }, attempt)
  return values.map((value) => changes.get(value)!)
}

/** What each argument of a setter would have to be to change nothing. One that sets no variable is zero: what it is for is not known. */
async function argumentsNow(witnessed: Witnessed, { target, setter }: Found): Promise<bigint[]> {
  const count = Math.max(...setter.parameters.map(({ argument }) => argument)) + 1
  const words = padded([], count)
  for (const { slot, field, argument } of setter.parameters) {
    words[argument] = valueIn(await readSlot(witnessed, target, slot), field)
  }
  return words
}

/** Whether a number is the address of somebody who took part: then it is not one to be made smaller. Small ones are precompiles. */
function isAccount({ benign, hostile }: Witnessed, value: bigint): boolean {
  if (value >> 32n === 0n || value >> 160n !== 0n) return false
  const account = addressOfWord(value)
  return [...benign.executions, ...hostile.executions].some(({ frames }) =>
    frames.some(({ caller, context, code }) => [caller, context, code].includes(account)),
  )
}

interface Prepared {
  readonly target: Address
  readonly setter: Setter
  readonly now: readonly bigint[]
  readonly caller: Caller
}

function callWith(
  { target, setter, now, caller }: Prepared,
  { argument }: Parameter,
  value: bigint,
): SetterCall {
  const words = padded(now, caller.words).map((word, at) => (at === argument ? value : word))
  return { from: caller.from, to: target, data: encodeSetter(setter.selector, words) }
}

/** Slots a setter's call leaves changed; null where it failed, set something else, or did more than a patch of storage tells. */
function storageLeft(
  { benign }: Witnessed,
  { status, diff, transfers }: Execution,
  {
    target,
    parameter,
    after,
  }: { readonly target: Address; readonly parameter: Parameter; readonly after: bigint },
): Readonly<Record<Hex, Hex>> | null {
  if (status !== 'success' || transfers.length > 0) return null
  const beyond = Object.entries(diff).some(
    ([account, { storage, code }]) =>
      account !== target && (code !== undefined || Object.keys(storage).length > 0),
  )
  const changed = Object.entries(diff[target]?.storage ?? {}) as [Hex, { readonly after: Hex }][]
  const inUse = slotsWritten(benign.executions, target)
  if (beyond || changed.some(([slot]) => inUse.has(BigInt(slot)))) return null
  const storage = Object.fromEntries(changed.map(([slot, { after: word }]) => [slot, word]))
  const word = storage[toWord(parameter.slot)]
  return word !== undefined && valueIn(BigInt(word), parameter.field) === after ? storage : null
}
