import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Abi, encodeFunctionData } from 'viem'
import type { Address, Hex } from '../../../src/core/hex.ts'
import type { World } from '../../support/onboard-world.ts'

const ARTIFACTS = '@aave/core-v3/artifacts/contracts'
const LOGIC = 'protocol/libraries/logic'
const require = createRequire(import.meta.url)

interface Artifact {
  readonly abi: Abi
  readonly bytecode: Hex
  readonly linkReferences: Readonly<Record<string, Readonly<Record<string, readonly Reference[]>>>>
}
interface Reference {
  readonly start: number
  readonly length: number
}

/** What Aave published of a contract, e.g. `protocol/pool/Pool`; a contract named otherwise than its file as `mocks/File:Name`. */
function readAave(path: string): Artifact {
  const [file, named] = path.split(':') as [string, string | undefined]
  const name = named ?? file.split('/').at(-1)
  return JSON.parse(readFileSync(require.resolve(`${ARTIFACTS}/${file}.sol/${name}.json`), 'utf8'))
}

export const aaveAbi = (path: string): Abi => readAave(path).abi

/** Calldata for a contract of Aave, by its own ABI. */
export function encoder(path: string): (functionName: string, args?: readonly unknown[]) => Hex {
  const abi = aaveAbi(path)
  return (functionName, args = []) => encodeFunctionData({ abi, functionName, args })
}

/** Deploys contracts as Aave compiled them, each library once, and puts the libraries' addresses where the code asks for them. */
export function createDeployer(world: World): (path: string, args?: readonly unknown[]) => Promise<Address> {
  const libraries = new Map<string, Promise<Address>>()

  async function link({ bytecode, linkReferences }: Artifact): Promise<Hex> {
    let linked = bytecode as string
    for (const [name, places] of Object.values(linkReferences).flatMap((file) => Object.entries(file))) {
      const address = await libraryOf(name)
      for (const { start, length } of places) {
        const at = 2 + start * 2
        linked = linked.slice(0, at) + address.slice(2) + linked.slice(at + length * 2)
      }
    }
    return linked as Hex
  }
  function libraryOf(name: string): Promise<Address> {
    const known = libraries.get(name) ?? deploy(`${LOGIC}/${name}`)
    libraries.set(name, known)
    return known
  }
  async function deploy(path: string, args: readonly unknown[] = []): Promise<Address> {
    const artifact = readAave(path)
    return world.create({ abi: artifact.abi, creation: await link(artifact) }, args)
  }
  return deploy
}
