import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'
import type { Step } from '../lib/types.ts'

const NAME = 'swap-booth'
const owner = actor(`${NAME}/owner`)
const admin = actor(`${NAME}/proxy admin`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'a market ignores that the token sold answers false to transferFrom and pays out the other token all the same',
  class: 'unchecked-call',
  hardfork: 'cancun',
  units: [
    { compiler: '0.6.12', optimizerRuns: 200, files: ['SwapBooth.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, admin, issuer, attacker, ...users], ETHER)
    const quiet = await world.deploy('QuietToken', [], issuer)
    const plain = await world.deploy('StandardToken', ['Plain Dollar', 'PUSD', 18], issuer)
    const booth = await deployProxied(world, 'legacy', 'SwapBooth', {
      deployer: owner,
      initialize: [owner, quiet.address, plain.address, 30],
      admin,
    })
    const wallet = await deployWallet(world, users[0]!)
    const batcher = await deployBatchWallet(world, users[1]!)
    for (const token of [quiet, plain]) {
      const approve = [booth.address, UNLIMITED]
      for (const holder of [owner, wallet.address, batcher.address, ...users])
        await world.run(call(issuer, token, 'mint', [holder, units(20_000)]))
      await world.run(through(wallet.address, call(users[0]!, token, 'approve', approve)))
      await world.run(through(batcher.address, call(users[1]!, token, 'approve', approve)))
      // The last user has tokens and approves none of them.
      for (const user of [owner, ...users.slice(0, 8)]) await world.run(call(user, token, 'approve', approve))
    }
    await world.run(call(users[2]!, booth, 'provide', [units(10_000), units(10_000)]))
    return { booth, quiet, plain, wallet, batcher }
  },
  protect: ({ booth }) => [booth],
  loss: ({ booth, plain }) => [{ token: plain.address, from: booth.address }],

  history({ booth, quiet, plain, wallet, batcher }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, booth, name, args)
    const sell = (user: number, token: typeof quiet, amount: bigint, to: string, min = 0n) =>
      by(user, 'sell', [token.address, amount, min, to])
    const buy = (user: number, token: typeof quiet, amount: bigint, to: string, max = UNLIMITED) =>
      by(user, 'buy', [token.address, amount, max, to])
    const byWallet = (step: Step) => through(wallet.address, step)
    return [
      sell(3, quiet, units(100), users[3]!),
      sell(4, plain, units(250), users[4]!),
      sell(4, quiet, 0n, users[4]!),
      sell(4, plain, 0n, users[4]!),
      byWallet(sell(0, quiet, units(300), wallet.address)),
      byWallet(sell(0, plain, units(120), users[8]!)),
      reverting(sell(3, quiet, units(100), users[3]!, units(101))),
      reverting(sell(8, plain, units(10), users[8]!)),
      by(5, 'provide', [units(4_000), units(5_000)]),
      reverting(by(5, 'provide', [units(4_000), units(1_000)])),
      byWallet(by(0, 'provide', [units(1_500), units(2_000)])),
      buy(6, plain, units(75), users[6]!),
      buy(6, quiet, units(80), users[7]!, units(90)),
      reverting(buy(6, quiet, units(80), users[7]!, units(40))),
      reverting(buy(6, quiet, units(80_000), users[6]!)),
      byWallet(buy(0, plain, units(60), wallet.address)),
      throughAll(batcher.address, [
        sell(1, quiet, units(200), batcher.address),
        sell(1, quiet, units(200), users[1]!),
        sell(1, plain, units(350), batcher.address),
        buy(1, plain, units(5), batcher.address),
      ]),
      throughAll(batcher.address, [
        by(1, 'provide', [units(500), units(900)]),
        by(1, 'withdraw', [units(200)]),
        sell(1, quiet, units(10), batcher.address),
      ]),
      by(5, 'withdraw', [units(1_000)]),
      reverting(by(5, 'withdraw', [units(9_000)])),
      byWallet(by(0, 'withdraw', [units(700)])),
      by(7, 'sell', [quiet.address, units(19_000), 0n, users[7]]),
      buy(7, quiet, units(9_000), users[7]!),
      call(owner, booth, 'setFee', [20]),
      reverting(by(3, 'setFee', [0])),
      call(owner, booth, 'sell', [quiet.address, units(500), 0n, owner]),
      call(owner, booth, 'buy', [quiet.address, units(100), UNLIMITED, owner]),
      call(owner, booth, 'setOpen', [false]),
      reverting(sell(3, quiet, units(1), users[3]!)),
      by(2, 'withdraw', [units(500)]),
      call(owner, booth, 'setOpen', [true]),
      sell(3, quiet, 1n, users[3]!),
      sell(3, quiet, units(900), wallet.address),
      buy(4, plain, 0n, users[4]!),
      byWallet(buy(0, quiet, units(33), users[2]!)),
      sell(6, plain, units(640), users[6]!),
      sell(5, quiet, units(42), users[5]!, units(10)),
      buy(5, quiet, units(17), users[5]!),
      byWallet(sell(0, quiet, 0n, wallet.address)),
      by(6, 'provide', [units(100), units(2_000)]),
      byWallet(sell(0, quiet, units(77), users[0]!)),
      sell(2, plain, units(90), batcher.address),
    ]
  },

  attack: ({ booth, quiet }, { EmptyHanded }) =>
    strike(attacker, EmptyHanded!, {
      args: [],
      run: 'run',
      with: [booth.address, quiet.address, units(40_000), 2],
    }),
  variants: ({ booth, quiet, plain }, { EmptyHanded }) => [
    strike(attacker, EmptyHanded!, {
      args: [],
      run: 'runBuying',
      with: [booth.address, plain.address, units(6_000)],
    }),
    [call(users[8]!, booth, 'sell', [quiet.address, units(15_000), 0n, users[8]])],
  ],
  fix: [
    {
      file: 'SwapBooth.sol',
      replace: '        sold.transferFrom(msg.sender, address(this), amountIn);\n',
      by: '        require(sold.transferFrom(msg.sender, address(this), amountIn), "payment failed");\n',
    },
  ],
})
