import type { ContractDefinition } from 'solc-typed-ast'
import type { Routine } from '../call-graph.ts'
import type { Edit } from '../edit.ts'
import type { Program } from '../program.ts'
import { refuse } from '../refuse.ts'
import { freshName, requireThat } from '../style.ts'
import { hasTransientVariables, isAtLeast } from '../version.ts'
import { addMember } from '../write.ts'
import type { Lock } from './find-lock.ts'

const COMMENT = '// Held while the contract is in the middle of a call out.'
const APART = '// It has a slot of its own, so that no variable of a derived contract moves.'

interface Declaration {
  readonly variable: readonly string[]
  /** Functions that read and write it, where it is no variable of the language. */
  readonly functions: readonly string[]
  /** Expression and statements. */
  readonly isHeld: string
  readonly take: string
  readonly release: string
}

/**
 * A lock that all of some functions see, and that moves no storage: a transient variable where compiler and chain know such, else a variable
 * behind all others of the deployed contract, or, where a base contract has to see it, a slot apart. `asked` adds a modifier, `asking`, that asks for the lock
 * without taking it; `modifiers: false` leaves both out.
 *
 * @throws PATCH_IMPOSSIBLE when no contract has members that all functions see.
 */
export function declareLock(
  program: Program,
  functions: readonly Routine[],
  { modifiers = true, asked = false }: { readonly modifiers?: boolean; readonly asked?: boolean } = {},
): Lock & { readonly asking: string } {
  const contract = commonContract(program, functions)
  const { compiler, input } = program.source
  const transient = hasTransientVariables(compiler, input.settings.evmVersion)
  const inSlot = contract !== program.contract && !transient
  const declaration = inSlot ? declareSlot(program, contract) : declareVariable(program, transient)
  const { isHeld, take, release } = declaration
  const check = requireThat(program, `!${isHeld}`, 'reentrant call')
  const name = freshName(program, 'nonReentrant', 'whileNotEntered')
  const asking = freshName(program, 'whenNotEntered', 'whenNotReentered')
  const parts = [
    declaration.functions,
    modifiers ? writeModifier(name, [check, take, '_;', release]) : [],
    modifiers && asked ? writeModifier(asking, [check, '_;']) : [],
  ]
  const members = parts.filter((part) => part.length > 0).flatMap((part) => ['', ...part])
  return {
    name,
    asking,
    check,
    take,
    release,
    edits: declare(program, contract, declaration.variable, members.slice(1)),
  }
}

const writeModifier = (name: string, lines: readonly string[]): string[] => [
  `modifier ${name}() {`,
  ...lines.map((line) => `\t${line}`),
  '}',
]

function declareVariable(program: Program, transient: boolean): Declaration {
  const name = freshName(program, 'entered', '_entered')
  return {
    variable: [COMMENT, `bool private ${transient ? 'transient ' : ''}${name};`],
    functions: [],
    isHeld: name,
    take: `${name} = true;`,
    release: `${name} = false;`,
  }
}

/** From here on functions may be `view`. */
const KNOWS_VIEW = '0.4.17'

function declareSlot(program: Program, contract: ContractDefinition): Declaration {
  if (!isAtLeast(program.source.compiler, KNOWS_VIEW))
    return refuse(
      'A lock in a base contract would move the variables of what derives from it.',
      `base: ${contract.name}`,
    )
  const slot = freshName(program, 'ENTERED_SLOT')
  const [get, set] = [
    freshName(program, 'isEntered', '_isEntered'),
    freshName(program, 'setEntered', '_setEntered'),
  ]
  const body = (statement: string) => [
    `\tbytes32 slot = ${slot};`,
    '\tassembly {',
    `\t\t${statement}`,
    '\t}',
    '}',
  ]
  return {
    variable: [COMMENT, APART, `bytes32 private constant ${slot} = keccak256("${contract.name}.entered");`],
    functions: [
      `function ${get}() internal view returns (bool held) {`,
      ...body('held := sload(slot)'),
      '',
      `function ${set}(bool held) internal {`,
      ...body('sstore(slot, held)'),
    ],
    isHeld: `${get}()`,
    take: `${set}(true);`,
    release: `${set}(false);`,
  }
}

/** The contract whose members all functions see: the one among theirs that the others derive from. */
function commonContract(program: Program, functions: readonly Routine[]): ContractDefinition {
  const contracts = [...new Set(functions.map(({ vScope }) => vScope as ContractDefinition))]
  const common = contracts.find((base) =>
    contracts.every((each) => each.vLinearizedBaseContracts?.includes(base)),
  )
  return (
    common ??
    refuse(
      'The functions stand in contracts that do not derive from one another.',
      `contracts: ${contracts.map((each) => each.name ?? 'a file').join(', ')}`,
      `deployed: ${program.contract.name}`,
    )
  )
}

function declare(
  program: Program,
  contract: ContractDefinition,
  variable: readonly string[],
  members: readonly string[],
): Edit[] {
  const lastVariable = contract.vStateVariables.at(-1)
  const lastModifier = contract.vModifiers.at(-1)
  const apart = members.length > 0 && lastModifier !== undefined
  const joined = apart || members.length === 0 ? variable : [...variable, '', ...members]
  return [
    ...addMember(program, contract, { lines: joined, behind: lastVariable }),
    ...(apart ? addMember(program, contract, { lines: members, behind: lastModifier, blank: true }) : []),
  ]
}
