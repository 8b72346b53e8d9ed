import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, reverting, through, throughAll } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'rig-rewards'
const owner = actor(`${NAME}/owner`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 7)
const DAY = 86_400
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'staked rigs pay their rewards once for every time they are named in one call, because all are counted before any is marked',
  class: 'input-validation',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.7.6', files: ['RigRewards.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, issuer, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Ore', 'ORE', 18], issuer)
    const rigs = await world.deploy('RigRewards', [token.address, 20_000_000_000n], owner)
    const wallet = await deployBatchWallet(world, users[0]!)
    const approval = [rigs.address, 2n ** 256n - 1n]
    for (const holder of [...users, wallet.address, attacker, owner])
      await world.run(call(issuer, token, 'mint', [holder, units(30_000)]))
    for (const holder of [...users, attacker, owner])
      await world.run(call(holder, token, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, token, 'approve', approval)))
    await world.run(call(owner, rigs, 'fund', [units(8_000)]))
    const build = (user: number, stake: number, days: number) =>
      call(users[user]!, rigs, 'build', [units(stake), days * DAY])
    // Rigs 0 to 5 of users, 6 and 7 of the wallet, 8 and 9 of the attacker.
    for (const step of [build(1, 900, 3), build(1, 400, 30), build(1, 250, 5), build(2, 1_500, 90)])
      await world.run(step)
    for (const step of [build(3, 700, 2), build(4, 1_200, 6), build(0, 800, 4), build(0, 650, 60)])
      await world.run(step.from === users[0] ? through(wallet.address, step) : step)
    for (const days of [120, 1]) await world.run(call(attacker, rigs, 'build', [units(500), days * DAY]))
    world.wait(7 * DAY)
    await world.run(call(users[5]!, rigs, 'build', [units(100), 0]))
    return { rigs, token, wallet }
  },
  protect: ({ rigs }) => [rigs],
  loss: ({ rigs, token }) => [{ token: token.address, from: rigs.address }],

  history({ rigs, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, rigs, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    return [
      by(1, 'claimMany', [[0, 1, 2]]),
      by(2, 'claim', [3]),
      byWallet('claimMany', [[6, 7]]),
      by(6, 'build', [units(300), 10 * DAY]),
      by(3, 'claimMany', [[4]]),
      reverting(by(3, 'claimMany', [[4, 5]])),
      by(4, 'scrapMany', [[5]]),
      reverting(by(4, 'claim', [5])),
      by(1, 'claimMany', [[2, 0]]),
      by(6, 'claimMany', [[]]),
      byWallet('claim', [7]),
      byWallet('scrapMany', [[6]]),
      by(5, 'build', [units(900), 0]),
      by(5, 'build', [units(40), 0]),
      by(5, 'scrapMany', [[10, 13]]),
      by(5, 'claimMany', [[12]]),
      call(owner, rigs, 'fund', [units(500)]),
      by(2, 'build', [units(2_000), 365 * DAY]),
      by(2, 'claimMany', [[14, 3]]),
      reverting(by(2, 'build', [units(1), 366 * DAY])),
      by(2, 'handOn', [14, users[6]]),
      by(6, 'claimMany', [[11, 14]]),
      by(1, 'handOn', [1, wallet.address]),
      byWallet('claimMany', [[1, 7]]),
      reverting(by(1, 'scrapMany', [[1]])),
      call(owner, rigs, 'setPaused', [true]),
      reverting(by(1, 'claimMany', [[0, 2]])),
      call(owner, rigs, 'setPaused', [false]),
      by(1, 'scrapMany', [[0, 2]]),
      by(3, 'scrapMany', [[4]]),
      call(owner, rigs, 'setRate', [30_000_000_000n]),
      call(owner, rigs, 'build', [units(50), DAY]),
      call(owner, rigs, 'claimMany', [[15]]),
      by(5, 'claimMany', [[12]]),
      byWallet('build', [units(120), 0]),
      byWallet('claimMany', [[7, 1, 16]]),
      throughAll(wallet.address, [
        by(0, 'claimMany', [[1, 16]]),
        by(0, 'claim', [7]),
        by(0, 'claimMany', [[7, 1]]),
      ]),
      by(4, 'fund', [units(25)]),
    ]
  },

  attack: ({ rigs }) => [
    call(attacker, rigs, 'claimMany', [Array(30).fill(8)]),
    call(attacker, rigs, 'claimMany', [[9, 8, 9, 8, 9, 9]]),
  ],
  variants: ({ rigs, token }, { Repeater }) => [
    handedTo(Repeater!, rigs, [token.address, 8n, 25n], 'run'),
    handedTo(Repeater!, rigs, [token.address, 9n, 6n], 'runByScrapping'),
    [call(attacker, rigs, 'scrapMany', [[9, 9, 9, 9]])],
  ],
  fix: [
    {
      file: 'RigRewards.sol',
      replace: '            amount += pending(ids[i]);\n',
      by: '            for (uint256 j = 0; j < i; j++) require(ids[j] != ids[i], "named twice");\n            amount += pending(ids[i]);\n',
    },
    {
      file: 'RigRewards.sol',
      replace: '            reward += pending(ids[i]);\n',
      by: '            for (uint256 j = 0; j < i; j++) require(ids[j] != ids[i], "named twice");\n            reward += pending(ids[i]);\n',
    },
  ],
})

/** The attacker's nonces 0 to 2 went into approving and building. */
function handedTo(artifact: Artifact, rigs: Contract, args: readonly unknown[], run: string) {
  const contract = created(attacker, artifact, 3n)
  return [
    create(attacker, artifact),
    call(attacker, rigs, 'handOn', [args[1], contract.address]),
    call(attacker, contract, run, [rigs.address, ...args]),
  ]
}
