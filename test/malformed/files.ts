import { parseBlockFile } from '../../src/chain/block-file.ts'
import { parseCase } from '../../src/chain/case.ts'
import { decryptKey } from '../../src/config/keystore.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { put, type Row } from './row.ts'

const POOL = '0x87870bca3f3fd6335c3f4ce8392d69350b4fa4e2'
export const CONFIG = {
  chains: { mainnet: { id: 1, rpc: ['http://127.0.0.1:8545'] } },
  protocols: { harbor: { chain: 'mainnet', contracts: { pool: POOL } } },
}

function config(name: string, field: string, value: unknown, base: unknown = CONFIG): Row {
  const call = () => parseConfig(put(base, field, value), 'suture.config.ts')
  return { name: `a configuration with ${name}`, call, code: 'CONFIG_INVALID', field }
}

export const CONFIG_ROWS: readonly Row[] = [
  {
    name: 'a configuration that is null',
    call: () => parseConfig(null, 'f'),
    code: 'CONFIG_INVALID',
    field: '(default export)',
  },
  {
    name: 'a configuration that is a function',
    call: () => parseConfig(() => CONFIG, 'f'),
    code: 'CONFIG_INVALID',
    field: '(default export)',
  },
  config('no chains', 'chains', undefined),
  config('an empty list of chains', 'chains', {}),
  config('a chain id that is a text', 'chains.mainnet.id', '1'),
  config('a negative chain id', 'chains.mainnet.id', -1),
  config('no RPC address', 'chains.mainnet.rpc', []),
  config('an RPC address that is no URL', 'chains.mainnet.rpc.0', 'node'),
  config('an RPC address of another protocol', 'chains.mainnet.rpc.0', 'file:///etc/passwd'),
  config(
    'an RPC key written out',
    'chains.mainnet.rpc.0',
    'https://node.example/v3/0123456789abcdef0123456789abcdef',
  ),
  config('a fee cap in wei', 'chains.mainnet.maxFeePerGas', 5e11),
  config('a field that does not exist', 'chains.mainnet.confirmation', 3),
  config('an unknown chain', 'protocols.harbor.chain', 'sepolia'),
  config('a contract that is no address', 'protocols.harbor.contracts.pool', '0x1234'),
  config(
    'a contract with a wrong checksum',
    'protocols.harbor.contracts.pool',
    '0x87870BCa3f3fd6335c3f4ce8392d69350b4fa4e2',
  ),
  config('a severity that does not exist', 'protocols.harbor.policy', { freeze: 'sometimes' }),
  config('patching by itself without a gate', 'protocols.harbor.policy', { restrict: 'auto' }),
  config('a pause function with arguments', 'protocols.harbor.pause', { pool: 'pause(uint256)' }),
  config('a deadline of no time', 'protocols.harbor.approvals', { deadline: 0 }),
  config('a private key as the signer', 'signer', `0x${'11'.repeat(32)}`),
  config('a keystore name that climbs out of its folder', 'signer', {
    secret: 'keystore',
    name: '../../key',
  }),
]

const ADDRESS = '0x00000000000000000000000000000000000000aa'
export const CASE = {
  format: 'suture-case/1',
  chainId: 1,
  hardfork: 'cancun',
  block: { number: '0x64', timestamp: '0x64', gasLimit: '0x1c9c380', coinbase: ADDRESS, prevRandao: '0x0' },
  alloc: { [ADDRESS]: { balance: '0x1', code: '0x00', storage: { '0x0': '0x1' } } },
  protected: [ADDRESS],
  history: [{ from: ADDRESS, to: ADDRESS, gas: '0x5208' }],
  attack: [{ from: ADDRESS, to: null, data: '0x00', gas: '0x5208' }],
}

function incident(name: string, field: string, value: unknown): Row {
  return {
    name: `a case with ${name}`,
    call: () => parseCase(put(CASE, field, value)),
    code: 'CASE_INVALID',
    field,
  }
}

