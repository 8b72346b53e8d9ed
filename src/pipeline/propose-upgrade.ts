import { askAddress, askWord, readCode } from '../chain/deployment/ask.ts'
import type { ChainView } from '../chain/deployment/types.ts'
import { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { GateKind } from '../governance/target-kinds.ts'
import { type CodeFacts, readCodeFacts } from './onboard-facts.ts'

interface Examined {
  readonly siteMapRoot: Hex
  readonly codeHash: Hex
  /** Sentences. */
  readonly notes: readonly string[]
}

interface NewCode {
  readonly status: {
    readonly kind: GateKind
    readonly current: Address
    readonly provisional: boolean
    readonly selectors: readonly Hex[]
  }
  readonly implementation: Address
  /** What is called on it after the upgrade. */
  readonly data: Hex
}

/** ERC-1967, and what ERC-1822 wants of a UUPS implementation. */
const IMPLEMENTATION_SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbcn
/** EIP-170. A patch of code near it does not fit. */
const LARGEST_CODE = 24_576
const ROOM_FOR_PATCH = 512
/** ERC-7702: an account of a key, which can change what it runs whenever it likes. */
const DELEGATED = '0xef0100'

/**
 * What the gate has to know of a new implementation, and how its code differs in kind from what runs now. What it does, and whether its
 * storage fits, is for those who decide: `suture inspect` and the sources tell.
 *
 * @throws CONFIG_INVALID where there is no code that stays.
 */
export async function examineUpgrade(
  view: ChainView,
  { status, implementation, data }: NewCode,
): Promise<Examined> {
  const [code, old] = await Promise.all([implementation, status.current].map((at) => readCode(view, at)))
  if (code === '0x' || code!.startsWith(DELEGATED)) {
    throw new SutureError('CONFIG_INVALID', 'There is no code of a contract at the new implementation.', {
      meta: ['field: <implementation>', `value: ${implementation}`, 'fix: deploy it first, on this chain'],
    })
  }
  const facts = readCodeFacts({ code: code!, implementation })
  const before = readCodeFacts({ code: old!, implementation: status.current })
  return {
    siteMapRoot: facts.siteMap.root,
    codeHash: facts.codeHash,
    notes: [
      `the new code has ${facts.bytes} bytes (the old ${before.bytes}) and hashes to ${facts.codeHash}`,
      ...compareFunctions(before, facts),
      ...(await examineKind(view, status.kind, implementation)),
      ...missing(status.selectors, facts),
      ...size(facts),
      ...(status.provisional ? ['the restriction that is in place goes with the old code'] : []),
      ...(facts.codeHash === before.codeHash ? ['it is the code that is there already'] : []),
      ...(data === '0x' ? [] : [`it is called once by the proxy itself, with ${data}`]),
      ...facts.risks,
    ],
  }
}

function compareFunctions(before: CodeFacts, after: CodeFacts): string[] {
  const gone = before.functions.filter((selector) => !after.functions.includes(selector))
  const added = after.functions.filter((selector) => !before.functions.includes(selector))
  return [
    ...(gone.length > 0 ? [`functions that are gone: ${gone.join(' ')}`] : []),
    ...(added.length > 0 ? [`functions that are new: ${added.join(' ')}`] : []),
  ]
}

async function examineKind(
  view: ChainView,
  kind: GateKind,
  implementation: Address,
): Promise<readonly string[]> {
  const uups = kind === 'uups' || kind === 'uups-legacy'
  const [uuid, beacon] = await Promise.all([
    askWord(view, implementation, 'proxiableUUID()'),
    askAddress(view, implementation, 'implementation()'),
  ])
  return [
    ...(uups && uuid !== IMPLEMENTATION_SLOT
      ? [
          'WARNING: it has no proxiableUUID of a UUPS implementation: the target could never be upgraded again',
        ]
      : []),
    ...(!uups && uuid === IMPLEMENTATION_SLOT
      ? ['WARNING: it is a UUPS implementation, and the target is none: it may be upgraded past its admin']
      : []),
    ...(beacon
      ? [
          `WARNING: it answers implementation() with ${beacon}: a proxy or beacon instead of an implementation?`,
        ]
      : []),
  ]
}

function missing(selectors: readonly Hex[], { functions }: CodeFacts): string[] {
  const lost = selectors.filter((selector) => !functions.includes(selector))
  if (lost.length === 0) return []
  return [`WARNING: the diamond sends it ${lost.join(' ')}, which were not found in it`]
}

function size({ bytes }: CodeFacts): string[] {
  if (bytes + ROOM_FOR_PATCH <= LARGEST_CODE) return []
  return [`WARNING: ${LARGEST_CODE - bytes} bytes are left below the limit of EIP-170: a patch may not fit`]
}
