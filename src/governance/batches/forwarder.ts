import {
  encodeAbiParameters,
  encodeDeployData,
  getContractAddress,
  keccak256,
  toFunctionSelector,
} from 'viem'
import type { Upgradable } from '../../chain/deployment/types.ts'
import { type Address, type Hex, toAddress, toWord } from '../../core/hex.ts'
import { upgradeableBeaconAbi, upgradeableBeaconBytecode } from '../../generated/contracts.ts'
import type { BatchCall, ForwarderPlan, GateSite, Registrable } from './types.ts'

/** The CREATE2 factory that is at the same address on nearly every chain (Arachnid's deterministic deployment proxy). */
export const FACTORY: Address = '0x4e59b44847b379578588920ca78fbf26c0b4956c'

const SALT = toWord(0n)
const FORWARDER_TYPES = [
  { type: 'address' },
  { type: 'address' },
  { type: 'bytes32' },
  { type: 'bytes32' },
] as const

/** Functions of installers that are widely used (Aave v3), so that signers read a name. */
const NAMES: ReadonlyMap<Hex, string> = new Map(
  ['setPoolImpl', 'setPoolConfiguratorImpl'].map((name) => [toFunctionSelector(`${name}(address)`), name]),
)

interface PlanForwarderOptions {
  readonly gate: Address
  readonly implementation: Address
  readonly route: NonNullable<Upgradable['forwarder']>
  /** Creation code of BeaconForwarder. */
  readonly creation: Hex
}

/** The beacon the gate will own and the forwarder to it, with the addresses they will have. */
export function planForwarder({
  gate,
  implementation,
  route,
  creation,
}: PlanForwarderOptions): Omit<ForwarderPlan, 'deployed' | 'registered'> {
  const beaconCode = encodeDeployData({
    abi: upgradeableBeaconAbi,
    bytecode: upgradeableBeaconBytecode,
    args: [implementation, gate],
  })
  const beacon = addressOf(beaconCode)
  // Where the call is accepted nothing is foreseen to be refused.
  const refusalHash = keccak256(route.refusal ?? '0x')
  const args = [beacon, route.installer, keccak256(route.installCalldata), refusalHash] as const
  const forwarderCode = `${creation}${encodeAbiParameters(FORWARDER_TYPES, args).slice(2)}` as Hex
  return {
    ...route,
    factory: FACTORY,
    beacon,
    forwarder: addressOf(forwarderCode),
    deployBeacon: `${SALT}${beaconCode.slice(2)}`,
    deployForwarder: `${SALT}${forwarderCode.slice(2)}`,
  }
}

function addressOf(bytecode: Hex): Address {
  return toAddress(getContractAddress({ opcode: 'CREATE2', from: FACTORY, salt: SALT, bytecode }))
}

/** Anybody may deploy; the gate's owner does, because it acts first. */
export function deployForwarder(
  { owner }: GateSite,
  { forwarder, implementation }: Registrable,
): BatchCall[] {
  if (!forwarder) return []
  const call = { from: owner.address, to: forwarder.factory }
  const { beacon, deployBeacon, deployForwarder, deployed } = forwarder
  const deployments = [
    { at: beacon, data: deployBeacon, name: `UpgradeableBeacon(${implementation})` },
    { at: forwarder.forwarder, data: deployForwarder, name: `BeaconForwarder(${beacon})` },
  ]
  return deployments
    .filter(({ at }) => !deployed.includes(at))
    .map(({ at, data, name }) => ({ ...call, data, what: `deploy ${name} at ${at}` }))
}

/** The last step of all: from then on the proxy obeys the beacon. */
export function installForwarder({ authority, forwarder }: Registrable): BatchCall[] {
  if (!forwarder) return []
  const { installer, selector } = forwarder
  const data = `${selector}${forwarder.forwarder.slice(2).padStart(64, '0')}` as const
  const what = `${installer}.${NAMES.get(selector) ?? selector}(${forwarder.forwarder})`
  return [{ from: authority.holder.address, to: installer, data, what }]
}
