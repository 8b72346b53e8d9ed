/** Rebuilds the committed cases: `npm run cases:build` for all of them, `npm run cases:build -- name…` for some. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildCase } from './lib/build-case.ts'
import { printJson } from './lib/print-json.ts'
import type { CaseDeclaration } from './lib/types.ts'

const root = import.meta.dirname
const asked = process.argv.slice(2)
const names = readdirSync(root).filter((name) => existsSync(join(root, name, 'case.ts')))

for (const name of asked.length > 0 ? asked : names.sort()) {
  const folder = join(root, name)
  const module = await import(pathToFileURL(join(folder, 'case.ts')).href)
  const { file, variants } = await buildCase(name, module.default as CaseDeclaration<unknown>, folder)
  writeFileSync(join(folder, 'case.json'), printJson(file))
  writeFileSync(join(folder, 'variants.json'), printJson(variants))
  console.log(
    `${name}: ${file.history.length} benign, lost ${file.loss.map(({ amount }) => BigInt(amount)).join(', ')}`,
  )
}
