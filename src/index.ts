export type { SutureErrorCode } from './core/errors.ts'
export { SutureError } from './core/errors.ts'
