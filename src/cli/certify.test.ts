import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { type Ended, runCommand } from '../../test/support/run-command.ts'
import { vaultSource } from '../../test/support/vault-source.ts'

const SETUP = { compiler: 'solc', runs: 200 } as const
const { runtime, selectors } = compileSolidity(vaultSource(SETUP), SETUP).Vault!
const WITHDRAW = Object.keys(selectors).find((signature) => signature.startsWith('withdraw('))!

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'suture-certify-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const program = (file: 'main.ts' | 'check-main.ts', ...args: readonly string[]) => runCommand(file, args)

async function certify(guards: unknown, ...flags: readonly string[]): Promise<Ended> {
  const file = join(folder, 'guards.json')
  await writeFile(file, JSON.stringify(guards))
  return program('main.ts', 'certify', runtime, '--guards', file, ...flags)
}

const refuseContracts = [
  {
    function: `0x${selectors[WITHDRAW]!}`,
    guards: ['caller@1', 'origin@1', 'xor@1', 'refuse-if@1'].map((template) => ({ template })),
  },
]

describe('suture certify and suture-check', () => {
  it('certifies guards of the user’s own, and the small checker agrees with the large one', async () => {
    const made = await certify(refuseContracts, '--out', join(folder, 'out'))
    expect(made.stderr).toContain('wrote')
    expect(made.stdout).toContain('refuses when (the caller xor the sender of the transaction)')
    const files = (await readdir(join(folder, 'out'))).sort()
    expect(files).toEqual([
      'patched.annotated.txt',
      'patched.certificate.json',
      'patched.original.hex',
      'patched.patched.hex',
    ])
    const [, certificate, original, patched] = files.map((file) => join(folder, 'out', file)) as string[]
    const small = await program('check-main.ts', original!, patched!, certificate!)
    expect(JSON.parse(small.stdout)).toEqual({ accepted: true, siteMap: 'claimed' })
    const large = await program('main.ts', 'check', original!, patched!, certificate!, '--json')
    expect(JSON.parse(large.stdout)).toEqual({ accepted: true, siteMap: 'claimed' })

    const code = await readFile(patched!, 'utf8')
    await writeFile(join(folder, 'altered.hex'), code.replace(/^0x../, '0x00'))
    const altered = await program('check-main.ts', original!, join(folder, 'altered.hex'), certificate!)
    expect(altered.code).toBe(2)
    expect(JSON.parse(altered.stdout)).toMatchObject({ accepted: false, reason: 'patched-mismatch' })
  })

  it.each([
    [
      'a sentence that leaves a word over',
      [{ ...refuseContracts[0], guards: [{ template: 'caller@1' }] }],
      'make no whole sentence',
    ],
    [
      'a piece that is not on the list',
      [{ ...refuseContracts[0], guards: [{ template: 'mint@1' }] }],
      'no guard template mint@1',
    ],
    ['a place that is neither', [{ guards: [{ template: 'caller@1' }] }], 'field: 0'],
    [
      'a function that is not there',
      [{ ...refuseContracts[0], function: '0x00000001' }],
      'No function of the code answers to this selector',
    ],
  ])('says what is wrong with %s', async (_, guards, words) => {
    const ended = await certify(guards)
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain(words)
    expect(ended.stderr).toContain('fix:')
  })

  it('says what suture-check is given wrongly', async () => {
    const ended = await program('check-main.ts', 'a', 'b')
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('usage: suture-check')
  })
})
