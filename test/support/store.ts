import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '../../src/core/log.ts'
import { openStore, type Store } from '../../src/core/store.ts'

export const silent = createLogger({ level: 'silent' })

export interface TestStore {
  readonly store: Store
  readonly dataDir: string
  /** Closes the store, stops its server and removes the data. */
  remove(): Promise<void>
}

/** A real, empty PostgreSQL in a folder of its own. */
export async function openTestStore(): Promise<TestStore> {
  const dataDir = await mkdtemp(join(tmpdir(), 'suture-store-'))
  // PostgreSQL's account must be able to enter.
  await chmod(dataDir, 0o755)
  const store = await openStore({ dataDir, logger: silent })
  return {
    store,
    dataDir,
    remove: async () => {
      await store.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
