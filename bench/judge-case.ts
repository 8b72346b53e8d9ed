import { replayCase } from '../cases/lib/replay.ts'
import type { CaseFile, CaseTransaction } from '../cases/lib/types.ts'
import { historySteps, parseCase } from '../src/chain/case.ts'
import { startCaseNode } from '../src/chain/case-node.ts'
import type { Execution } from '../src/chain/types.ts'
import type { Patch } from '../src/patching/types.ts'

/** What patches do to a case, seen from outside: nothing the loop says about itself is used. */
export interface Judgement {
  readonly judged: 'healed' | 'unhealed' | 'harmed'
  /** Whether the case's attack takes nothing any more. */
  readonly attackStopped: boolean
  /** Held-out variants that take nothing any more, of all. */
  readonly variantsStopped: number
  readonly variants: number
  /** Benign transactions that go otherwise than before. */
  readonly historyChanged: number
}

/**
 * Puts patches into the state of a case, then mines its history, and after it the attack and each held-out variant, each on a fresh node.
 * Healed: no attack takes anything. Harmed: some benign transaction ends otherwise, logs otherwise or answers otherwise.
 */
export async function judgePatches(
  file: CaseFile,
  patches: readonly Patch[],
  variants: readonly (readonly CaseTransaction[])[],
): Promise<Judgement> {
  const patched = applyPatches(file, patches)
  const stopped = []
  for (const attack of [file.attack, ...variants]) {
    const { lost } = await replayCase(patched, attack)
    stopped.push(lost.every((amount) => amount <= 0n))
  }
  const [before, after] = [await runHistory(file), await runHistory(patched)]
  const historyChanged = before.filter((execution, index) => !isSame(execution, after[index]!)).length
  const healed = stopped.every(Boolean)
  return {
    judged: historyChanged > 0 ? 'harmed' : healed ? 'healed' : 'unhealed',
    attackStopped: stopped[0]!,
    variantsStopped: stopped.slice(1).filter(Boolean).length,
    variants: variants.length,
    historyChanged,
  }
}

function applyPatches(file: CaseFile, patches: readonly Patch[]): CaseFile {
  const alloc = { ...file.alloc }
  for (const { target, runtime, storage } of patches) {
    const account = alloc[target] ?? { balance: '0x0', nonce: '0x1' }
    alloc[target] = {
      ...account,
      ...(runtime ? { code: runtime } : {}),
      storage: { ...account.storage, ...storage },
    }
  }
  return { ...file, alloc }
}

async function runHistory(file: CaseFile): Promise<readonly Execution[]> {
  const told = parseCase(file)
  const node = await startCaseNode(told)
  try {
    return (await node.run({ steps: historySteps(told) })).executions
  } finally {
    await node.stop()
  }
}

/** What a call that fails says does not matter: it has no effects. */
function isSame(a: Execution, b: Execution): boolean {
  if (a.status !== 'success' || b.status !== 'success')
    return (a.status === 'success') === (b.status === 'success')
  const effects = ({ output, logs }: Execution) =>
    JSON.stringify([output, logs.map(({ address, topics, data }) => [address, topics, data])])
  return effects(a) === effects(b)
}
