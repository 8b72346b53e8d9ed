import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, created, reverting, strike, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'yield-vault'
const governor = actor(`${NAME}/governor`)
const admin = actor(`${NAME}/proxy admin`)
const keeper = actor(`${NAME}/keeper`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const units = (amount: number) => BigInt(amount) * ETHER

/** The attacker gives the attack contract its stake between creation and call. */
function nested(artifact: Artifact, vault: Contract, token: Contract, withHelper: boolean, plan: bigint[]) {
  const [creation, run] = strike(attacker, artifact, {
    args: [vault.address, token.address, withHelper],
    run: 'run',
    with: plan,
  })
  const stake = call(attacker, token, 'transfer', [created(attacker, artifact, 0n).address, units(4_000)])
  return [creation!, stake, run!]
}

export default declareCase({
  about:
    'a tokenised vault credits the difference of its balance around a transfer whose token calls the depositor, who deposits again',
  class: 'reentrancy',
  hardfork: 'cancun',
  units: [
    { compiler: '0.7.6', optimizerRuns: 200, files: ['YieldVault.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [governor, admin, keeper, issuer, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('HookToken', ['Hooked Dollar', 'HUSD'], issuer)
    const vault = await deployProxied(world, 'legacy', 'YieldVault', {
      deployer: governor,
      initialize: [token.address, governor, keeper, 1_000, units(60_000)],
      admin,
    })
    const wallet = await deployWallet(world, users[0]!)
    for (const holder of [...users, wallet.address, keeper, attacker])
      await world.run(call(issuer, token, 'mint', [holder, units(5_000)]))
    for (const holder of [...users, keeper])
      await world.run(call(holder, token, 'approve', [vault.address, 2n ** 256n - 1n]))
    await world.run(
      through(wallet.address, call(users[0]!, token, 'approve', [vault.address, 2n ** 256n - 1n])),
    )
    for (const user of users.slice(0, 6)) await world.run(call(user, vault, 'deposit', [units(2_000), user]))
    await world.run(call(keeper, vault, 'harvest', [units(300)]))
    return { vault, token, wallet }
  },
  protect: ({ vault }) => [vault],
  loss: ({ vault, token }) => [{ token: token.address, from: vault.address }],

  history({ vault, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, vault, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    const harvest = (gain: number) => call(keeper, vault, 'harvest', [units(gain)])
    return [
      by(6, 'deposit', [units(900), users[6]]),
      by(7, 'deposit', [units(1_400), users[7]]),
      byWallet('deposit', [units(2_500), wallet.address]),
      by(1, 'withdraw', [units(400), users[1], users[1]]),
      by(2, 'redeem', [units(500), users[3], users[2]]),
      harvest(120),
      reverting(by(8, 'redeem', [units(1), users[8], users[8]])),
      by(8, 'deposit', [units(3_000), users[7]]),
      byWallet('redeem', [units(700), wallet.address, wallet.address]),
      by(3, 'approve', [users[4], units(250)]),
      by(4, 'redeem', [units(250), users[4], users[3]]),
      reverting(by(4, 'redeem', [units(1), users[4], users[3]])),
      by(5, 'transfer', [users[6], units(350)]),
      by(6, 'approve', [users[5], units(100)]),
      by(5, 'transferFrom', [users[6], wallet.address, units(100)]),
      harvest(95),
      by(7, 'withdraw', [units(600), users[7], users[7]]),
      byWallet('withdraw', [units(300), users[0], wallet.address]),
      call(governor, vault, 'setPerformanceFee', [800]),
      reverting(call(governor, vault, 'setPerformanceFee', [5_000])),
      call(governor, vault, 'setDepositCap', [units(50_000)]),
      by(0, 'deposit', [units(1_800), users[0]]),
      reverting(by(1, 'setKeeper', [users[1]])),
      call(governor, vault, 'redeem', [units(10), governor, governor]),
      call(governor, vault, 'setShutdown', [true]),
      reverting(by(2, 'deposit', [units(10), users[2]])),
      by(2, 'redeem', [units(300), users[2], users[2]]),
      call(governor, vault, 'setShutdown', [false]),
      by(2, 'deposit', [units(1_100), users[2]]),
      byWallet('deposit', [units(800), users[8]]),
      by(8, 'redeem', [units(400), users[8], users[8]]),
      harvest(210),
      by(1, 'deposit', [units(650), users[1]]),
      by(6, 'withdraw', [units(123), users[6], users[6]]),
      byWallet('transfer', [users[3], units(44)]),
      by(3, 'redeem', [units(44), users[3], users[3]]),
    ]
  },

  attack: ({ vault, token }, { NestedDeposit }) => nested(NestedDeposit!, vault, token, false, [2n, 3n]),
  variants: ({ vault, token }, { NestedDeposit }) => [
    nested(NestedDeposit!, vault, token, true, [2n, 2n]),
    nested(NestedDeposit!, vault, token, false, [5n, 1n]),
  ],
  fix: [
    {
      file: 'YieldVault.sol',
      replace: '    bool public shutdown;\n',
      by: '    bool public shutdown;\n    bool private entered;\n',
    },
    {
      file: 'YieldVault.sol',
      replace: '        uint256 before = totalAssets();\n',
      by: '        require(!entered, "reentered");\n        entered = true;\n        uint256 before = totalAssets();\n',
    },
    {
      file: 'YieldVault.sol',
      replace: '        emit Deposit(',
      by: '        entered = false;\n        emit Deposit(',
    },
  ],
})
