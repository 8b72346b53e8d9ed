import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Abi } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { startEmbeddedPostgres } from '../../../src/core/embedded-postgres.ts'
import { type Address, type Hex, toAddress } from '../../../src/core/hex.ts'
import { erc1967ProxyAbi, erc1967ProxyBytecode } from '../../../src/generated/contracts.ts'
import { readGateTarget } from '../../../src/governance/read-gate-target.ts'
import { encode, startWorld, type World } from '../../support/onboard-world.ts'
import { silent } from '../../support/store.ts'
import { type CommandLine, openCommandLine } from './command-line.ts'
import { compileVaults } from './contracts.ts'
import { type Dao, deployDao } from './dao.ts'
import { type Committee, deployCommittee } from './safe.ts'

const SIGNER = fileURLToPath(new URL('./signer.mjs', import.meta.url))
export const ETHER = 10n ** 18n

/** What `suture deploy` put on the chain. */
interface Site {
  readonly gate: Address
  readonly breaker: Address
  readonly verifier: Address
}

/** A chain with a DAO, a committee and two vaults, and a folder with Suture's files. */
export interface Stage {
  readonly world: World
  readonly dao: Dao
  readonly committee: Committee
  /** Owned by the DAO's timelock, and by the committee's Safe. */
  readonly vaults: Readonly<Record<'dao' | 'safe', Address>>
  readonly implementation: Address
  readonly fixed: Address
  readonly stealing: Address
  readonly suture: CommandLine
  /** A path in the folder. */
  file(name: string): string
  /** Writes the configuration, with the gate once there is one. */
  configure(gate?: Address): Promise<void>
  /** A thief that can rob this vault. */
  createThief(vault: Address): Promise<Address>
  stop(): Promise<void>
}

/** A guardian whose key a program of its own holds. */
export const programmed = {
  key: generatePrivateKey(),
  get address(): Address {
    return toAddress(privateKeyToAddress(this.key))
  },
  get options(): string[] {
    return signedBy(this.address, 'key', [this.key])
  },
}

/** How a guardian is named on the command line whose signatures a program makes. */
export function signedBy(address: Address, mode: 'key' | 'safe', keys: readonly Hex[]): string[] {
  const contract = mode === 'safe' ? ['--signer-contract'] : []
  const program = `exec:${[process.execPath, SIGNER, mode, ...keys].join(' ')}`
  return ['--signer', program, '--signer-address', address, ...contract]
}

export async function setStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'suture-governance-'))
  // PostgreSQL's account must be able to enter.
  await chmod(folder, 0o755)
  const file = (name: string) => join(folder, name)
  const [world, postgres] = await Promise.all([
    startWorld(),
    startEmbeddedPostgres({ dataDir: file('postgres'), logger: silent }),
  ])
  const committee = await deployCommittee(world)
  const dao = await deployDao(world, committee.address)
  const { Vault, FixedVault, StealingVault, Thief } = compileVaults()
  const implementation = await world.create(Vault!)
  const createVault = (owner: Address) =>
    world.create({ abi: erc1967ProxyAbi as Abi, creation: erc1967ProxyBytecode }, [
      implementation,
      encode('initialize(address)', [owner]),
    ])
  const vaults = { dao: await createVault(dao.timelock), safe: await createVault(committee.address) }

  const chain = { id: world.node.rpc.chainId, rpc: [world.node.url], confirmations: 1 }
  const protocol = { chain: 'local', contracts: vaults, policy: { freeze: 'never', restrict: 'propose' } }
  return {
    ...{ world, dao, committee, vaults, implementation, file },
    fixed: await world.create(FixedVault!),
    stealing: await world.create(StealingVault!),
    suture: openCommandLine(folder, {
      DATABASE_URL: postgres.url,
      SUTURE_KEYSTORE_PASSWORD: 'correct horse battery',
    }),
    configure: (gate) =>
      writeFile(
        file('suture.config.mjs'),
        `import { defineConfig, env, keystore } from 'suture'
export default defineConfig({
  chains: { local: ${JSON.stringify(chain)} },
  protocols: { harbor: ${JSON.stringify({ ...protocol, ...(gate ? { gate } : {}) })} },
  signer: keystore('sentinel'),
  database: env('DATABASE_URL'),
})
`,
      ),
    createThief: (vault) => world.create(Thief!, [vault]),
    stop: async () => {
      await world.node.stop()
      await postgres.release()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

// ---- what the chain says ----

export const ownerOf = async (world: World, contract: Address): Promise<Address> =>
  toAddress((await world.read(contract, 'owner() view returns (address)')) as string)

export const balanceOf = async ({ node }: World, account: Address): Promise<bigint> =>
  BigInt(await node.rpc.request<Hex>('eth_getBalance', [account, 'latest']))

export const isFrozen = async ({ world }: Stage, { breaker }: Site, target: Address, selector: Hex) =>
  world.read(breaker, 'isFrozen(address,bytes4) view returns (bool)', [target, selector])

export const readTarget = ({ world }: Stage, { gate }: Site, target: Address) =>
  readGateTarget(world.node.rpc, { gate, target })

/** What a call would be refused with; null when it would succeed. */
export async function refusal(
  { node }: World,
  call: { readonly from: Address; readonly to: Address; readonly data: Hex; readonly value?: bigint },
): Promise<Hex | null> {
  const value = `0x${(call.value ?? 0n).toString(16)}`
  const [outcome] = await node.rpc.batch([{ method: 'eth_call', params: [{ ...call, value }, 'latest'] }])
  return outcome!.ok ? null : ((outcome!.error as { data?: Hex }).data ?? '0x')
}
