import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { messageOf, SutureError } from './errors.ts'

/** Reads a JSON file, gzipped or not (told by its first bytes, not by its name). */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    const bytes = await readFile(path)
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
    return JSON.parse(text.toString('utf8'))
  } catch (cause) {
    throw new SutureError('FILE_UNREADABLE', `${path} cannot be read as JSON.`, {
      meta: [`reason: ${messageOf(cause)}`, 'fix: give the path of a .json or .json.gz file'],
      cause,
    })
  }
}
