import { addChecked, mulChecked, mulCheckedShort, subChecked } from './arithmetic.ts'
import { answerNotFalse, callSucceeded, pullFromCaller } from './call.ts'
import { callerInSlot, callerIs, callerIsOrigin } from './caller.ts'
import { lockCheck, lockEnter, lockExit } from './lock.ts'
import { lockCheckStorage, lockEnterStorage, lockExitStorage } from './lock-storage.ts'
import { MARKS } from './marks.ts'
import { MEMORY } from './memory.ts'
import { notCallable } from './not-callable.ts'
import { OPERATORS } from './operators.ts'
import { refuseIf } from './refuse.ts'
import { SOURCES } from './sources.ts'
import { STORAGE } from './storage.ts'
import type { Template } from './template.ts'

/** Guards by themselves. */
const WHOLE: readonly Template[] = [
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
  mulCheckedShort,
  callSucceeded,
  answerNotFalse,
  pullFromCaller,
  notCallable,
]

/** What sentences are made of. */
const PIECES: readonly Template[] = [...SOURCES, ...OPERATORS, ...STORAGE, ...MEMORY, ...MARKS, refuseIf]

/** The allow-list: what a certificate may use. The same code is registered with the on-chain RestrictionVerifier. */
export const TEMPLATES: readonly Template[] = [...WHOLE, ...PIECES]

/** Templates that refuse whoever calls, or everybody; the others refuse a step that should not have happened, whoever caused it. */
const BROAD: readonly Template[] = [callerIs, callerInSlot, callerIsOrigin, notCallable]

/** Names of the templates that refuse a faulty step only: what they refuse was the flaw at work. A sentence may say anything. */
export const NARROW_TEMPLATES: ReadonlySet<string> = new Set(
  WHOLE.filter((template) => !BROAD.includes(template)).map(({ name }) => name),
)

const BY_NAME: ReadonlyMap<string, Template> = new Map(TEMPLATES.map((template) => [template.name, template]))

/** The template of that name, `undefined` when it is not on the list. */
export function findTemplate(name: string): Template | undefined {
  return BY_NAME.get(name)
}
