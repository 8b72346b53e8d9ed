import { expect, it } from 'vitest'
import { readModule } from './read-module.ts'

it('finds every form of import, over one line or many', () => {
  const source = [
    "import './a.ts'",
    "import b from './b.ts'",
    "import * as c from './c.ts'",
    "import {\n  type D,\n  e,\n} from './d.ts'",
    "import type { F } from './f.ts'",
    "export { g } from './g.ts'",
    "export type { H } from './h.ts'",
    "export * from './i.ts'",
    "const j = await import('./j.ts')",
  ].join('\n')
  expect(readModule(source).imports).toEqual([
    { from: './a.ts', typeOnly: false },
    { from: './b.ts', typeOnly: false },
    { from: './c.ts', typeOnly: false },
    { from: './d.ts', typeOnly: false },
    { from: './f.ts', typeOnly: true },
    { from: './g.ts', typeOnly: false },
    { from: './h.ts', typeOnly: true },
    { from: './i.ts', typeOnly: false },
    { from: './j.ts', typeOnly: false },
  ])
})

it('takes nothing in comments, strings, templates and regular expressions for code', () => {
  const source = [
    "// import './a.ts'",
    "/* import './b.ts' */",
    'const text = "import \'./c.ts\'"',
    "const template = `\nimport d from './d.ts'\nexport default d\n`",
    'const quote = /[\'"`]/.test(text)',
    'const ratio = 4 / 2 / 1',
    "export const from = 'here'",
    'const { url } = import.meta',
  ].join('\n')
  const { imports, hasDefaultExport, words } = readModule(source)
  expect(imports).toEqual([])
  expect(hasDefaultExport).toBe(false)
  expect(words).toContain('const ratio = 4 / 2 / 1')
})

it('sees a default export and the words of the code', () => {
  const { hasDefaultExport, words, strings } = readModule(
    "export default run(() => { throw new Error('no') })",
  )
  expect(hasDefaultExport).toBe(true)
  expect(words).toContain('throw new Error (')
  expect(strings).toEqual(['no'])
})
