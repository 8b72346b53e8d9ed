import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zeroAddress, zeroHash } from 'viem'
import { describe, expect, it } from 'vitest'
import { attestationTypedData } from '../../src/governance/attestation-data.ts'
import { restrictionTypedData, rollbackTypedData } from '../../src/governance/typed-data.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = join(ROOT, 'docs/erc7730')
/** Formats of ERC-7730 that show a value of the type. */
const SHOWS: Readonly<Record<string, readonly string[]>> = {
  raw: ['bytes4', 'bytes32', 'uint256'],
  addressName: ['address'],
  date: ['uint64', 'uint256'],
  duration: ['uint64'],
  calldata: ['bytes'],
}

interface Field {
  readonly path: string
  readonly label: string
  readonly format: string
  readonly params?: { readonly calleePath?: string }
  readonly visible?: string
}

interface Descriptor {
  readonly context: {
    readonly eip712: { readonly domain: { readonly name: string; readonly version: string } }
  }
  readonly display: {
    readonly formats: Readonly<Record<string, { readonly intent: string; readonly fields: readonly Field[] }>>
  }
}

/** What the contracts sign, from their sources: type strings by the name and version of the domain. */
const declared = readdirSync(join(ROOT, 'contracts/src'))
  .filter((file) => file.endsWith('.sol'))
  .map((file) => readFileSync(join(ROOT, 'contracts/src', file), 'utf8'))
  .flatMap((source) => {
    const [, name, version] = /EIP712\("([^"]+)", "([^"]+)"\)/.exec(source) ?? []
    const types = [...source.matchAll(/TYPEHASH\s*=\s*keccak256\(\s*"([^"]+)"/g)].map(([, type]) => type!)
    return name ? [{ name, version, types }] : []
  })

const fieldsOf = (type: string): ReadonlyMap<string, string> =>
  new Map(
    /\((.*)\)$/
      .exec(type)![1]!
      .split(',')
      .map((field) => {
        const [kind, name] = field.split(' ')
        // ERC-7730 shows every element of an array by its path.
        const element = kind!.replace('[]', '')
        return [element === kind ? name! : `${name}.[]`, element]
      }),
  )

describe.each(readdirSync(FOLDER))('docs/erc7730/%s', (file) => {
  const { context, display }: Descriptor = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))
  const { name, version } = context.eip712.domain
  const formats = Object.entries(display.formats)

  it('describes every type its contract has signed, and no other, under its domain', () => {
    const contract = declared.find((one) => one.name === name)
    expect(contract?.version).toBe(version)
    expect(formats.map(([type]) => type).sort()).toEqual([...contract!.types].sort())
  })

  it.each(formats)('shows every field of %s, by a format for its type', (type, { intent, fields }) => {
    const types = fieldsOf(type)
    expect(fields.map(({ path }) => path)).toEqual([...types.keys()])
    for (const { path, label, format, params } of fields) {
      expect(SHOWS[format], `${path}: ${format}`).toContain(types.get(path))
      expect(label.length).toBeLessThan(20)
      if (params?.calleePath) expect(types.get(params.calleePath)).toBe('address')
    }
    // Some devices have no room for more.
    expect(intent.length).toBeLessThanOrEqual(30)
  })
})

it('covers what the TypeScript half signs', () => {
  const gate = { gate: zeroAddress, chainId: 1 }
  const fresh = { target: zeroAddress, nonce: 0n, deadline: 0n } as const
  const hashes = {
    originalCodeHash: zeroHash,
    patchedCodeHash: zeroHash,
    certificateHash: zeroHash,
    bundleHash: zeroHash,
    salt: zeroHash,
  }
  const attestation = {
    ...{ target: zeroAddress, selectors: [], duration: 0n, deadline: 0n },
    ...{ incident: zeroHash, evidence: zeroHash },
  }
  const signed = [
    restrictionTypedData(gate, { ...fresh, ...hashes }),
    rollbackTypedData(gate, fresh),
    attestationTypedData({ quorum: zeroAddress, chainId: 1 }, attestation),
  ]
  for (const { domain, types } of signed) {
    const file = `eip712-${domain.name.replace('Suture ', '')}.json`
    const { formats } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')).display
    const [[name, fields]] = Object.entries(types) as [[string, readonly { name: string; type: string }[]]]
    expect(formats).toHaveProperty([
      `${name}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`,
    ])
  }
})
