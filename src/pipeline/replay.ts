import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { contractsOf, parseBlockFile } from '../chain/block-file.ts'
import { attackSteps, historySteps, parseCase } from '../chain/case.ts'
import { startCaseNode } from '../chain/case-node.ts'
import { replayBlock } from '../chain/replay-block.ts'
import type { Execution } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { readJsonFile } from '../core/read-json.ts'
import { DETECTORS } from '../detectors/detectors.ts'
import { buildReplayReport, type ReplayedTransaction, type ReplayReport } from '../detectors/replay-report.ts'
import { protectEach, type ScanState, scanExecution, startScan } from '../detectors/scan.ts'

interface ReplayOptions {
  readonly onProgress?: (line: string) => void
}

/** A transaction as it is fed to the detectors, with what only the report may know of it. */
interface Recorded {
  readonly execution: Execution
  readonly transaction: string
  readonly attack: string | null
}

/** Transactions between two lines of progress. */
const PROGRESS_EVERY = 200

/**
 * Runs detection over block files and cases. Contracts of a block are protocols of their own, since nobody has said which belong
 * together; what is learned from one file does not carry over to the next.
 *
 * @throws SutureError FILE_UNREADABLE, CASE_INVALID, BLOCK_FILE_INVALID
 */
export async function replayPath(
  path: string,
  { onProgress = () => {} }: ReplayOptions = {},
): Promise<ReplayReport> {
  const replayed: ReplayedTransaction[] = []
  for (const file of await listFiles(path)) {
    onProgress(`replaying ${basename(file)}`)
    const { scan, recorded } = open(await readJsonFile(file), file)
    replayed.push(...(await judge(recorded, { scan, file: basename(file), onProgress })))
  }
  return buildReplayReport(replayed)
}

async function listFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null)
  if (found?.isFile()) return [path]
  const names = found ? (await readdir(path)).filter((name) => /\.json(\.gz)?$/.test(name)).sort() : []
  if (names.length > 0) return names.map((name) => join(path, name))
  throw new SutureError('FILE_UNREADABLE', 'There is nothing to replay.', {
    meta: [`path: ${path}`, 'fix: give a block file or a case (.json or .json.gz), or a folder with some'],
  })
}

function open(content: unknown, file: string): { scan: ScanState; recorded: AsyncIterable<Recorded> } {
  const format = (content as { format?: unknown } | null)?.format
  if (format === 'suture-block/1') {
    const block = parseBlockFile(content)
    const contracts = contractsOf(block)
    return { scan: startScan(protectEach(contracts)), recorded: recordBlock(block, new Set(contracts)) }
  }
  const told = parseCase(content)
  const protection = { contracts: new Set(told.protected), implementations: new Map() }
  return { scan: startScan([protection]), recorded: recordCase(told, basename(file)) }
}

async function* recordBlock(
  block: ReturnType<typeof parseBlockFile>,
  watch: ReadonlySet<`0x${string}`>,
): AsyncGenerator<Recorded> {
  let index = 0
  for await (const execution of replayBlock(block, { watch, provenance: true })) {
    const { hash } = block.transactions[index++]!
    yield { execution, transaction: hash, attack: null }
  }
}

async function* recordCase(told: ReturnType<typeof parseCase>, file: string): AsyncGenerator<Recorded> {
  const node = await startCaseNode(told)
  try {
    const watch = new Set(told.protected)
    const benign = await node.run({ steps: historySteps(told), watch, provenance: true })
    for (const [index, execution] of benign.executions.entries()) {
      yield { execution, transaction: `history ${index}`, attack: null }
    }
    const hostile = await node.run({ steps: attackSteps(told), state: benign.state, watch, provenance: true })
    for (const [index, execution] of hostile.executions.entries()) {
      yield { execution, transaction: `attack ${index}`, attack: file }
    }
  } finally {
    await node.stop()
  }
}

interface Judging {
  readonly scan: ScanState
  readonly file: string
  readonly onProgress: (line: string) => void
}

async function judge(
  recorded: AsyncIterable<Recorded>,
  { scan: start, file, onProgress }: Judging,
): Promise<ReplayedTransaction[]> {
  const replayed: ReplayedTransaction[] = []
  let scan = start
  for await (const { execution, transaction, attack } of recorded) {
    const begun = performance.now()
    const judged = scanExecution(scan, execution, DETECTORS)
    scan = judged.scan
    const milliseconds = performance.now() - begun
    replayed.push({ file, transaction, inspection: judged.inspection, milliseconds, attack })
    if (replayed.length % PROGRESS_EVERY === 0) onProgress(`${file}: ${replayed.length} transactions`)
  }
  return replayed
}
