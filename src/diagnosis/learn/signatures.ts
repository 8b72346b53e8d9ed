import type { CallSite } from '../../chain/types.ts'
import { type Address, bytesOf } from '../../core/hex.ts'
import { OP } from '../../evm/opcodes.ts'
import { wordAt } from '../../evm/words.ts'
import { codeSite, distinct, type Evidence, type ObservedExecution, observed, ofFrames } from '../evidence.ts'
import { add, constant, entry, equal, memory, not, recall, returned, stack } from '../expressions.ts'
import type { Invariant, Rule } from '../types.ts'
import { allCalls, type Call, type Finding, refOf } from './calls.ts'

const ECRECOVER: Address = '0x0000000000000000000000000000000000000001'
const USED = 253
/** Digest, recovery id, r, s. */
const INPUT_BYTES = 128
const R_AT = 64

/** A signature that a call was let in by. */
interface Signature {
  readonly call: Call
  readonly site: CallSite
  readonly digest: bigint
  readonly r: bigint
  /** Whether it recovered to somebody. */
  readonly isSigned: boolean
}

/** What an attack can make of a function that asks for signatures. */
export function signatures(evidence: Evidence): Finding[] {
  const calls = allCalls(evidence)
  const hostile = calls.hostile.flatMap(signaturesOf)
  const usual = calls.benign.flatMap(signaturesOf)
  const [first] = hostile
  if (!first) return []
  const rulesAt = (rule: (site: CallSite) => Omit<Rule, 'place'>, offset: number) =>
    sitesIn(evidence, hostile).map(
      ({ code, site }): Rule => ({
        place: { at: 'instruction', code, pc: site.pc + offset },
        ...rule(site),
      }),
    )
  const found: { readonly invariant: Invariant; readonly support: number }[] = []
  if (hostile.some(({ isSigned }) => !isSigned) && usual.every(({ isSigned }) => isSigned)) {
    const notes = ['a signature that recovers to nobody is no signature']
    const rules = rulesAt(() => ({ refuse: not(returned(0)) }), 1)
    found.push({ invariant: { name: 'somebody-signed', rules, notes }, support: usual.length })
  }
  if (isUsedAgain([...usual, ...hostile]) && !isUsedAgain(usual)) {
    const notes = ['a signature can be used once; those used before the patch can be used once more']
    const rules = rulesAt(useOnce, 0)
    found.push({ invariant: { name: 'signature-once', rules, notes }, support: usual.length })
  }
  return found.map((one) => ({ ref: refOf(first.call), ...one }))
}

/**
 * The signature is named by what was signed and by `r`, which stays when `s` is mirrored.
 *
 * Failure mode: a contract that checks one signature several times on purpose, over several calls, is refused the second time.
 */
function useOnce({ opcode }: CallSite): Omit<Rule, 'place'> {
  const input = stack(opcode === OP.CALL || opcode === OP.CALLCODE ? 3 : 2)
  const key = entry(memory(input), memory(add(input, constant(BigInt(R_AT)))))
  const used = constant(1n)
  return { refuse: equal(recall(key, USED), used), note: { value: used, key, mark: USED } }
}

function isUsedAgain(all: readonly Signature[]): boolean {
  const seen = new Set<string>()
  for (const { call, digest, r, isSigned } of all) {
    if (!isSigned) continue
    const key = `${call.entry.context}/${digest}/${r}`
    if (seen.has(key)) return true
    seen.add(key)
  }
  return false
}

/** Every place where the code that was deceived recovers a signature. */
function sitesIn({ attack, history, probes }: Evidence, hostile: readonly Signature[]) {
  const codes = new Set(hostile.map(({ call, site }) => codeSite(call.execution, site).code))
  const sites = observed([...attack, ...history, ...probes]).flatMap((execution) =>
    execution.observation.calls
      .filter((site) => isRecovery(execution, site))
      .map((site) => ({ code: codeSite(execution, site).code, site })),
  )
  return distinct(
    sites.filter(({ code }) => codes.has(code)),
    ({ code, site }) => `${code}:${site.pc}`,
  )
}

function isRecovery({ frames }: ObservedExecution, { child }: CallSite): boolean {
  return (
    child !== null && frames[child]!.code === ECRECOVER && frames[child]!.input.length === 2 + 2 * INPUT_BYTES
  )
}

function signaturesOf(call: Call): Signature[] {
  const { execution, activation } = call
  return ofFrames(execution.observation.calls, activation)
    .filter((site) => isRecovery(execution, site))
    .map((site) => {
      const { input, output } = execution.frames[site.child!]!
      const bytes = bytesOf(input)
      const isSigned = output.length === 66 && BigInt(output) !== 0n
      return { call, site, digest: wordAt(bytes, 0), r: wordAt(bytes, R_AT), isSigned }
    })
}
