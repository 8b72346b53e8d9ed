import { keccak256, stringToHex } from 'viem'
import { startCaseNode } from '../chain/case-node.ts'
import type { Case, Execution } from '../chain/types.ts'
import { profileFunctions } from '../containment/exits.ts'
import { planContainment } from '../containment/plan.ts'
import { type Hex, ZERO_ADDRESS } from '../core/hex.ts'
import { canonicalJson, type Json, toJson } from '../core/json.ts'
import { DETECTORS } from '../detectors/detectors.ts'
import { scanExecution, startScan } from '../detectors/scan.ts'
import { atLeast } from '../detectors/severity.ts'
import type { Finding, FunctionRef, Severity } from '../detectors/types.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import { planRemedies } from './remedy.ts'
import { investigate, sceneOfCase, type Witnessed, witness } from './scene.ts'
import type { Sources } from './source-remedy.ts'
import { planStateRemedies } from './state-remedies.ts'
import { type Outcome, tryCandidates } from './try-candidates.ts'

/** A finding and the transaction it is about. */
interface CaseFinding {
  readonly finding: Finding
  readonly transaction: { readonly part: 'history' | 'attack'; readonly index: number }
}

/** What the loop made of a case. */
export interface Healing extends Outcome {
  readonly name: string
  readonly findings: readonly CaseFinding[]
  readonly containment: readonly FunctionRef[]
  readonly milliseconds: Readonly<
    Record<'detect' | 'contain' | 'diagnose' | 'patch' | 'verify' | 'total', number>
  >
  /** Everything a report shows besides. */
  readonly witnessed: Witnessed
}

interface HealOptions {
  /** Told what is being done, one line each. */
  readonly onProgress?: (line: string) => void
  /** Candidates verified at most. */
  readonly attempts?: number
  /** Where given, a source patch is looked for beside the one that is promoted. */
  readonly sources?: Sources
  /** Whether to look for a call of the protocol's own setter where no patch is general: it runs the attack for every value. */
  readonly setters?: boolean
}

const ATTEMPTS = 80
/** Attack transactions run for all candidates together, beyond which no further one is tried: an attack of hundreds takes seconds each time. */
const ATTACK_RUNS = 3_000
const FEWEST_ATTEMPTS = 12
/** What is milder is for dashboards. */
const REPORTED: Severity = 'high'

/** Runs the loop on a case: detect, contain, diagnose, patch, verify, on a local node that holds the case's state. */
export async function healCase(told: Case, options: HealOptions = {}): Promise<Healing> {
  const { onProgress = () => {}, attempts = ATTEMPTS, sources = null, setters = false } = options
  const clock = startClock()
  const node = await startCaseNode(told)
  try {
    onProgress(`executing ${told.history.length} benign and ${told.attack.length} hostile transactions`)
    const witnessed = await witness(sceneOfCase(told, node))
    const findings = detect(witnessed)
    clock.lap('detect')
    const containment = contain(witnessed, findings)
    clock.lap('contain')
    onProgress('diagnosing')
    const diagnoses = await investigate(witnessed)
    clock.lap('diagnose')
    const { candidates, refusals } = planRemedies(witnessed, diagnoses)
    clock.lap('patch')
    const diagnosis = diagnoses[0] ?? null
    const stateRemedies = setters ? () => planStateRemedies(witnessed, diagnoses) : null
    const outcome = await tryCandidates(
      { witnessed, diagnosis, preState: hashGenesis(told) },
      {
        candidates: candidates.slice(0, affordable(attempts, told)),
        refusals,
        onProgress,
        sources,
        stateRemedies,
      },
    )
    clock.lap('verify')
    return {
      name: told.name,
      findings,
      containment,
      ...outcome,
      diagnosis: outcome.diagnosis ?? diagnosis,
      milliseconds: clock.read(),
      witnessed,
    }
  } finally {
    await node.stop()
  }
}

