import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, pay, reverting, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'origin-treasury'
const director = actor(`${NAME}/director`)
const auditor = actor(`${NAME}/auditor`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 7)
const DAY = 86_400

const bait = (artifact: Artifact, treasury: Contract, token: Contract) =>
  create(attacker, artifact, [treasury.address, token.address])

export default declareCase({
  about:
    'a treasury asks for the origin of the transaction instead of the caller, so that a contract the director was lured to can pay itself',
  class: 'access-control',
  hardfork: 'cancun',
  units: [
    { compiler: '0.6.12', optimizerRuns: 999, files: ['OriginTreasury.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [director, auditor, attacker, ...users], 100n * ETHER)
    const treasury = await world.deploy('OriginTreasury', [auditor, 20n * ETHER], director)
    const token = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], director)
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    await world.run(call(director, token, 'mint', [treasury.address, 90_000n * ETHER]))
    await world.run(pay(users[1]!, treasury.address, 60n * ETHER))
    await world.run(call(director, treasury, 'placeOrder', [users[2], ETHER / 2n, DAY]))
    await world.run(call(director, treasury, 'placeOrder', [wallet.address, ETHER, DAY]))
    world.wait(3 * DAY)
    return { treasury, token, wallet }
  },
  protect: ({ treasury }) => [treasury],
  loss: ({ treasury, token }) => [
    { token: 'native', from: treasury.address },
    { token: token.address, from: treasury.address },
  ],

  history({ treasury, token, wallet }) {
    const byDirector = (name: string, args: readonly unknown[]) => call(director, treasury, name, args)
    const by = (user: number, name: string, args: readonly unknown[]) =>
      call(users[user]!, treasury, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    return [
      pay(users[3]!, treasury.address, 15n * ETHER),
      through(wallet.address, pay(users[0]!, treasury.address, 10n * ETHER)),
      byDirector('pay', [users[4], 3n * ETHER]),
      reverting(by(4, 'pay', [users[4], ETHER])),
      byDirector('payTokens', [token.address, users[5], 2_000n * ETHER]),
      by(2, 'executeOrder', [0]),
      byWallet('executeOrder', [1]),
      by(6, 'fileClaim', [2n * ETHER]),
      byWallet('fileClaim', [4n * ETHER]),
      byDirector('settleClaim', [users[6], 2n * ETHER]),
      byDirector('settleClaim', [wallet.address, 3n * ETHER]),
      reverting(byDirector('settleClaim', [wallet.address, 3n * ETHER])),
      byDirector('setApproved', [users[1], true]),
      byDirector('payApproved', [users[1], 6n * ETHER]),
      reverting(byDirector('payApproved', [users[2], ETHER])),
      byDirector('placeOrder', [users[3], 2n * ETHER, DAY]),
      call(auditor, treasury, 'vetoOrder', [2]),
      reverting(by(3, 'executeOrder', [2])),
      byDirector('pay', [users[2], ETHER]),
      byDirector('pay', [wallet.address, 2n * ETHER]),
      byWallet('executeOrder', [0]),
      byDirector('payTokens', [token.address, wallet.address, 750n * ETHER]),
      reverting(byWallet('payTokens', [token.address, wallet.address, 1n])),
      byDirector('setDailyLimit', [30n * ETHER]),
      byDirector('payApproved', [users[1], 5n * ETHER]),
      pay(users[5]!, treasury.address, 12n * ETHER),
      by(1, 'executeOrder', [1]),
      reverting(call(users[1]!, treasury, 'vetoOrder', [0])),
      byDirector('setApproved', [users[1], false]),
      byDirector('payTokens', [token.address, users[1], 125n * ETHER]),
      by(5, 'fileClaim', [ETHER]),
      byDirector('settleClaim', [users[5], ETHER]),
      byDirector('pay', [users[6], ETHER / 4n]),
      pay(users[4]!, treasury.address, 2n * ETHER),
    ]
  },

  attack: ({ treasury, token }, { BaitAirdrop }) => [
    bait(BaitAirdrop!, treasury, token),
    call(director, created(attacker, BaitAirdrop!, 0n), 'claim'),
  ],
  variants: ({ treasury, token }, { BaitAirdrop }) => [
    [bait(BaitAirdrop!, treasury, token), call(director, created(attacker, BaitAirdrop!, 0n), 'claimTokens')],
    [
      bait(BaitAirdrop!, treasury, token),
      pay(director, created(attacker, BaitAirdrop!, 0n).address, ETHER / 100n),
    ],
  ],
  fix: [
    {
      file: 'OriginTreasury.sol',
      replace: 'tx.origin == director',
      by: 'msg.sender == director',
    },
  ],
})
