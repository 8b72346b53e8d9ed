/** The three numbers of a compiler version such as `v0.8.19+commit.7dd6d404`. */
const numbersOf = (version: string): readonly number[] =>
  (/(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1) ?? ['0', '0', '0']).map(Number)

/** Whether a compiler is of a version or later. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [numbersOf(version), numbersOf(least)]
  const index = a.findIndex((number, i) => number !== b[i])
  return index < 0 || a[index]! > b[index]!
}

/** `0.8.19` of any form of it. */
export const shortVersion = (version: string): string => numbersOf(version).join('.')

/** EVM versions without transient storage (EIP-1153). */
const BEFORE_CANCUN: ReadonlySet<string> = new Set([
  'homestead',
  'tangerineWhistle',
  'spuriousDragon',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'berlin',
  'london',
  'paris',
  'shanghai',
])
/** From here on the compilers take Cancun or later where no EVM version is given. */
const DEFAULTS_TO_CANCUN = '0.8.25'
/** From here on state variables can be declared `transient`. */
const KNOWS_TRANSIENT = '0.8.28'

/** Whether a contract compiled like this may declare transient state variables. */
export function hasTransientVariables(version: string, evmVersion: string | undefined): boolean {
  const target = evmVersion ?? (isAtLeast(version, DEFAULTS_TO_CANCUN) ? 'cancun' : 'london')
  return isAtLeast(version, KNOWS_TRANSIENT) && !BEFORE_CANCUN.has(target)
}
