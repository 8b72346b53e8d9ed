import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BatchFile } from '../governance/batches/types.ts'

/**
 * Writes batches into a folder and gives their paths. Those of an earlier run with one of the same `names` are taken away: among the new
 * ones they would be signed by mistake.
 */
export async function writeBatches(
  folder: string,
  files: readonly BatchFile[],
  names: readonly string[],
): Promise<string[]> {
  const ours = new RegExp(`^(${names.join('|')})(-\\d+)?\\.(safe|timelock|governor|calldata)\\.json$`)
  await mkdir(folder, { recursive: true })
  const stale = (await readdir(folder)).filter((name) => ours.test(name))
  await Promise.all(stale.map((name) => rm(join(folder, name))))
  return Promise.all(
    files.map(async ({ name, text }) => {
      const path = join(folder, name)
      await writeFile(path, text)
      return path
    }),
  )
}
