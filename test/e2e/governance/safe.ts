import { readFile } from 'node:fs/promises'
import { concatHex, encodePacked, type Hex, size } from 'viem'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { type Address, toAddress, ZERO_ADDRESS } from '../../../src/core/hex.ts'
import { encode, readArtifact, type World } from '../../support/onboard-world.ts'

export interface Call {
  readonly to: Address
  readonly data: Hex
}

/** A Safe and the keys of as many of its owners as it takes. */
export interface Committee {
  readonly address: Address
  readonly keys: readonly Hex[]
  /** One transaction that all calls are part of, signed by owners and handed in by anybody. */
  execute(calls: readonly Call[]): Promise<void>
  /** The same for a file of the Transaction Builder. */
  executeFile(path: string): Promise<void>
}

const ARTIFACTS = '@safe-global/safe-smart-account/build/artifacts/contracts'
const artifact = (file: string) => readArtifact(`${ARTIFACTS}/${file}.json`)
const DELEGATECALL = 1

const SAFE_TX = [
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'data', type: 'bytes' },
  { name: 'operation', type: 'uint8' },
  { name: 'safeTxGas', type: 'uint256' },
  { name: 'baseGas', type: 'uint256' },
  { name: 'gasPrice', type: 'uint256' },
  { name: 'gasToken', type: 'address' },
  { name: 'refundReceiver', type: 'address' },
  { name: 'nonce', type: 'uint256' },
] as const

/** A Safe of three owners of whom two decide, with the handler that answers for its messages. */
export async function deployCommittee(world: World): Promise<Committee> {
  const singleton = await world.create(artifact('Safe.sol/Safe'))
  const handler = await world.create(
    artifact('handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler'),
  )
  const multiSend = await world.create(artifact('libraries/MultiSendCallOnly.sol/MultiSendCallOnly'))
  const safe = await world.create(artifact('proxies/SafeProxy.sol/SafeProxy'), [singleton])
  const keys = Array.from({ length: 3 }, generatePrivateKey)
  const owners = keys.map((key) => privateKeyToAccount(key))
  const setup = encode('setup(address[],uint256,address,bytes,address,address,uint256,address)', [
    ...[owners.map(({ address }) => address), 2n, ZERO_ADDRESS, '0x', handler],
    ...[ZERO_ADDRESS, 0n, ZERO_ADDRESS],
  ])
  await world.send(world.accounts[0]!, safe, setup)
  const deciding = owners.slice(1).sort((a, b) => (toAddress(a.address) < toAddress(b.address) ? -1 : 1))

  async function execute(calls: readonly Call[]): Promise<void> {
    const nonce = (await world.read(safe, 'nonce() view returns (uint256)')) as bigint
    const data = encode('multiSend(bytes)', [concatHex(calls.map(packed))])
    const transaction = {
      ...{ to: multiSend, value: 0n, data, operation: DELEGATECALL, safeTxGas: 0n, baseGas: 0n },
      ...{ gasPrice: 0n, gasToken: ZERO_ADDRESS, refundReceiver: ZERO_ADDRESS, nonce },
    }
    const domain = { chainId: world.node.rpc.chainId, verifyingContract: safe }
    const sign = (owner: PrivateKeyAccount) =>
      owner.signTypedData({
        domain,
        types: { SafeTx: SAFE_TX },
        primaryType: 'SafeTx',
        message: transaction,
      })
    const signatures = concatHex(await Promise.all(deciding.map(sign)))
    const call = encode(
      'execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)',
      [multiSend, 0n, data, DELEGATECALL, 0n, 0n, 0n, ZERO_ADDRESS, ZERO_ADDRESS, signatures],
    )
    await world.send(world.accounts[9]!, safe, call)
  }

  return {
    address: safe,
    keys: keys.slice(1),
    execute,
    executeFile: async (path) => execute(JSON.parse(await readFile(path, 'utf8')).transactions),
  }
}

const packed = ({ to, data }: Call): Hex =>
  encodePacked(
    ['uint8', 'address', 'uint256', 'uint256', 'bytes'],
    [0, toAddress(to), 0n, BigInt(size(data)), data],
  )
