import { type Abi, type Address, encodeAbiParameters, encodeFunctionData, getContractAddress } from 'viem'
import { startCaseNode } from '../../src/chain/case-node.ts'
import type { BlockContext, Execution, Step } from '../../src/chain/types.ts'
import { type Hex, toAddress } from '../../src/core/hex.ts'
import type { Evidence } from '../../src/diagnosis/evidence.ts'
import { type CompiledContract, type CompilerSetup, compileSolidity } from './compile-solidity.ts'

const ETHER = 10n ** 18n
const BLOCK: BlockContext = {
  number: 20_000_000n,
  timestamp: 1_720_000_000n,
  baseFeePerGas: 0n,
  gasLimit: 30_000_000n,
  coinbase: '0x00000000000000000000000000000000009e00c0',
  prevRandao: `0x${'07'.repeat(32)}`,
}
const GAS = 5_000_000n

/** Accounts with 1000 ether each. */
export const person = (n: number): Address => toAddress(`0x${(0x9e0000 + n).toString(16).padStart(40, '0')}`)
export const DEPLOYER = person(1)
export const ALICE = person(2)
export const BOB = person(3)
export const CAROL = person(4)
export const MALLORY = person(66)
const PEOPLE = [DEPLOYER, ALICE, BOB, CAROL, MALLORY]

interface SceneStep {
  readonly from: Address
  readonly to: Address | null
  readonly data: Hex
  readonly value: bigint
  /** Blocks and seconds after the step before it; 0 stays in its block. */
  readonly later: bigint
}

/** What the steps of a scene are written with. Every step stands in a block of its own unless it says otherwise. */
export interface Stage {
  /** Deploys a contract; the address is known at once. */
  deploy(name: string, args?: readonly unknown[], options?: StepOptions): Address
  call(from: Address, to: Address, call: string, args?: readonly unknown[], options?: StepOptions): void
}

interface StepOptions {
  readonly from?: Address
  readonly value?: bigint
  readonly later?: bigint
}

interface Scene {
  readonly source: string
  readonly setup?: CompilerSetup
  readonly history: (stage: Stage) => readonly Address[]
  readonly attack: (stage: Stage, contracts: readonly Address[]) => void
}

/**
 * Compiles contracts, runs a history (which gives the protected contracts) and an attack on a node, and gives the evidence that is left of it.
 * `call` names a function of any of the contracts.
 */
export async function stageAttack(scene: Scene): Promise<Evidence & { selectorOf(signature: string): Hex }> {
  const contracts = compileSolidity(scene.source, scene.setup ?? { compiler: 'solc', runs: 200 })
  const nonces = new Map<Address, bigint>()
  const history = writeSteps(contracts, nonces)
  const protectedContracts = scene.history(history.stage)
  const attack = writeSteps(contracts, nonces)
  scene.attack(attack.stage, protectedContracts)
  const node = await startCaseNode({
    name: 'scene',
    chainId: 1,
    hardfork: 'cancun',
    block: BLOCK,
    alloc: Object.fromEntries(
      PEOPLE.map((who) => [who, { balance: 1_000n * ETHER, nonce: 0n, code: '0x', storage: {} }]),
    ),
    protected: [...protectedContracts],
    history: [],
    attack: [],
  })
  try {
    const watch = new Set(protectedContracts)
    const observed = { watch, provenance: true }
    const past = await node.run({ steps: toSteps(history.steps, -1_000n), ...observed })
    const strike = await node.run({ steps: toSteps(attack.steps, 0n), state: past.state, ...observed })
    return {
      history: past.executions.filter(succeededOrCalled),
      attack: strike.executions,
      probes: [],
      protection: { contracts: watch, implementations: new Map() },
      selectorOf: (signature) => selectorOf(contracts, signature),
    }
  } finally {
    await node.stop()
  }
}

const succeededOrCalled = ({ status, transaction }: Execution): boolean => {
  if (status !== 'success' && transaction.to === null) throw new TypeError('a contract could not be deployed')
  return true
}

function selectorOf(contracts: Readonly<Record<string, CompiledContract>>, signature: string): Hex {
  const found = Object.values(contracts).find(({ selectors }) => signature in selectors)
  if (!found) throw new TypeError(`no contract of the scene has ${signature}`)
  return `0x${found.selectors[signature]}`
}

function writeSteps(contracts: Readonly<Record<string, CompiledContract>>, nonces: Map<Address, bigint>) {
  const steps: SceneStep[] = []
  const nextNonce = (from: Address): bigint => {
    const nonce = nonces.get(from) ?? 0n
    nonces.set(from, nonce + 1n)
    return nonce
  }
  const stage: Stage = {
    deploy(name, args = [], { from = DEPLOYER, value = 0n, later = 1n } = {}) {
      const { abi, creation } = contracts[name]!
      const maker = abi.find(({ type }) => type === 'constructor')
      const inputs = maker?.type === 'constructor' ? maker.inputs : []
      const data: Hex = `${creation}${encodeAbiParameters(inputs, args).slice(2)}`
      steps.push({ from, to: null, data, value, later })
      return toAddress(getContractAddress({ from, nonce: nextNonce(from) }))
    },
    call(from, to, name, args = [], { value = 0n, later = 1n } = {}) {
      const abi = Object.values(contracts)
        .map((contract) => contract.abi as Abi)
        .find((candidate) => candidate.some((item) => item.type === 'function' && item.name === name))
      if (!abi) throw new TypeError(`no contract of the scene has ${name}`)
      nextNonce(from)
      steps.push({ from, to, data: encodeFunctionData({ abi, functionName: name, args }), value, later })
    },
  }
  return { steps, stage }
}

function toSteps(steps: readonly SceneStep[], offset: bigint): Step[] {
  let at = offset
  return steps.map(({ later, ...transaction }) => {
    at += later
    const block = { ...BLOCK, number: BLOCK.number + at, timestamp: BLOCK.timestamp + at }
    return { transaction: { ...transaction, gas: GAS }, block }
  })
}
