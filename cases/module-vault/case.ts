import { concat, size } from 'viem'
import type { Hex } from '../../src/core/hex.ts'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, encode, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'module-vault'
const owner = actor(`${NAME}/owner`)
const admin = actor(`${NAME}/proxy admin`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const tenths = (amount: number) => (BigInt(amount) * ETHER) / 10n

export default declareCase({
  about: 'a vault runs whatever contract its caller calls a module on its own storage and balance',
  class: 'access-control',
  hardfork: 'cancun',
  units: [
    { compiler: '0.5.17', files: ['ModuleVault.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, admin, attacker, ...users], 100n * ETHER)
    const vault = await deployProxied(world, 'legacy', 'ModuleVault', {
      deployer: owner,
      initialize: [owner, 20],
      admin,
    })
    const savings = await world.deploy('SavingsModule', [], owner)
    const payments = await world.deploy('PaymentModule', [], owner)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    await world.run(call(owner, vault, 'setModule', [savings.address, true]))
    for (const [index, user] of users.slice(0, 6).entries())
      await world.run(call(user, vault, 'deposit', [], { value: BigInt(index + 5) * ETHER }))
    return { vault, savings, payments, wallet }
  },
  protect: ({ vault }) => [vault],
  loss: ({ vault }) => [{ token: 'native', from: vault.address }],

  history({ vault, savings, payments, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, vault, name, args, { value })
    const run = (user: number, module: Contract, name: string, args: readonly unknown[], value = 0n) =>
      by(user, 'execute', [module.address, encode(module, name, args)], value)
    const many = (user: number, steps: readonly (readonly [Contract, Hex])[]) => {
      const data = steps.map(([, part]) => part)
      const ends = data.map((_, index) => BigInt(size(concat(['0x', ...data.slice(0, index + 1)]))))
      return by(user, 'executeMany', [steps.map(([module]) => module.address), concat(['0x', ...data]), ends])
    }
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      by(6, 'deposit', [], 4n * ETHER),
      byWallet(by(0, 'deposit', [], 6n * ETHER)),
      run(1, savings, 'withdraw', [users[1], tenths(12)]),
      run(2, savings, 'withdraw', [users[7], tenths(30)]),
      byWallet(run(0, savings, 'withdraw', [wallet.address, tenths(5)])),
      reverting(run(7, savings, 'withdraw', [users[7], 1n])),
      run(7, savings, 'withdraw', [users[7], tenths(4)], tenths(9)),
      call(owner, vault, 'setModule', [payments.address, true]),
      run(3, payments, 'move', [users[4], tenths(25)]),
      byWallet(run(0, payments, 'move', [users[1], tenths(10)])),
      run(4, payments, 'move', [wallet.address, 0n]),
      reverting(run(4, payments, 'move', [users[5], 500n * ETHER])),
      run(5, savings, 'lock', [86_400]),
      reverting(run(5, savings, 'withdraw', [users[5], 1n])),
      run(5, payments, 'move', [users[6], ETHER]),
      many(6, [
        [payments, encode(payments, 'move', [users[3], tenths(6)])],
        [savings, encode(savings, 'withdraw', [users[6], tenths(8)])],
      ]),
      byWallet(
        many(0, [
          [savings, encode(savings, 'withdraw', [users[0], tenths(3)])],
          [savings, encode(savings, 'withdraw', [wallet.address, tenths(2)])],
          [payments, encode(payments, 'move', [users[2], tenths(1)])],
        ]),
      ),
      many(1, []),
      by(7, 'depositFor', [users[5]], ETHER),
      call(owner, vault, 'setMoveFee', [10]),
      reverting(call(owner, vault, 'setMoveFee', [1_000])),
      run(2, payments, 'move', [users[2], tenths(7)]),
      call(owner, vault, 'collectFees', [owner]),
      reverting(by(2, 'setModule', [users[2], true])),
      call(owner, vault, 'execute', [payments.address, encode(payments, 'move', [users[0], tenths(11)])], {
        value: 2n * ETHER,
      }),
      call(owner, vault, 'execute', [savings.address, encode(savings, 'withdraw', [owner, tenths(9)])]),
      call(owner, vault, 'setPaused', [true]),
      reverting(run(1, savings, 'withdraw', [users[1], 1n])),
      call(owner, vault, 'setPaused', [false]),
      run(1, savings, 'withdraw', [users[1], 1n]),
      byWallet(run(0, savings, 'lock', [0])),
      byWallet(run(0, payments, 'move', [users[7], ETHER], ETHER)),
      run(6, savings, 'withdraw', [wallet.address, tenths(5)]),
      by(4, 'deposit', [], 3n * ETHER),
      run(4, savings, 'withdraw', [users[4], 5n * ETHER]),
      run(3, payments, 'move', [users[1], tenths(2)]),
    ]
  },

  attack: ({ vault }, { ModuleForger }) =>
    strike(attacker, ModuleForger!, { args: [], run: 'run', with: [vault.address] }),
  variants: ({ vault, savings }, { ModuleForger, Siphon }) => [
    strike(attacker, ModuleForger!, {
      args: [],
      run: 'runMany',
      with: [vault.address, savings.address, 21n * ETHER],
    }),
    [
      create(attacker, Siphon!),
      call(attacker, vault, 'execute', [
        created(attacker, Siphon!, 0n).address,
        encode(Siphon!, 'drain', [attacker, 17n * ETHER]),
      ]),
    ],
  ],
  fix: [
    {
      file: 'ModuleVault.sol',
      replace: '        (bool ok, bytes memory result) = module.delegatecall(data);\n',
      by: '        require(isModule[module], "not a module");\n        (bool ok, bytes memory result) = module.delegatecall(data);\n',
    },
  ],
})
