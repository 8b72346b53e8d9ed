import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { SutureError } from '../core/errors.ts'
import { print } from './output.ts'

const TEMPLATE = `import { defineConfig, env, keystore } from 'suture'

export default defineConfig({
  chains: {
    mainnet: { id: 1, rpc: [env('RPC_URL'), env('RPC_URL_BACKUP', { optional: true })] },
  },
  protocols: {
    'my-protocol': {
      chain: 'mainnet',
      // The addresses your users call. Proxies are resolved.
      contracts: { pool: '0x0000000000000000000000000000000000000001' },
      // The PatchGate that holds upgrade authority; without it Suture watches and advises only.
      // gate: '0x…',
      // Your own emergency brake, if you have one.
      // pause: { pool: 'pause()' },
      policy: { freeze: 'critical', restrict: 'propose' },
    },
  },
  signer: keystore('sentinel'),
  database: env('DATABASE_URL', { optional: true }),
})
`

export const initCommand = new Command('init')
  .description('write a suture.config.ts to start from')
  .option('--folder <path>', 'where to write it', '.')
  .action(async ({ folder }: { folder: string }) => {
    const path = resolve(folder, 'suture.config.ts')
    if (existsSync(path)) {
      throw new SutureError('CONFIG_INVALID', 'There is a configuration already.', {
        meta: [`file: ${path}`, 'fix: edit it, or give another folder with --folder'],
      })
    }
    await writeFile(path, TEMPLATE)
    print(`wrote ${path}`)
    print('next: fill in your contracts, set RPC_URL, then run `suture watch` (a dry run; nothing is sent)')
  })
