import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'unit-vault'
const owner = actor(`${NAME}/owner`)
const manager = actor(`${NAME}/manager`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const UNLIMITED = 2n ** 256n - 1n
const dollars = (amount: number) => BigInt(Math.round(amount * 100)) * 10_000n

export default declareCase({
  about:
    'a fund in whole units rounds down what a withdrawal costs, so that amounts below the worth of one unit cost nothing',
  class: 'rounding',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.8.19', files: ['UnitVault.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, manager, attacker, ...users], ETHER)
    const asset = await world.deploy('StandardToken', ['Dollar', 'USDX', 6], owner)
    const vault = await deployProxied(world, 'transparent', 'UnitVault', {
      deployer: owner,
      initialize: [asset.address, owner, manager],
    })
    const wallet = await deployWallet(world, users[0]!)
    for (const holder of [manager, wallet.address, ...users])
      await world.run(call(owner, asset, 'mint', [holder, dollars(50_000)]))
    for (const account of [manager, ...users])
      await world.run(call(account, asset, 'approve', [vault.address, UNLIMITED]))
    await world.run(through(wallet.address, call(users[0]!, asset, 'approve', [vault.address, UNLIMITED])))
    for (const user of users.slice(1, 5))
      await world.run(call(user, vault, 'deposit', [dollars(9_000), user]))
    await world.run(call(manager, vault, 'addIncome', [dollars(1_440)]))
    return { vault, asset, wallet }
  },
  protect: ({ vault }) => [vault],
  loss: ({ vault, asset }) => [{ token: asset.address, from: vault.address }],

  // A unit is worth about 1.04 dollars throughout.
  history({ vault, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, vault, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    return [
      by(5, 'deposit', [dollars(2_500), users[5]]),
      by(1, 'withdraw', [dollars(300)]),
      byWallet('deposit', [dollars(8_000), wallet.address]),
      by(2, 'withdraw', [dollars(1_234.56)]),
      reverting(by(6, 'withdraw', [dollars(50)])),
      by(2, 'withdrawTo', [dollars(75.5), users[7]]),
      byWallet('withdraw', [dollars(400)]),
      by(3, 'redeem', [1_000n, users[3]]),
      by(3, 'redeem', [1n, users[3]]),
      // Small change is withdrawn too; a unit and a bit is the least anybody ever took.
      by(3, 'withdraw', [dollars(1.05)]),
      by(3, 'withdraw', [dollars(2.1)]),
      byWallet('withdraw', [dollars(10)]),
      by(4, 'withdraw', [0n]),
      by(4, 'move', [users[6], 500n]),
      by(6, 'withdraw', [dollars(50)]),
      by(6, 'withdrawToMany', [
        [dollars(20), dollars(30), dollars(40)],
        [users[1], wallet.address, users[3]],
      ]),
      reverting(by(6, 'withdraw', [dollars(5_000)])),
      by(7, 'deposit', [dollars(120), users[4]]),
      reverting(by(7, 'deposit', [dollars(0.5), users[7]])),
      by(7, 'deposit', [0n, users[7]]),
      call(manager, vault, 'addIncome', [dollars(100)]),
      by(5, 'withdraw', [dollars(999.99)]),
      reverting(by(5, 'addIncome', [dollars(1)])),
      call(owner, vault, 'setDepositsPaused', [true]),
      reverting(by(5, 'deposit', [dollars(10), users[5]])),
      by(5, 'withdraw', [dollars(5)]),
      call(owner, vault, 'setDepositsPaused', [false]),
      byWallet('withdrawTo', [dollars(3), users[5]]),
      byWallet('withdrawToMany', [
        [dollars(500), dollars(1.5), 0n],
        [users[2], users[3], users[4]],
      ]),
      byWallet('redeem', [250n, users[0]]),
      byWallet('move', [wallet.address, 10n]),
      call(owner, vault, 'setManager', [manager]),
      by(1, 'withdraw', [dollars(3_000)]),
      by(1, 'withdraw', [dollars(2.5)]),
      by(2, 'redeem', [0n, users[2]]),
      by(4, 'deposit', [dollars(640), users[4]]),
      by(4, 'withdraw', [dollars(640)]),
      byWallet('deposit', [dollars(77), users[1]]),
    ]
  },

  attack: ({ vault, asset }, { UnitNibbler }) =>
    strike(attacker, UnitNibbler!, { args: [], run: 'run', with: [vault.address, asset.address, 120n] }),
  variants: ({ vault }, { UnitNibbler }) => [
    strike(attacker, UnitNibbler!, {
      args: [],
      run: 'runTo',
      with: [vault.address, attacker, 90n, dollars(0.99)],
    }),
    strike(attacker, UnitNibbler!, {
      args: [],
      run: 'runMany',
      with: [vault.address, attacker, 100n, dollars(0.75)],
    }),
    [call(attacker, vault, 'withdraw', [dollars(1)]), call(attacker, vault, 'withdraw', [dollars(0.98)])],
  ],
  fix: [
    {
      file: 'UnitVault.sol',
      replace: '        _burn(units, assets, to);\n    }\n\n    function _burn',
      by: '        if (units == 0 && assets > 0) revert NothingBought();\n        _burn(units, assets, to);\n    }\n\n    function _burn',
    },
  ],
})
