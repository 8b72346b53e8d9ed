import type { Logger } from 'pino'
import type { BlockRef } from '../chain/types.ts'
import { messageOf } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import type { Store } from '../core/store.ts'

type Position = Pick<BlockRef, 'number' | 'hash'>

/** How far a watch has come, kept over restarts: what happened while it was down is then looked at, not taken for usual. */
export interface Cursor {
  /** null where this protocol was never watched. */
  read(): Promise<Position | null>
  /**
   * Notes a block that was dealt with. Does not wait for the database, because a watch must go on without it: what was not written down is
   * looked at twice after a restart, and an attack that is known opens no second incident.
   */
  note(position: Position): void
  /** Waits for what is being written. */
  settle(): Promise<void>
}

export function createCursor(store: Store, name: string, logger: Logger): Cursor {
  let next: Position | null = null
  let writing: Promise<void> | null = null

  async function write(): Promise<void> {
    for (let position = next; position !== null; position = next) {
      next = null
      const { number, hash } = position
      await store
        .query(
          `INSERT INTO cursors (name, number, hash) VALUES ($1, $2, $3)
           ON CONFLICT (name) DO UPDATE SET number = $2, hash = $3, at = now()`,
          [name, number, hash],
        )
        .catch((error) => logger.warn({ reason: messageOf(error) }, 'the last block was not noted'))
    }
    writing = null
  }

  return {
    read: async () => {
      const rows = await store.query<{ number: bigint; hash: Hex }>(
        'SELECT number, hash FROM cursors WHERE name = $1',
        [name],
      )
      return rows[0] ?? null
    },
    note: ({ number, hash }) => {
      next = { number, hash }
      writing ??= write()
    },
    settle: async () => {
      await writing
    },
  }
}
