import { addChecked, mulChecked, subChecked } from './arithmetic.ts'
import { answerNotFalse, callSucceeded, pullFromCaller } from './call.ts'
import { callerInSlot, callerIs, callerIsOrigin } from './caller.ts'
import { lockCheck, lockEnter, lockExit } from './lock.ts'
import { lockCheckStorage, lockEnterStorage, lockExitStorage } from './lock-storage.ts'
import { notCallable } from './not-callable.ts'
import type { Template } from './template.ts'

/** The allow-list: what a certificate may use. The same code is registered with the on-chain RestrictionVerifier. */
export const TEMPLATES: readonly Template[] = [
  lockEnter,
  lockExit,
  lockCheck,
  lockEnterStorage,
  lockExitStorage,
  lockCheckStorage,
  callerIs,
  callerInSlot,
  callerIsOrigin,
  addChecked,
  subChecked,
  mulChecked,
  callSucceeded,
  answerNotFalse,
  pullFromCaller,
  notCallable,
]

const BY_NAME: ReadonlyMap<string, Template> = new Map(TEMPLATES.map((template) => [template.name, template]))

/** The template of that name, `undefined` when it is not on the list. */
export function findTemplate(name: string): Template | undefined {
  return BY_NAME.get(name)
}
