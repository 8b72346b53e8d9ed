import { toFunctionSelector } from 'viem'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, pay, reverting, strike, through, throughAll } from '../lib/steps.ts'
import type { Contract, Step } from '../lib/types.ts'

const NAME = 'modular-broker'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const UNLIMITED = 2n ** 256n - 1n
const PRICE = ETHER / 100n
const units = (amount: number) => BigInt(amount) * ETHER

/** The functions of a module that change something, or tell. */
const selectorsOf = (module: Contract) =>
  module.abi.flatMap((entry) => (entry.type === 'function' ? [toFunctionSelector(entry)] : []))

export default declareCase({
  about: 'anyone may appoint the modules that a dispatcher delegates its functions to',
  class: 'access-control',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', optimizerRuns: 200, files: ['Broker.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 60n * ETHER)
    const token = await world.deploy('StandardToken', ['Traded', 'TRD', 18], owner)
    const source = await world.deploy('PostedPrice', [PRICE], owner)
    const newSource = await world.deploy('PostedPrice', [PRICE + PRICE / 10n], owner)
    const modules: Contract[] = []
    for (const name of ['CustodyModule', 'TradingModule', 'AdminModule', 'TradingModule'])
      modules.push(await world.deploy(name, [], owner))
    const [custody, trading, admin, newTrading] = modules as [Contract, Contract, Contract, Contract]
    const routes = [custody, trading, admin].flatMap((module) =>
      selectorsOf(module).map((selector) => [selector, module.address] as const),
    )
    const broker = await world.deploy(
      'Broker',
      [token.address, source.address, routes.map(([selector]) => selector), routes.map(([, to]) => to)],
      owner,
    )
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 20n * ETHER)
    const at = (module: Contract): Contract => ({ address: broker.address, abi: module.abi })
    for (const holder of [owner, wallet.address, batcher.address, ...users])
      await world.run(call(owner, token, 'mint', [holder, units(3_000)]))
    const approve = [broker.address, UNLIMITED]
    for (const holder of [owner, ...users]) await world.run(call(holder, token, 'approve', approve))
    await world.run(through(wallet.address, call(users[0]!, token, 'approve', approve)))
    await world.run(through(batcher.address, call(users[1]!, token, 'approve', approve)))
    await world.run(call(owner, at(custody), 'depositTokens', [units(3_000)]))
    await world.run(call(owner, at(custody), 'depositEther', [], { value: 30n * ETHER }))
    for (const user of users.slice(2, 5)) {
      await world.run(call(user, at(custody), 'depositTokens', [units(500)]))
      await world.run(call(user, at(custody), 'depositEther', [], { value: 8n * ETHER }))
    }
    return {
      broker,
      token,
      wallet,
      batcher,
      newSource,
      modules: { custody, trading, admin, newTrading },
      custody: at(custody),
      trading: at(trading),
      admin: at(admin),
    }
  },
  protect: ({ broker }) => [broker],
  loss: ({ broker, token }) => [
    { token: 'native', from: broker.address },
    { token: token.address, from: broker.address },
  ],

  history({ broker, wallet, batcher, newSource, modules, custody, trading, admin }) {
    const keep = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, custody, name, args, { value })
    const trade = (user: number, name: string, args: readonly unknown[]) =>
      call(users[user]!, trading, name, args)
    const byOwner = (contract: Contract, name: string, args: readonly unknown[]) =>
      call(owner, contract, name, args)
    const byWallet = (step: Step) => through(wallet.address, step)
    const tradingSelectors = selectorsOf(modules.trading)
    return [
      keep(5, 'depositEther', [], 6n * ETHER),
      keep(5, 'depositEther', [], 0n),
      byWallet(keep(0, 'depositEther', [], 10n * ETHER)),
      byWallet(keep(0, 'depositTokens', [units(700)])),
      trade(5, 'buy', [units(200), 2n * ETHER]),
      reverting(trade(5, 'buy', [units(200), ETHER])),
      trade(2, 'sell', [units(300), 3n * ETHER]),
      trade(2, 'sell', [0n, 0n]),
      byWallet(trade(0, 'sell', [units(150), 0n])),
      byWallet(trade(0, 'buy', [units(50), ETHER])),
      reverting(trade(6, 'buy', [units(1), ETHER])),
      keep(3, 'withdrawEther', [8n * ETHER]),
      reverting(keep(3, 'withdrawEther', [1n])),
      keep(3, 'withdrawTokens', [units(500)]),
      byWallet(keep(0, 'withdrawEther', [3n * ETHER])),
      byWallet(keep(0, 'withdrawTokens', [units(20)])),
      byOwner(broker, 'setModules', [tradingSelectors, modules.newTrading.address]),
      trade(4, 'buy', [units(60), ETHER]),
      throughAll(batcher.address, [
        keep(1, 'depositEther', [], 5n * ETHER),
        trade(1, 'buy', [units(100), 2n * ETHER]),
        trade(1, 'buy', [units(100), 2n * ETHER]),
        trade(1, 'sell', [units(40), 0n]),
        keep(1, 'withdrawTokens', [units(160)]),
      ]),
      byOwner(broker, 'setModule', [tradingSelectors[0], '0x0000000000000000000000000000000000000000']),
      reverting(trade(4, 'buy', [units(60), ETHER])),
      byOwner(broker, 'setModule', [tradingSelectors[0], modules.trading.address]),
      trade(4, 'buy', [units(6), ETHER]),
      byOwner(broker, 'setModule', [tradingSelectors[1], modules.trading.address]),
      byOwner(broker, 'setModules', [[], modules.trading.address]),
      byOwner(admin, 'setFee', [50]),
      reverting(byOwner(admin, 'setFee', [500])),
      reverting(call(users[4]!, admin, 'setFee', [0])),
      trade(4, 'sell', [units(20), 0n]),
      byOwner(admin, 'setSource', [newSource.address]),
      trade(4, 'sell', [units(20), 0n]),
      byOwner(admin, 'setPaused', [true]),
      reverting(keep(6, 'depositEther', [], ETHER)),
      keep(2, 'withdrawEther', [ETHER]),
      byOwner(admin, 'setPaused', [false]),
      keep(6, 'depositEther', [], ETHER),
      trade(6, 'buy', [units(30), ETHER]),
      byOwner(custody, 'withdrawEther', [2n * ETHER]),
      pay(users[7]!, broker.address, ETHER / 10n),
      byWallet(keep(0, 'depositTokens', [units(5)])),
    ]
  },

  attack: ({ broker, token }, { ModuleSwitcher }) =>
    strike(attacker, ModuleSwitcher!, { args: [], run: 'run', with: [broker.address, token.address] }),
  variants: ({ broker, token }, { ModuleSwitcher, EmptyingModule }) => {
    const module = created(attacker, EmptyingModule!, 0n)
    return [
      strike(attacker, ModuleSwitcher!, {
        args: [],
        run: 'runInPlace',
        with: [broker.address, 20n * ETHER],
      }),
      [
        create(attacker, EmptyingModule!),
        call(attacker, broker, 'setModule', [selectorsOf(module)[0], module.address]),
        call(attacker, { ...module, address: broker.address }, 'empty', [token.address, attacker]),
      ],
    ]
  },
  fix: [
    {
      file: 'Broker.sol',
      replace: 'function setModule(bytes4 selector, address module) external {',
      by: 'function setModule(bytes4 selector, address module) external onlyOwner {',
    },
    {
      file: 'Broker.sol',
      replace: 'function setModules(bytes4[] calldata selectors, address module) external {',
      by: 'function setModules(bytes4[] calldata selectors, address module) external onlyOwner {',
    },
  ],
})
