import { defineTemplate } from './template.ts'

/** What most sentences end with. Any word but 0 counts as true. */
export const refuseIf = defineTemplate({
  name: 'refuse-if@1',
  params: [],
  since: 'frontier',
  takes: 1,
  gives: 0,
  stack: 1,
  program: 'PUSH2 <tail> JUMPI',
  description: 'refuses when {0}',
  proof:
    'Takes one word and touches nothing below; memory untouched; writes nothing; no call; leaves by falling through or by the tail.',
})