function affordable(attempts: number, { attack }: Case): number {
  const runs = Math.floor(ATTACK_RUNS / Math.max(1, attack.length))
  return Math.min(attempts, Math.max(FEWEST_ATTEMPTS, runs))
}

/** Detection over history and attack, in order: every transaction is judged by what came before it, and learned from if it seemed benign. */
function detect(witnessed: Witnessed): CaseFinding[] {
  const { benign, hostile, protection } = witnessed
  const found: CaseFinding[] = []
  let scan = startScan([protection])
  const judge = (executions: readonly Execution[], part: 'history' | 'attack') => {
    for (const [index, execution] of executions.entries()) {
      const judged = scanExecution(scan, execution, DETECTORS)
      scan = judged.scan
      const findings = judged.inspection.findings.filter(({ severity }) => atLeast(severity, REPORTED))
      found.push(...findings.map((finding) => ({ finding, transaction: { part, index } })))
    }
  }
  judge(benign.executions, 'history')
  judge(hostile.executions, 'attack')
  return found
}

/** A case names no brakes, so every protected function counts as one that could be stopped. */
function contain(
  { benign, hostile, protection }: Witnessed,
  findings: readonly CaseFinding[],
): FunctionRef[] {
  const capabilities = new Map([...protection.contracts].map((target) => [target, { gate: ZERO_ADDRESS }]))
  const profiles = profileFunctions(benign.executions, protection)
  const chosen = new Map<string, FunctionRef>()
  for (const [index, execution] of hostile.executions.entries()) {
    const own = findings
      .filter(({ transaction }) => transaction.part === 'attack' && transaction.index === index)
      .map(({ finding }) => finding)
    const containment = planContainment(own, execution, { protection, capabilities, profiles })
    for (const ref of containment?.functions ?? []) chosen.set(ref.target + ref.selector, ref)
  }
  return [...chosen.values()]
}

/** Names the state a case starts from. */
function hashGenesis({ chainId, hardfork, block, alloc }: Case): Hex {
  return keccak256(stringToHex(canonicalJson(toJson({ chainId, hardfork, block, alloc }))))
}

function startClock() {
  const begun = performance.now()
  const laps = { detect: 0, contain: 0, diagnose: 0, patch: 0, verify: 0 }
  let last = begun
  return {
    lap(stage: keyof typeof laps) {
      const now = performance.now()
      laps[stage] = round(now - last)
      last = now
    },
    read: () => ({ ...laps, total: round(performance.now() - begun) }),
  }
}

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10

/** The object `suture heal --json` prints, `suture-heal/1`. */
export function formatHealing(healing: Healing): { readonly [key: string]: Json } {
  const { diagnosis, remedy, verdict, gas } = healing
  // A patch that was not shown effective is not handed on as one.
  const promoted = verdict === 'effective' && remedy ? remedy.patches : []
  return {
    format: 'suture-heal/1',
    case: healing.name,
    findings: healing.findings.map(({ finding: { detector, severity, evidence, summary }, transaction }) => ({
      detector,
      severity,
      transaction,
      evidence: { ...evidence, summary },
    })),
    containment: { functions: healing.containment.map(({ target, selector }) => ({ target, selector })) },
    diagnosis: diagnosis && formatDiagnosis(diagnosis),
    patches: promoted.map(({ target, kind, runtime, storage, certificate }) => ({
      target,
      kind,
      ...(runtime ? { runtime } : {}),
      ...(storage ? { storage } : {}),
      certificate: toJson(certificate),
    })),
    verdict,
    checks: healing.checks.map(({ name, result, detail }) => ({ name, result, detail })),
    gas: { benignBefore: Number(gas?.benignBefore ?? 0n), benignAfter: Number(gas?.benignAfter ?? 0n) },
    milliseconds: healing.milliseconds,
    bundle: healing.bundle,
  }
}

function formatDiagnosis({
  class: rootCause,
  target,
  selector,
  pc,
  slots,
  confidence,
  summary,
}: Diagnosis): Json {
  return { class: rootCause, target, selector, pc, slots, confidence, summary }
}
