import { encodePacked, keccak256, parseSignature, stringToHex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { Address } from '../../src/core/hex.ts'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'signed-withdrawals'
const owner = actor(`${NAME}/owner`)
const relayer = actor(`${NAME}/relayer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const keys = [0, 1, 2, 3].map((index) =>
  privateKeyToAccount(keccak256(stringToHex(`suture case key: ${NAME}/key ${index}`))),
)
const NOBODY = '0x0000000000000000000000000000000000000000'
const ZERO_WORD = `0x${'00'.repeat(32)}`

interface Order {
  readonly kind: 'withdraw' | 'move'
  readonly account: Address
  readonly to: Address
  readonly amount: bigint
  readonly nonce: bigint
}

/** The arguments of `withdrawSigned` or `moveSigned`. */
async function sign(bank: Contract, key: PrivateKeyAccount, order: Order): Promise<readonly unknown[]> {
  const { kind, account, to, amount, nonce } = order
  const types = ['address', 'string', 'address', 'address', 'uint256', 'uint256'] as const
  const raw = keccak256(encodePacked(types, [bank.address, kind, account, to, amount, nonce]))
  const { r, s, v } = parseSignature(await key.signMessage({ message: { raw } }))
  return [account, to, amount, v, r, s]
}

/** Of accounts 1 to 3, which have named their keys, and of the wallet, which names the first. */
function planned(wallet: Address): readonly (readonly [key: number, Order])[] {
  const order = (kind: Order['kind'], user: number, to: Address, tenths: bigint, nonce: bigint) =>
    [
      user,
      { kind, account: user === 0 ? wallet : users[user]!, to, amount: (tenths * ETHER) / 10n, nonce },
    ] as const
  return [
    order('withdraw', 1, users[1]!, 20n, 0n),
    order('withdraw', 1, users[4]!, 5n, 1n),
    order('move', 2, users[5]!, 30n, 0n),
    order('withdraw', 0, users[0]!, 10n, 0n),
    order('move', 0, wallet, 3n, 1n),
    order('withdraw', 3, wallet, 12n, 0n),
    order('withdraw', 3, users[3]!, 0n, 1n),
    order('move', 1, users[2]!, 7n, 2n),
    order('withdraw', 2, users[6]!, 15n, 1n),
    order('move', 3, users[1]!, 900n, 2n),
    order('withdraw', 0, users[7]!, 8n, 2n),
    order('withdraw', 3, users[3]!, 2n, 2n),
  ]
}

export default declareCase({
  about:
    'accounts that named no signing key can be emptied by a signature that recovers to nobody, because nobody equals nobody',
  class: 'input-validation',
  hardfork: 'london',
  units: [
    { compiler: '0.4.26', files: ['SignedWithdrawals.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, relayer, attacker, ...users], 100n * ETHER)
    const bank = await world.deploy('SignedWithdrawals', [ETHER / 1000n], owner)
    const wallet = await deployWallet(world, users[0]!, 40n * ETHER)
    for (const [index, user] of users.slice(0, 7).entries())
      await world.run(call(user, bank, 'deposit', [], { value: BigInt(index + 8) * ETHER }))
    for (const user of [1, 2]) await world.run(call(users[user]!, bank, 'setSigner', [keys[user]!.address]))
    const orders = planned(wallet.address)
    const signed = await Promise.all(orders.map(([key, order]) => sign(bank, keys[key]!, order)))
    return { bank, wallet, orders, signed }
  },
  protect: ({ bank }) => [bank],
  loss: ({ bank }) => [{ token: 'native', from: bank.address }],

  history({ bank, wallet, orders, signed }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, bank, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const relayed = (from: Address, index: number) =>
      call(from, bank, `${orders[index]![1].kind}Signed`, signed[index])
    return [
      byWallet('deposit', [], 9n * ETHER),
      byWallet('setSigner', [keys[0]!.address]),
      by(3, 'setSigner', [keys[3]!.address]),
      relayed(relayer, 0),
      relayed(relayer, 1),
      reverting(relayed(relayer, 1)),
      relayed(users[2]!, 2),
      relayed(relayer, 3),
      through(wallet.address, relayed(users[0]!, 4)),
      by(4, 'withdraw', [2n * ETHER]),
      by(5, 'withdraw', [0n]),
      byWallet('withdraw', [ETHER]),
      reverting(by(7, 'withdraw', [ETHER])),
      by(7, 'depositFor', [users[6]], 3n * ETHER),
      by(3, 'setDailyLimit', [2n * ETHER]),
      relayed(relayer, 5),
      relayed(users[3]!, 6),
      call(owner, bank, 'setRelayFee', [ETHER / 500n]),
      reverting(call(owner, bank, 'setRelayFee', [ETHER])),
      relayed(relayer, 7),
      through(wallet.address, relayed(users[0]!, 8)),
      reverting(relayed(relayer, 9)),
      by(7, 'deposit', [], 4n * ETHER),
      by(6, 'withdraw', [13n * ETHER]),
      byWallet('setDailyLimit', [10n * ETHER]),
      relayed(owner, 10),
      call(relayer, bank, 'withdraw', [ETHER / 200n]),
      by(2, 'setSigner', [NOBODY]),
      by(2, 'withdraw', [ETHER]),
      byWallet('depositFor', [users[1]], ETHER),
      relayed(relayer, 11),
      reverting(by(4, 'setRelayFee', [0n])),
      call(owner, bank, 'transferOwnership', [owner]),
      by(5, 'deposit', [], 2n * ETHER),
      by(1, 'setSigner', [keys[1]!.address]),
      by(0, 'withdraw', [8n * ETHER]),
    ]
  },

  attack: ({ bank }, { EmptySignature }) =>
    strike(attacker, EmptySignature!, {
      args: [],
      run: 'run',
      with: [bank.address, [users[2], users[4], users[5]]],
    }),
  variants: ({ bank }, { EmptySignature }) => [
    strike(attacker, EmptySignature!, {
      args: [],
      run: 'runByMoves',
      with: [bank.address, [users[6], users[7], users[4]]],
    }),
    [call(attacker, bank, 'withdrawSigned', [users[5], attacker, 5n * ETHER, 27, ZERO_WORD, ZERO_WORD])],
  ],
  fix: [
    {
      file: 'SignedWithdrawals.sol',
      replace: '        require(ecrecover(digest, v, r, s) == signerOf[account]);\n',
      by: '        require(signerOf[account] != 0 && ecrecover(digest, v, r, s) == signerOf[account]);\n',
    },
  ],
})
