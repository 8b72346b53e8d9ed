import {
  type Abi,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  keccak256,
  parseAbi,
  stringToHex,
} from 'viem'
import { type Address, type Hex, toAddress } from '../../src/core/hex.ts'
import type { Artifact, Contract, Step } from './types.ts'

const CALL_GAS = 1_000_000n
const CREATE_GAS = 12_000_000n

interface StepOptions {
  readonly value?: bigint
  readonly gas?: bigint
  readonly reverts?: boolean
}

/** The address of somebody who takes part, from a label. Nobody has its key: senders are impersonated. */
export function actor(label: string): Address {
  return toAddress(`0x${keccak256(stringToHex(`suture case actor: ${label}`)).slice(-40)}`)
}

/** A call as a transaction. */
export function call(
  from: Address,
  contract: Contract,
  functionName: string,
  args: readonly unknown[] = [],
  options: StepOptions = {},
): Step {
  const { value = 0n, gas = CALL_GAS, reverts = false } = options
  return { from, to: contract.address, data: encode(contract, functionName, args), value, gas, reverts }
}

/** Calldata on its own, for nesting. */
export function encode(
  contract: { readonly abi: Abi },
  functionName: string,
  args: readonly unknown[] = [],
): Hex {
  return encodeFunctionData({ abi: contract.abi, functionName, args })
}

/** A plain transfer of ether. */
export function pay(from: Address, to: Address, value: bigint, options: StepOptions = {}): Step {
  return { from, to, data: '0x', value, gas: options.gas ?? CALL_GAS, reverts: options.reverts ?? false }
}

/** The creation of a contract as a transaction. */
export function create(
  from: Address,
  artifact: Artifact,
  args: readonly unknown[] = [],
  options: StepOptions = {},
): Step {
  const { value = 0n, gas = CREATE_GAS, reverts = false } = options
  const data = encodeDeployData({ abi: artifact.abi, bytecode: artifact.initCode, args })
  return { from, to: null, data, value, gas, reverts }
}

/** The contract that the sender's transaction with this nonce will create. */
export function created(from: Address, artifact: Artifact, nonce: bigint): Contract {
  return { address: toAddress(getContractAddress({ from, nonce })), abi: artifact.abi }
}

const WALLET = parseAbi(['function execute(address target, uint256 value, bytes data)'])

/** The same call made by a contract wallet, on its owner's order. The wallet pays the value. */
export function through(wallet: Address, step: Step): Step {
  const data = encodeFunctionData({
    abi: WALLET,
    functionName: 'execute',
    args: [step.to!, step.value, step.data],
  })
  return { ...step, to: wallet, data, value: 0n }
}

const BATCH_WALLET = parseAbi([
  'struct Call { address target; uint256 value; bytes data; }',
  'function executeAll(Call[] calls)',
])

/** These calls made by a `BatchWallet` in one transaction, on the order of the first one's sender. The wallet pays the values. */
export function throughAll(wallet: Address, steps: readonly Step[]): Step {
  const calls = steps.map(({ to, value, data }) => ({ target: to!, value, data }))
  const data = encodeFunctionData({ abi: BATCH_WALLET, functionName: 'executeAll', args: [calls] })
  const { from, reverts } = steps[0]!
  return { from, to: wallet, data, value: 0n, gas: CALL_GAS * 3n, reverts }
}

/** The same step, expected to revert. */
export function reverting(step: Step): Step {
  return { ...step, reverts: true }
}

/** An attack of two transactions: the contract is created, then one of its functions is called. */
export function strike(
  from: Address,
  artifact: Artifact,
  plan: { args: readonly unknown[]; run: string; with?: readonly unknown[]; value?: bigint; nonce?: bigint },
): readonly Step[] {
  const contract = created(from, artifact, plan.nonce ?? 0n)
  return [
    create(from, artifact, plan.args),
    call(from, contract, plan.run, plan.with ?? [], { value: plan.value ?? 0n, gas: CREATE_GAS }),
  ]
}
