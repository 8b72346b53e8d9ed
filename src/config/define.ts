import type { EnvironmentReference, ExternalReference, KeystoreReference, SutureConfig } from './types.ts'

/**
 * Gives a configuration its type. What is wrong in it is told when it is loaded.
 *
 * @example
 * import { defineConfig, env, keystore } from 'suture'
 *
 * export default defineConfig({
 *   chains: { mainnet: { id: 1, rpc: [env('RPC_URL'), env('RPC_URL_BACKUP', { optional: true })] } },
 *   protocols: {
 *     harbor: {
 *       chain: 'mainnet',
 *       contracts: { pool: '0x87870bca3f3fd6335c3f4ce8392d69350b4fa4e2' },
 *       pause: { pool: 'pause()' },
 *       policy: { freeze: 'critical', restrict: 'propose' },
 *     },
 *   },
 *   signer: keystore('sentinel'),
 *   database: env('DATABASE_URL', { optional: true }),
 * })
 */
export function defineConfig(config: SutureConfig): SutureConfig {
  return config
}

/** A secret that is read from the environment when the configuration is loaded. */
export function env(name: string, options: { readonly optional?: boolean } = {}): EnvironmentReference {
  return { secret: 'env', name, optional: options.optional ?? false }
}

/** A key from the encrypted file `.suture/keystores/<name>.json`; its password is in SUTURE_KEYSTORE_PASSWORD. */
export function keystore(name: string): KeystoreReference {
  return { secret: 'keystore', name }
}

/**
 * A key that is held elsewhere: behind a program, or behind a service such as web3signer. `docs/signers.md` says what is asked of them.
 *
 * @example
 * external({ command: ['./sign-with-kms', 'alias/sentinel'], address: '0x90f79bf6eb2c4f870365e785982e1f101e93b906' })
 * external({ url: 'http://127.0.0.1:9000', address: '0x90f79bf6eb2c4f870365e785982e1f101e93b906' })
 */
export function external(options: Omit<ExternalReference, 'secret'>): ExternalReference {
  return { secret: 'external', ...options }
}
