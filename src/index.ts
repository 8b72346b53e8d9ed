export { defineConfig, env, external, keystore } from './config/define.ts'
export type { SutureConfig } from './config/types.ts'
export type { SutureErrorCode } from './core/errors.ts'
export { SutureError } from './core/errors.ts'
