import { type Hex, hexOf } from '../../core/hex.ts'
import { refuse } from './refuse.ts'
import type { CodeReference, ContractOutput, DeployedBytecode, StandardOutput } from './types.ts'

/** What a compiler leaves open and deployment fills in. */
export interface Fillings {
  /** By the AST id of the immutable variable. */
  readonly immutables: ReadonlyMap<string, Uint8Array>
  /** By `path:library`. */
  readonly libraries: ReadonlyMap<string, Uint8Array>
  /** A library's own address, in the check at its start that it is delegated to; null elsewhere. */
  readonly self: Uint8Array | null
}

/** The contract of an output whose code is the deployed one. */
export interface Reproduction {
  readonly path: string
  readonly name: string
  readonly output: ContractOutput
  readonly fillings: Fillings
}

interface Mismatch {
  readonly contract: string
  readonly difference: string
  /** Of its selectors, how many the deployed code has: the more the nearer. */
  readonly shared: number
}

/** Hash prefixes of the metadata trailers (CBOR) that compilers have written: 32 bytes of hash follow. Trailers of created contracts count too. */
const METADATA =
  /(?:a165627a7a72305820|a265627a7a72305820|a265627a7a72315820|a2646970667358221220)([0-9a-f]{64})/g
const PLACEHOLDER = /__[\s\S]{38}/g
const PUSH20 = 0x73
const ADDRESS = 20

/**
 * Finds the contract whose compiled runtime is the deployed one, apart from metadata hashes, immutables and library addresses, which are
 * read from the deployed code.
 *
 * @throws PATCH_IMPOSSIBLE when there is none, with the nearest contract and where it departs.
 */
export function reproduce(output: StandardOutput, deployed: Uint8Array): Reproduction {
  const mismatches: Mismatch[] = []
  for (const [path, contracts] of Object.entries(output.contracts ?? {})) {
    for (const [name, contract] of Object.entries(contracts)) {
      const { deployedBytecode } = contract.evm
      if (deployedBytecode.object === '') continue
      const difference = compare(deployedBytecode, deployed)
      const shared = countSelectors(contract, deployed)
      if (difference) mismatches.push({ contract: `${path}:${name}`, difference, shared })
      else return { path, name, output: contract, fillings: readFillings(deployedBytecode, deployed) }
    }
  }
  const [nearest] = mismatches.sort((a, b) => b.shared - a.shared)
  return refuse(
    'The sources do not compile to the code that is deployed.',
    nearest ? `nearest: ${nearest.contract}` : 'nearest: the input has no contract with code',
    ...(nearest ? [`difference: ${nearest.difference}`] : []),
    'hint: compiler version, optimizer runs, EVM version and via IR must be those of the deployment',
  )
}

function countSelectors({ evm }: ContractOutput, deployed: Uint8Array): number {
  const code = Buffer.from(deployed)
  const selectors = Object.values(evm.methodIdentifiers ?? {})
  return selectors.filter((selector) => code.includes(Buffer.from(selector, 'hex'))).length
}

/** Where two codes depart from one another; null where they do not. */
function compare(compiled: DeployedBytecode, deployed: Uint8Array): string | null {
  const code = toBytes(compiled.object)
  if (code.length !== deployed.length) return `${code.length} bytes compiled, ${deployed.length} deployed`
  const open = openBytes(compiled)
  const wrong = [...code.keys()].filter((at) => !open.has(at) && code[at] !== deployed[at])
  const first = wrong[0]
  if (first === undefined) return null
  const shown = (bytes: Uint8Array) => hexOf(bytes.slice(first, first + 8))
  return `${wrong.length} byte(s), first at ${first}: ${shown(code)} compiled, ${shown(deployed)} deployed`
}

/** Offsets that need not be equal. */
function openBytes(compiled: DeployedBytecode): ReadonlySet<number> {
  const open = new Set<number>()
  const add = ({ start, length }: CodeReference) => {
    for (let at = start; at < start + length; at++) open.add(at)
  }
  for (const references of Object.values(compiled.immutableReferences ?? {})) references.forEach(add)
  for (const match of compiled.object.matchAll(PLACEHOLDER)) add({ start: match.index / 2, length: ADDRESS })
  for (const match of compiled.object.matchAll(METADATA)) {
    add({ start: (match.index + match[0].length) / 2 - 32, length: 32 })
  }
  if (isLibrary(compiled)) add({ start: 1, length: ADDRESS })
  return open
}

/** A library's code begins with PUSH20 of zeros, where its own address is put when it is deployed. */
function isLibrary({ object }: DeployedBytecode): boolean {
  return object.startsWith(`${PUSH20.toString(16)}${'00'.repeat(ADDRESS)}30`)
}

function readFillings(compiled: DeployedBytecode, deployed: Uint8Array): Fillings {
  const read = ([first]: readonly CodeReference[]) =>
    deployed.slice(first!.start, first!.start + first!.length)
  return {
    immutables: new Map(
      Object.entries(compiled.immutableReferences ?? {}).map(([id, references]) => [id, read(references)]),
    ),
    libraries: new Map(linksOf(compiled).map(([library, references]) => [library, read(references)])),
    self: isLibrary(compiled) ? deployed.slice(1, 1 + ADDRESS) : null,
  }
}

function linksOf({ linkReferences = {} }: DeployedBytecode): [string, readonly CodeReference[]][] {
  return Object.entries(linkReferences).flatMap(([path, libraries]) =>
    Object.entries(libraries).map(([name, references]): [string, readonly CodeReference[]] => [
      `${path}:${name}`,
      references,
    ]),
  )
}

/** Zeros stand where a library is to be linked in. */
const toBytes = (object: string): Uint8Array =>
  Uint8Array.from(Buffer.from(object.replaceAll(PLACEHOLDER, '00'.repeat(ADDRESS)), 'hex'))

/**
 * The runtime code of a new compilation with what the deployed one holds. `keyOf` gives the key under which `fillings.immutables` has the
 * variable of an AST id of the new compilation, or null.
 *
 * @throws PATCH_IMPOSSIBLE when the new code needs a value that the deployed code does not hold.
 */
export function fillRuntime(
  { evm: { deployedBytecode } }: ContractOutput,
  fillings: Fillings,
  keyOf: (id: string) => string | null,
): Hex {
  const code = toBytes(deployedBytecode.object)
  const put = (what: string, bytes: Uint8Array | undefined, references: readonly CodeReference[]) => {
    if (!bytes) refuse('The mended code needs a value the deployed code does not hold.', `value: ${what}`)
    for (const { start } of references) code.set(bytes, start)
  }
  for (const [id, references] of Object.entries(deployedBytecode.immutableReferences ?? {})) {
    const key = keyOf(id)
    put(`immutable ${key ?? id}`, key === null ? undefined : fillings.immutables.get(key), references)
  }
  for (const [library, references] of linksOf(deployedBytecode)) {
    put(`library ${library}`, fillings.libraries.get(library), references)
  }
  if (fillings.self) code.set(fillings.self, 1)
  return hexOf(code)
}
