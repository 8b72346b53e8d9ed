import { defineTemplate } from './template.ts'

/** The circuit breaker for one function or one path, when nothing more specific is known. */
export const notCallable = defineTemplate({
  name: 'not-callable@1',
  params: [],
  since: 'frontier',
  stack: 1,
  program: 'PUSH2 <tail> JUMP',
  description: 'refuses every call',
  proof: 'Leaves by the tail only; touches nothing.',
})
