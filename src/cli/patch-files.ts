import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hexOf } from '../core/hex.ts'
import { annotatePatch, type PatchedCode } from '../patching/annotate.ts'

/** Writes what a reviewer needs of one patch: both codes, the certificate, and the listing of what changed. Gives the paths. */
export async function writePatchFiles(folder: string, name: string, patch: PatchedCode): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const files: readonly (readonly [string, string])[] = [
    [`${name}.original.hex`, hexOf(patch.original)],
    [`${name}.patched.hex`, patch.runtime],
    [`${name}.certificate.json`, JSON.stringify(patch.certificate, null, 2)],
    [`${name}.annotated.txt`, annotatePatch(patch)],
  ]
  for (const [file, text] of files) await writeFile(join(folder, file), `${text}\n`)
  return files.map(([file]) => join(folder, file))
}

/** Writes a source patch as `patch` and `git apply` read it. Gives the path. */
export async function writeDiff(folder: string, diff: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'source.diff')
  await writeFile(file, diff)
  return file
}
