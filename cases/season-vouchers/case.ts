import { encodePacked, keccak256, parseSignature, stringToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Address } from '../../src/core/hex.ts'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'season-vouchers'
const owner = actor(`${NAME}/owner`)
const guild = actor(`${NAME}/guild`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const signer = privateKeyToAccount(keccak256(stringToHex(`suture case key: ${NAME}/signer`)))
const units = (amount: number) => BigInt(amount) * ETHER

interface Voucher {
  readonly player: Address
  readonly amount: bigint
  readonly v: bigint
  readonly r: string
  readonly s: string
}

async function sign(vouchers: Contract, season: number, player: Address, amount: bigint): Promise<Voucher> {
  const raw = keccak256(
    encodePacked(
      ['address', 'uint256', 'address', 'uint256'],
      [vouchers.address, BigInt(season), player, amount],
    ),
  )
  const { r, s, v } = parseSignature(await signer.signMessage({ message: { raw } }))
  return { player, amount, v: v!, r, s }
}

/** What the players of a season are owed; the attacker plays in the third. */
const EARNED = [900, 450, 1_200, 300, 0, 750, 610, 220, 480].map(units)

export default declareCase({
  about:
    'a distributor pays a signed voucher as often as it is handed in, because it notes the claim but never looks at the note',
  class: 'input-validation',
  hardfork: 'cancun',
  units: [
    { compiler: '0.5.17', files: ['SeasonVouchers.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, guild, issuer, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Arena', 'ARN', 18], issuer)
    const vouchers = await world.deploy('SeasonVouchers', [token.address, signer.address, guild, 200], owner)
    const wallet = await deployWallet(world, users[0]!)
    for (const holder of [owner, users[1]!]) {
      await world.run(call(issuer, token, 'mint', [holder, units(100_000)]))
      await world.run(call(holder, token, 'approve', [vouchers.address, 2n ** 256n - 1n]))
    }
    await world.run(call(owner, vouchers, 'openSeason', [units(20_000)]))
    const players = [...users, wallet.address, attacker]
    const amounts = [...EARNED, units(830), units(640)]
    const season = (number: number) =>
      Promise.all(players.map((player, index) => sign(vouchers, number, player, amounts[index]!)))
    return {
      vouchers,
      token,
      wallet,
      first: await season(1),
      second: await season(2),
      third: await season(3),
    }
  },
  protect: ({ vouchers }) => [vouchers],
  loss: ({ vouchers, token }) => [{ token: token.address, from: vouchers.address }],

  history({ vouchers, wallet, first, second, third }) {
    const claim = (from: Address, { amount, v, r, s }: Voucher) =>
      call(from, vouchers, 'claim', [amount, v, r, s])
    const claimFor = (from: Address, { player, amount, v, r, s }: Voucher) =>
      call(from, vouchers, 'claimFor', [player, amount, v, r, s])
    const own = (season: readonly Voucher[], user: number) => claim(users[user]!, season[user]!)
    return [
      own(first, 0),
      own(first, 1),
      through(wallet.address, claim(users[0]!, first[9]!)),
      reverting(claim(users[3]!, first[2]!)),
      claimFor(users[4]!, first[2]!),
      own(first, 3),
      own(first, 4),
      call(users[5]!, vouchers, 'setPayout', [users[6]]),
      own(first, 5),
      through(wallet.address, claimFor(users[0]!, first[6]!)),
      call(users[1]!, vouchers, 'topUp', [units(300)]),
      reverting(call(users[1]!, vouchers, 'closeSeason', [users[1]])),
      reverting(own(second, 1)),
      call(owner, vouchers, 'closeSeason', [owner]),
      reverting(own(first, 7)),
      call(owner, vouchers, 'openSeason', [units(9_000)]),
      own(second, 0),
      own(second, 1),
      own(second, 2),
      through(wallet.address, claim(users[0]!, second[9]!)),
      claimFor(owner, second[3]!),
      claimFor(owner, second[5]!),
      call(owner, vouchers, 'setGuild', [guild, 0]),
      own(second, 7),
      claimFor(users[7]!, second[8]!),
      call(owner, vouchers, 'setGuild', [guild, 150]),
      reverting(call(owner, vouchers, 'setGuild', [guild, 5_000])),
      call(owner, vouchers, 'closeSeason', [owner]),
      call(owner, vouchers, 'openSeason', [units(15_000)]),
      call(owner, vouchers, 'setSigner', [signer.address]),
      own(third, 1),
      own(third, 2),
      through(wallet.address, call(users[0]!, vouchers, 'setPayout', [users[0]])),
      through(wallet.address, claim(users[0]!, third[9]!)),
      claimFor(users[2]!, third[8]!),
      own(third, 4),
      own(third, 6),
      claimFor(owner, third[10]!),
    ]
  },

  attack: ({ vouchers, third }, { VoucherRepeater }) => repeat(VoucherRepeater!, vouchers, third[10]!, 12n),
  variants: ({ vouchers, third }, { VoucherRepeater }) => {
    const { amount, v, r, s } = third[10]!
    return [
      [0, 1, 2].map(() => call(attacker, vouchers, 'claim', [amount, v, r, s])),
      repeat(VoucherRepeater!, vouchers, third[1]!, 5n),
    ]
  },
  fix: [
    {
      file: 'SeasonVouchers.sol',
      replace: '        current.spent += amount;\n',
      by: '        require(claimed[season][player] == 0, "claimed already");\n        current.spent += amount;\n',
    },
  ],
})

function repeat(artifact: Parameters<typeof strike>[1], vouchers: Contract, voucher: Voucher, times: bigint) {
  const { player, amount, v, r, s } = voucher
  return strike(attacker, artifact, {
    args: [],
    run: 'run',
    with: [vouchers.address, player, amount, v, r, s, times],
  })
}
