import type { CaseDeclaration } from './types.ts'

/** Gives a declaration its types. */
export function declareCase<Parts>(declaration: CaseDeclaration<Parts>): CaseDeclaration<Parts> {
  return declaration
}
