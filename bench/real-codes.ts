import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Hex } from '../src/core/hex.ts'

const CODE = /"code":\s*"(0x[0-9a-f]{2,49152})"/g

/**
 * Runtime codes in the JSON files of some folders, distinct, ordered by their hash, so that the first n are the same everywhere. Empty
 * where there is no such folder. Delegations and EOF containers (0xEF) are left out.
 */
export function readCodes(folders: readonly string[]): Hex[] {
  const codes = new Map<string, Hex>()
  for (const folder of folders.filter(existsSync)) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json.gz'))) {
      const text = gunzipSync(readFileSync(join(folder, file))).toString()
      for (const [, code] of text.matchAll(CODE)) {
        if (!code!.startsWith('0xef'))
          codes.set(createHash('sha256').update(code!).digest('hex'), code as Hex)
      }
    }
  }
  return [...codes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, code]) => code)
}
