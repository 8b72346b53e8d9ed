import { stringToHex } from 'viem'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, pay, reverting, through, throughAll } from '../lib/steps.ts'
import type { Step } from '../lib/types.ts'

const NAME = 'payroll-desk'
const director = actor(`${NAME}/director`)
const clerk = actor(`${NAME}/clerk`)
const secondClerk = actor(`${NAME}/second clerk`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const DAY = 86_400
const reason = (text: string) => stringToHex(text, { size: 32 })

export default declareCase({
  about:
    'a payroll looks the origin of the transaction up among its clerks, so that a contract a clerk was lured to can pay extras',
  class: 'access-control',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.4.26', optimizerRuns: 200, files: ['PayrollDesk.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [director, clerk, secondClerk, attacker, ...users], 50n * ETHER)
    const payroll = await world.deploy('PayrollDesk', [25n * ETHER], director, 40n * ETHER)
    const wallet = await deployWallet(world, users[0]!, 5n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 5n * ETHER)
    // The clerk has a wallet contract, too, in which the wage arrives.
    const clerksWallet = await deployWallet(world, clerk, ETHER)
    for (const account of [clerk, secondClerk])
      await world.run(call(director, payroll, 'setClerk', [account, true]))
    for (const account of [users[2], users[3], wallet.address, batcher.address, clerk, clerksWallet.address])
      await world.run(call(clerk, payroll, 'hire', [account, ETHER / 2n]))
    world.wait(8 * DAY)
    return { payroll, wallet, batcher, clerksWallet }
  },
  protect: ({ payroll }) => [payroll],
  loss: ({ payroll }) => [{ token: 'native', from: payroll.address }],

  history({ payroll, wallet, batcher, clerksWallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, payroll, name, args)
    const byClerk = (name: string, args: readonly unknown[] = []) => call(clerk, payroll, name, args)
    const bySecond = (name: string, args: readonly unknown[] = []) => call(secondClerk, payroll, name, args)
    const byDirector = (name: string, args: readonly unknown[] = []) => call(director, payroll, name, args)
    const byWallet = (step: Step) => through(wallet.address, step)
    return [
      pay(director, payroll.address, 5n * ETHER),
      by(2, 'fetchWage'),
      reverting(by(2, 'fetchWage')),
      byWallet(by(0, 'fetchWage')),
      throughAll(batcher.address, [
        by(1, 'setPayTo', [users[1]]),
        by(1, 'fetchWage'),
        by(1, 'setPayTo', [batcher.address]),
      ]),
      byClerk('fetchWage'),
      through(clerksWallet.address, byClerk('fetchWage')),
      byClerk('fetchWageFor', [users[3]]),
      byClerk('hire', [users[4], ETHER]),
      bySecond('hire', [users[5], 2n * ETHER]),
      reverting(bySecond('hire', [users[5], ETHER])),
      reverting(by(6, 'hire', [users[6], 100n * ETHER])),
      reverting(byWallet(by(0, 'setWage', [wallet.address, 100n * ETHER]))),
      byClerk('payExtra', [users[2], ETHER, reason('travel')]),
      byClerk('payExtra', [wallet.address, ETHER / 4n, reason('books')]),
      byClerk('payExtra', [clerk, ETHER / 8n, reason('stamps')]),
      byClerk('payExtra', [clerksWallet.address, ETHER / 8n, reason('stamps')]),
      byClerk('payExtra', [users[3], 0n, reason('nothing')]),
      byClerk('payExtra', [payroll.address, ETHER / 8n, reason('returned')]),
      bySecond('payExtras', [
        [users[2], wallet.address, batcher.address],
        [ETHER / 5n, ETHER / 5n, ETHER / 5n],
        reason('bonus'),
      ]),
      bySecond('payExtras', [[], [], reason('bonus')]),
      reverting(byClerk('payExtra', [users[2], 90n * ETHER, reason('yacht')])),
      reverting(by(2, 'payExtra', [users[2], 1n, reason('me')])),
      byClerk('setWage', [users[2], ETHER]),
      bySecond('setWage', [wallet.address, (ETHER * 3n) / 4n]),
      byDirector('payExtra', [users[7], ETHER, reason('advice')]),
      byDirector('hire', [users[6], ETHER]),
      byDirector('setClerk', [secondClerk, false]),
      reverting(bySecond('payExtra', [users[7], 1n, reason('advice')])),
      byDirector('setClerk', [secondClerk, true]),
      bySecond('dismiss', [users[5]]),
      by(6, 'setPayTo', [wallet.address]),
      pay(clerk, wallet.address, ETHER / 10n),
      through(clerksWallet.address, pay(clerk, payroll.address, ETHER / 10n)),
      byDirector('setExtras', [22n * ETHER]),
      reverting(by(7, 'setExtras', [1n])),
      byClerk('payExtra', [users[4], ETHER / 2n, reason('travel')]),
      byClerk('payExtra', [users[6], ETHER / 50n, reason('lunch')]),
      byClerk('payExtra', [users[7], ETHER / 50n, reason('lunch')]),
      pay(director, payroll.address, ETHER),
      by(4, 'setPayTo', [users[4]]),
      byDirector('payExtra', [clerk, ETHER / 100n, reason('thanks')]),
    ]
  },

  attack: ({ payroll }, { PensionPlan }) => [
    create(attacker, PensionPlan!, [payroll.address]),
    call(clerk, created(attacker, PensionPlan!, 0n), 'join'),
  ],
  variants: ({ payroll }, { PensionPlan }) => {
    const plan = created(attacker, PensionPlan!, 0n)
    const founded = create(attacker, PensionPlan!, [payroll.address])
    return [
      [founded, pay(secondClerk, plan.address, ETHER / 10n)],
      [founded, call(director, plan, 'join')],
      [founded, call(secondClerk, plan, 'joinWith', [4n * ETHER])],
    ]
  },
  fix: [
    {
      file: 'PayrollDesk.sol',
      replace: 'clerk[tx.origin]',
      by: 'clerk[msg.sender]',
    },
  ],
})