export const CASE_ROWS: readonly Row[] = [
  { name: 'a case that is a list', call: () => parseCase([]), code: 'CASE_INVALID', field: '(the whole)' },
  { name: 'a case that is null', call: () => parseCase(null), code: 'CASE_INVALID', field: '(the whole)' },
  incident('another format', 'format', 'suture-case/2'),
  incident('no state', 'alloc', undefined),
  incident('an account that is no address', 'alloc.pool', { balance: '0x1' }),
  incident('code of half a byte', `alloc.${ADDRESS}.code`, '0x123'),
  incident('a slot wider than a word', `alloc.${ADDRESS}.storage`, { [`0x${'1'.repeat(65)}`]: '0x1' }),
  incident('a value wider than a word', `alloc.${ADDRESS}.storage`, { '0x0': `0x${'1'.repeat(65)}` }),
  incident('a decimal balance', `alloc.${ADDRESS}.balance`, '1000'),
  incident('a balance that is infinite', `alloc.${ADDRESS}.balance`, Number.POSITIVE_INFINITY),
  incident('nothing protected', 'protected', []),
  incident('a hardfork that does not exist', 'hardfork', 'atlantis'),
  incident('a chain id of zero', 'chainId', 0),
  incident('a transaction without gas', 'history.0.gas', undefined),
  incident('a transaction to nobody in particular', 'attack.0.to', undefined),
  incident('a negative value', 'attack.0.value', '-0x1'),
  incident('an attack that is no list', 'attack', { 0: {} }),
  incident('a block before its history', 'block.number', '0x1'),
  incident('a time before its history', 'block.timestamp', '0x0'),
]

export const BLOCK = {
  format: 'suture-block/1',
  chainId: 1,
  hardfork: 'cancun',
  block: { number: '0x64', timestamp: '0x64', gasLimit: '0x1c9c380' },
  alloc: { [ADDRESS]: { balance: '0x1' } },
  transactions: [{ hash: `0x${'ab'.repeat(32)}`, from: ADDRESS, to: ADDRESS, gas: '0x5208' }],
}

function block(name: string, field: string, value: unknown): Row {
  const call = () => parseBlockFile(put(BLOCK, field, value))
  return { name: `a block file with ${name}`, call, code: 'BLOCK_FILE_INVALID', field }
}

export const BLOCK_ROWS: readonly Row[] = [
  {
    name: 'a block file that is a text',
    call: () => parseBlockFile('{}'),
    code: 'BLOCK_FILE_INVALID',
    field: '(the whole)',
  },
  block('another format', 'format', 'suture-case/1'),
  block('no transactions', 'transactions', undefined),
  block('a transaction without a hash', 'transactions.0.hash', undefined),
  block('a sender that is no address', 'transactions.0.from', '0x0'),
  block('a time that is a number', 'block.timestamp', 100),
  block('a state that is a list', 'alloc', [ADDRESS]),
  block('a slot that is no word', `alloc.${ADDRESS}.storage`, { slot: '0x1' }),
]

const KEYSTORE = {
  version: 3,
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '00'.repeat(16) },
    ciphertext: '11'.repeat(32),
    mac: '22'.repeat(32),
    kdf: 'scrypt',
    kdfparams: { n: 1024, r: 8, p: 1, dklen: 32, salt: '33'.repeat(32) },
  },
}

function keystore(name: string, path: string, value: unknown, field = path): Row {
  const call = () => decryptKey(put(KEYSTORE, path, value), 'password')
  return { name: `a keystore with ${name}`, call, code: 'KEYSTORE_INVALID', field }
}

const KDF = KEYSTORE.crypto.kdfparams
export const KEYSTORE_ROWS: readonly Row[] = [
  {
    name: 'a keystore that is a list',
    call: () => decryptKey([], ''),
    code: 'KEYSTORE_INVALID',
    field: '(the whole)',
  },
  keystore('another version', 'version', 1),
  keystore('another cipher', 'crypto.cipher', 'aes-256-gcm'),
  keystore('an IV of another length', 'crypto.cipherparams.iv', '00'.repeat(15)),
  keystore('ciphertext that is no hexadecimal', 'crypto.ciphertext', 'secret'),
  keystore('a MAC of another length', 'crypto.mac', '22'),
  keystore('a MAC of another key', 'crypto.mac', '23'.repeat(32)),
  keystore('a derivation that takes all memory', 'crypto.kdfparams', { ...KDF, n: 2 ** 30 }),
  keystore('a derivation that takes hours', 'crypto.kdfparams', { ...KDF, n: 2 ** 14, r: 1, p: 2 ** 22 }),
  keystore('a cost that is no power of two', 'crypto.kdfparams', { ...KDF, n: 1000 }),
  keystore('a cost of one', 'crypto.kdfparams', { ...KDF, n: 1 }),
  keystore('no end of iterations', 'crypto.kdfparams', {
    c: 2 ** 40,
    prf: 'hmac-sha256',
    dklen: 32,
    salt: '33',
  }),
]
