import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES, SutureError, type SutureErrorCode } from '../src/core/errors.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGES = [
  ...[
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'contracts/README.md',
    'cases/README.md',
  ],
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const FOLDERS = 'src|test|docs|cases|contracts|scripts|bench'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1]!)

describe.each(PAGES)('%s', (page) => {
  const text = read(page)

  it('links to pages that are there', () => {
    const links = matches(text, /\]\((?!https?:)([^)#\s]+)/g)
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([])
  })

  it('names files and folders that are there', () => {
    const paths = matches(text, new RegExp(`\`((?:${FOLDERS})/[\\w./-]+)\``, 'g'))
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('names npm scripts that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = matches(text, /npm run ([\w:]+)/g)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  it('names commands of the CLI that are there', () => {
    const named = matches(text, /`(?:npx )?suture ([a-z]+)/g)
    expect(named.filter((name) => !existsSync(join(ROOT, `src/cli/${name}.ts`)))).toEqual([])
  })
})

describe('SECURITY.md', () => {
  const text = read('SECURITY.md')

  it('names Solidity tests that are there', () => {
    const tests = readdirSync(join(ROOT, 'contracts/test'))
      .filter((name) => name.endsWith('.t.sol'))
      .map((name) => read(`contracts/test/${name}`))
      .join('\n')
    const named = matches(text, /`((?:test|table)_\w+)`/g)
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((name) => !tests.includes(`function ${name}(`))).toEqual([])
  })

  it('quotes TypeScript tests by their names', () => {
    const quoted = [...text.matchAll(/`((?:src|test)\/[\w./-]+\.test\.ts)`\s*\(([^)]*)\)/g)]
    const missing = quoted.flatMap(([, path, names]) =>
      matches(names!, /`([^`]+)`/g)
        .map((name) => name.replace(/, …$/, ''))
        .filter((name) => !read(path!).includes(name)),
    )
    expect(quoted.length).toBeGreaterThan(2)
    expect(missing).toEqual([])
  })
})

it('every error points to a place in docs/errors.md', () => {
  const text = read('docs/errors.md')
  const lost = (Object.keys(ERROR_CODES) as SutureErrorCode[]).filter((code) => {
    const [page, anchor] = new SutureError(code, 'It failed.').docs.split('#')
    return page !== 'docs/errors.md' || !text.includes(`<a id="${anchor}"></a>`)
  })
  expect(lost).toEqual([])
})
