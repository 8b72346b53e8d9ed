import { type Address, addressOfWord, bytesOf, type Hex, toWord, ZERO_ADDRESS } from '../../core/hex.ts'
import { disassemble } from '../../evm/disassemble.ts'
import { OP } from '../../evm/opcodes.ts'
import { askAddress, askWord, encodeCall, readCode, tryCall } from './ask.ts'
import { readAccount } from './read-account.ts'
import type { Authority, ChainView } from './types.ts'

/** Nobody's address: what it is allowed to do, everybody is. */
const NOBODY: Address = '0x00000000000000000000000000000000deadbeef'
/** Who holds it may grant every other role. */
export const DEFAULT_ADMIN_ROLE = toWord(0n)
const MAX_CANDIDATES = 24

/** A call that upgrades to what is there already, so that trying it tells who may and changes nothing. */
export interface UpgradeAttempt {
  readonly to: Address
  readonly data: Hex
}

/** Whether `candidate` may make this upgrade and not just anybody, as a contract that accepts every call would let. */
export async function mayUpgrade(
  view: ChainView,
  candidate: Address,
  attempt: UpgradeAttempt,
): Promise<boolean> {
  if ((await tryCall(view, { ...attempt, from: candidate })) === null) return false
  return (await tryCall(view, { ...attempt, from: NOBODY })) === null
}

/** The first of `candidates` for whom one of `attempts` works, with the attempt. */
export async function findUpgrader<Name extends string>(
  view: ChainView,
  candidates: readonly (Address | null | undefined)[],
  attempts: Readonly<Record<Name, UpgradeAttempt>>,
): Promise<{ readonly who: Address; readonly how: Name } | null> {
  for (const who of new Set(candidates)) {
    if (!who) continue
    for (const how of Object.keys(attempts) as Name[]) {
      if (await mayUpgrade(view, who, attempts[how])) return { who, how }
    }
  }
  return null
}

/** Addresses the code holds as constants or immutables: an admin kept there is in no slot. */
export async function addressesInCode(view: ChainView, account: Address): Promise<Address[]> {
  const found = new Set<Address>()
  for (const { opcode, operand } of disassemble(bytesOf(await readCode(view, account)))) {
    if (opcode < OP.PUSH20 || opcode > OP.PUSH32 || operand === null) continue
    // Selectors, masks and storage slots are pushed as well; they are hardly ever this small and this large.
    if (operand >> 160n === 0n && operand >> 96n !== 0n && operand !== (1n << 160n) - 1n)
      found.add(addressOfWord(operand))
  }
  return [...found].slice(0, MAX_CANDIDATES)
}

/** How the power of `holder` over `contract` is handed on: as owner, or in a role known by name. */
export async function findTransfer(view: ChainView, contract: Address, holder: Address): Promise<Authority> {
  const account = await readAccount(view, holder)
  const owner = await askAddress(view, contract, 'owner()')
  const transfer = { to: contract, data: encodeCall('transferOwnership(address)', [NOBODY]), from: holder }
  if (owner === holder && (await tryCall(view, transfer)) !== null) {
    return { contract, by: (await isTwoStep(view, contract)) ? 'two-step-owner' : 'owner', holder: account }
  }
  const role = await findRole(view, contract, holder)
  return role ? { contract, by: 'role', role, holder: account } : { contract, by: 'nothing', holder: account }
}

/** Whether a new owner has to accept: `Ownable2Step` knows a pending owner, SolidState's `SafeOwnable` a nominee. */
async function isTwoStep(view: ChainView, contract: Address): Promise<boolean> {
  const answers = ['pendingOwner()', 'nomineeOwner()'].map((question) => askWord(view, contract, question))
  return (await Promise.all(answers)).some((answer) => answer !== null)
}

/** The role by which `holder` upgrades, by the names OpenZeppelin uses, if the holder can also grant it. */
async function findRole(view: ChainView, contract: Address, holder: Address): Promise<Hex | null> {
  const named = await askWord(view, contract, 'UPGRADER_ROLE()')
  for (const role of [...(named === null ? [] : [toWord(named)]), DEFAULT_ADMIN_ROLE]) {
    const has = await askWord(view, contract, 'hasRole(bytes32,address)', [role, holder])
    const data = encodeCall('grantRole(bytes32,address)', [role, NOBODY])
    if (has === 1n && (await tryCall(view, { to: contract, data, from: holder })) !== null) return role
  }
  return null
}

/** Whether the admin of a proxy may pass that on by itself. */
export async function canChangeAdmin(view: ChainView, proxy: Address, admin: Address): Promise<boolean> {
  const attempt = { to: proxy, data: encodeCall('changeAdmin(address)', [NOBODY]) }
  return admin !== ZERO_ADDRESS && mayUpgrade(view, admin, attempt)
}
