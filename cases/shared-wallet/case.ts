import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, encode, pay, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'
import { artifactOf } from '../lib/world.ts'

const NAME = 'shared-wallet'
const maker = actor(`${NAME}/library maker`)
const founder = actor(`${NAME}/founder`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const tenths = (amount: number) => (BigInt(amount) * ETHER) / 10n

export default declareCase({
  about:
    'the initialiser of a library of shared wallets works a second time on a wallet that delegates to it',
  class: 're-initialisation',
  hardfork: 'london',
  units: [
    { compiler: '0.4.26', files: ['WalletLibrary.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [maker, founder, attacker, ...users], 100n * ETHER)
    const code = await world.deploy('WalletLibrary', [], maker)
    const artifact = artifactOf(world.artifacts, 'DelegatingWallet')
    const member = await deployWallet(world, users[3]!, 5n * ETHER)
    const open = async (owners: readonly string[], required: number, limit: bigint): Promise<Contract> => {
      const { address } = await world.deploy('DelegatingWallet', [code.address], users[0]!)
      const wallet = { address, abi: code.abi }
      await world.run(call(users[0]!, wallet, 'initWallet', [owners, required, limit]))
      await world.run(pay(users[0]!, address, 25n * ETHER))
      return wallet
    }
    const family = await open([users[0]!, users[1]!, users[2]!], 2, ETHER)
    const club = await open([member.address, users[4]!, users[5]!], 2, 2n * ETHER)
    const third = { address: created(founder, artifact, 0n).address, abi: code.abi }
    return { code, family, club, third, member, artifact }
  },
  protect: ({ code, family, club }) => [code, family, club],
  loss: ({ family, club }) => [
    { token: 'native', from: family.address },
    { token: 'native', from: club.address },
  ],

  history({ code, family, club, third, member, artifact }) {
    const by = (user: number, wallet: Contract, name: string, args: readonly unknown[]) =>
      call(users[user]!, wallet, name, args)
    const send = (user: number, wallet: Contract, to: string, amount: bigint) =>
      by(user, wallet, 'execute', [to, amount, '0x'])
    const decide = (user: number, wallet: Contract, name: string, args: readonly unknown[]) =>
      by(user, wallet, 'execute', [wallet.address, 0n, encode(wallet, name, args)])
    const confirm = (user: number, wallet: Contract, id: number) => by(user, wallet, 'confirm', [id])
    const asMember = (step: ReturnType<typeof call>) => through(member.address, step)
    return [
      send(0, family, users[6]!, tenths(3)),
      send(1, family, users[7]!, tenths(7)),
      send(2, family, users[7]!, tenths(40)),
      confirm(1, family, 0),
      reverting(confirm(0, family, 0)),
      pay(users[6]!, family.address, 2n * ETHER),
      asMember(send(3, club, users[3]!, tenths(20))),
      asMember(send(3, club, users[6]!, tenths(30))),
      confirm(4, club, 0),
      reverting(send(6, club, users[6]!, 1n)),
      create(founder, artifact, [code.address]),
      call(founder, third, 'initWallet', [[founder, users[6]!], 1, tenths(5)]),
      pay(founder, third.address, 3n * ETHER),
      call(founder, third, 'execute', [users[6], tenths(5), '0x']),
      by(6, third, 'execute', [users[6], tenths(10), '0x']),
      decide(0, family, 'setDayLimit', [2n * ETHER]),
      confirm(2, family, 1),
      send(0, family, users[5]!, tenths(10)),
      decide(4, club, 'addOwner', [users[7]]),
      asMember(confirm(3, club, 1)),
      send(7, club, users[7]!, tenths(25)),
      confirm(5, club, 2),
      decide(5, club, 'removeOwner', [users[5]]),
      by(5, club, 'revoke', [3]),
      confirm(4, club, 3),
      asMember(confirm(3, club, 3)),
      reverting(send(5, club, users[5]!, 1n)),
      by(1, family, 'execute', [club.address, tenths(15), '0x']),
      confirm(0, family, 2),
      pay(users[5]!, club.address, ETHER),
      reverting(by(1, family, 'addOwner', [users[6]])),
      send(2, family, users[2]!, 0n),
      decide(1, family, 'setRequired', [3]),
      confirm(2, family, 3),
      send(0, family, users[4]!, tenths(35)),
      confirm(1, family, 4),
      confirm(2, family, 4),
      reverting(confirm(2, family, 4)),
    ]
  },

  attack: ({ family, club }, { WalletTaker }) =>
    strike(attacker, WalletTaker!, { args: [], run: 'run', with: [[family.address, club.address]] }),
  variants: ({ family, club }, { WalletTaker }) => [
    strike(attacker, WalletTaker!, { args: [], run: 'runByProposal', with: [club.address, 2n] }),
    [
      call(attacker, family, 'initWallet', [[attacker, users[0], users[1]], 1, 0n]),
      call(attacker, family, 'execute', [attacker, 9n * ETHER, '0x']),
    ],
  ],
  fix: [
    {
      file: 'WalletLibrary.sol',
      replace: '        require(required_ > 0 && required_ <= owners.length);\n',
      by: '        require(numOwners == 0 && required_ > 0 && required_ <= owners.length);\n',
    },
  ],
})
