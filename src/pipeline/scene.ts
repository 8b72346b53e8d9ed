import { keccak256 } from 'viem'
import { attackSteps, historySteps } from '../chain/case.ts'
import type {
  Case,
  Execution,
  RunSequence,
  SequenceResult,
  Simulate,
  StateOverride,
  Step,
  TransactionRequest,
} from '../chain/types.ts'
import { type Address, bytesOf, type Hex } from '../core/hex.ts'
import type { Protection } from '../detectors/types.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import { buildCfg } from '../evm/cfg.ts'
import { recoverFunctions } from '../evm/cfg-functions.ts'

/** One attack and all that is needed to look into it: a chain to run things on, what was benign, and what was not. */
export interface Scene {
  readonly chainId: number
  readonly hardfork: string
  readonly protection: Protection
  readonly history: readonly Step[]
  readonly attack: readonly Step[]
  readonly simulate: Simulate
  readonly run: RunSequence
  /** Runtime code of an account before the attack. */
  readonly codeOf: (address: Address) => Promise<Hex>
}

/** A scene with its history and attack executed under observation. */
export interface Witnessed extends Scene {
  readonly benign: SequenceResult
  readonly hostile: SequenceResult
  /** Code that runs on protected storage (the contracts themselves and what stands behind them), by account. */
  readonly codes: ReadonlyMap<Address, Hex>
}

/** An account that exists nowhere: nobody trusts it. */
const STRANGER: Address = '0x00000000000000000000000000000000005a4e9e'
const PROBE_GAS = 3_000_000n
const PROBE_WORDS = 5

/** A case as a scene, on the node that holds its state. */
export function sceneOfCase(told: Case, { simulate, run }: Pick<Scene, 'simulate' | 'run'>): Scene {
  const { chainId, hardfork, alloc } = told
  return {
    chainId,
    hardfork,
    protection: { contracts: new Set(told.protected), implementations: new Map() },
    history: historySteps(told),
    attack: attackSteps(told),
    simulate,
    run,
    codeOf: async (address) => alloc[address]?.code ?? '0x',
  }
}

/** Executes a scene: its history, then its attack on the state that leaves, both observed with provenance. */
export async function witness(scene: Scene): Promise<Witnessed> {
  const { run, history, attack, protection } = scene
  const observed = { watch: protection.contracts, provenance: true }
  const benign = await run({ steps: history, ...observed })
  const hostile = await run({ steps: attack, state: stateBefore(attack, benign), ...observed })
  const accounts = new Set([
    ...protection.contracts,
    ...[benign, hostile].flatMap((result) => borrowed(result, protection)),
  ])
  const codes = new Map<Address, Hex>()
  for (const account of accounts) codes.set(account, await scene.codeOf(account))
  const seen = implementationsSeen([...benign.executions, ...hostile.executions], protection.contracts)
  const implementations = new Map([...protection.implementations, ...seen])
  return { ...scene, protection: { ...protection, implementations }, benign, hostile, codes }
}

/** Attacks of a live chain name the state they met; those of a case follow on its history. */
export const stateBefore = ([first]: readonly Step[], benign: SequenceResult): StateOverride =>
  first?.at === undefined ? benign.state : {}

/** Accounts whose code ran on protected storage. */
function borrowed({ executions }: SequenceResult, { contracts }: Protection): Address[] {
  return executions.flatMap(({ frames }) =>
    frames
      .filter((frame) => contracts.has(frame.context) && !frame.type.startsWith('CREATE'))
      .map((frame) => frame.code),
  )
}

/** Root causes of the attack, surest first, after asking every protected function what it does with a stranger. */
export async function investigate(witnessed: Witnessed): Promise<readonly Diagnosis[]> {
  const { benign, hostile, protection } = witnessed
  const probes = await probe(witnessed)
  return diagnose({ attack: hostile.executions, history: benign.executions, probes, protection })
}

async function probe({ protection, attack, benign, simulate, codes }: Witnessed): Promise<Execution[]> {
  const first = attack[0]
  if (!first) return []
  const executions: Execution[] = []
  for (const { target, selector } of protectedFunctions(protection, codes)) {
    const data: Hex = `${selector}${'00'.repeat(32 * PROBE_WORDS)}`
    const transaction: TransactionRequest = { from: STRANGER, to: target, data, value: 0n, gas: PROBE_GAS }
    const at = first.at === undefined ? {} : { at: first.at }
    const state = stateBefore(attack, benign)
    executions.push(
      await simulate({
        transaction,
        block: first.block,
        state,
        ...at,
        watch: protection.contracts,
        provenance: true,
      }),
    )
  }
  return executions
}

/** Every function a caller of a protected contract can name, by the address it would call. */
function protectedFunctions({ contracts, implementations }: Protection, codes: ReadonlyMap<Address, Hex>) {
  return [...contracts].flatMap((target) => {
    const behind = [...implementations]
      .filter(([, front]) => front === target)
      .map(([implementation]) => implementation)
    const selectors = new Set(
      [target, ...behind].flatMap((account) => selectorsOf(codes.get(account) ?? '0x')),
    )
    return [...selectors].map((selector) => ({ target, selector }))
  })
}

const knownSelectors = new Map<Hex, readonly Hex[]>()

/** Selectors a runtime code dispatches on; none where the code cannot be analysed (its probes are then missing, nothing else). */
export function selectorsOf(code: Hex): readonly Hex[] {
  if (code === '0x') return []
  const key = keccak256(code)
  let selectors = knownSelectors.get(key)
  if (!selectors) {
    const bytes = bytesOf(code)
    selectors = bytes.length > 24_576 ? [] : recoverFunctions(buildCfg(bytes)).map(({ selector }) => selector)
    knownSelectors.set(key, selectors)
  }
  return selectors
}

/** Who stands behind which protected contract, read from executions: whatever a contract delegates to with the calldata it got. */
function implementationsSeen(
  executions: readonly Execution[],
  contracts: ReadonlySet<Address>,
): Map<Address, Address> {
  const implementations = new Map<Address, Address>()
  for (const { frames } of executions) {
    for (const frame of frames) {
      if (frame.type !== 'DELEGATECALL' || frame.parent === null || !contracts.has(frame.context)) continue
      if (frames[frame.parent]!.input === frame.input) implementations.set(frame.code, frame.context)
    }
  }
  return implementations
}
