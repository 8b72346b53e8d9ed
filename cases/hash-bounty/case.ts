import { concat, keccak256, stringToHex } from 'viem'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'hash-bounty'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const ATTACK_TIME = 1_721_000_000n
const LATER = ATTACK_TIME + 86_400n

const answer = (index: number) => keccak256(stringToHex(`${NAME}/answer ${index}`))
const puzzle = (index: number) => keccak256(answer(index))

export default declareCase({
  about:
    'an answer must be claimed under seal before it is shown, but a claim of the same block counts, so that a pending answer can be copied',
  class: 'front-running',
  hardfork: 'cancun',
  units: [
    { compiler: '0.5.17', files: ['HashBounty.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 60n * ETHER)
    const bounty = await world.deploy('HashBounty', [250], owner)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    for (const index of [0, 1, 2, 3, 4])
      await world.run(call(users[6]!, bounty, 'post', [puzzle(index), LATER], { value: 6n * ETHER }))
    return { bounty, wallet }
  },
  protect: ({ bounty }) => [bounty],
  loss: ({ bounty }) => [{ token: 'native', from: bounty.address }],

  history({ bounty, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, bounty, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const sealed = (claimant: `0x${string}`, index: number) => keccak256(concat([claimant, answer(index)]))
    const claim = (user: number, id: number) => by(user, 'claim', [id, sealed(users[user]!, id)])
    return [
      claim(1, 0),
      by(1, 'solve', [0, answer(0)]),
      reverting(by(2, 'solve', [1, answer(1)])),
      claim(2, 1),
      by(3, 'claim', [1, sealed(users[3]!, 7)]),
      reverting(by(3, 'solve', [1, answer(7)])),
      by(2, 'solve', [1, answer(1)]),
      by(7, 'post', [puzzle(5), LATER], 3n * ETHER),
      by(7, 'post', [puzzle(6), ATTACK_TIME - 20n], 2n * ETHER),
      by(6, 'raise', [3], ETHER),
      byWallet('post', [puzzle(7), LATER], 5n * ETHER),
      byWallet('claim', [5, sealed(wallet.address, 5)]),
      by(4, 'raise', [5], ETHER / 2n),
      byWallet('solve', [5, answer(5)]),
      call(owner, bounty, 'setFee', [200]),
      reverting(by(4, 'setFee', [0])),
      reverting(by(7, 'withdraw', [7])),
      by(1, 'post', [puzzle(8), LATER], 4n * ETHER),
      by(1, 'post', [puzzle(9), LATER], ETHER),
      claim(3, 8),
      claim(3, 9),
      by(3, 'solveMany', [
        [8, 9],
        [answer(8), answer(9)],
      ]),
      by(7, 'withdraw', [6]),
      by(2, 'post', [puzzle(10), LATER], 2n * ETHER),
      claim(4, 10),
      claim(4, 10),
      by(4, 'solveFor', [10, answer(10), wallet.address]),
      call(owner, bounty, 'collectFees', [owner]),
      by(6, 'raise', [4], 0n),
      by(1, 'post', [puzzle(11), LATER], 3n * ETHER),
      byWallet('claim', [11, sealed(wallet.address, 11)]),
      byWallet('solveFor', [11, answer(11), users[0]]),
      call(owner, bounty, 'post', [puzzle(12), LATER], { value: ETHER }),
      reverting(by(5, 'withdraw', [12])),
      // These are about to be solved when the attacker sees the answers.
      claim(5, 2),
      claim(5, 3),
      byWallet('claim', [4, sealed(wallet.address, 4)]),
      claim(1, 7),
    ]
  },

  attack: ({ bounty }, { AnswerCopier }) =>
    strike(attacker, AnswerCopier!, { args: [], run: 'run', with: [bounty.address, 2n, answer(2)] }),
  variants: ({ bounty }, { AnswerCopier }) => [
    strike(attacker, AnswerCopier!, {
      args: [],
      run: 'runMany',
      with: [bounty.address, [3n, 4n, 7n], [answer(3), answer(4), answer(7)]],
    }),
    [
      call(attacker, bounty, 'claim', [3n, keccak256(concat([attacker, answer(3)]))]),
      call(attacker, bounty, 'solve', [3n, answer(3)]),
    ],
    [
      call(attacker, bounty, 'claim', [7n, keccak256(concat([attacker, answer(7)]))]),
      call(attacker, bounty, 'solveFor', [7n, answer(7), users[7]]),
    ],
  ],
  fix: [
    {
      file: 'HashBounty.sol',
      replace: '        require(keccak256(abi.encodePacked(answer)) == bounty.puzzle, "wrong answer");\n',
      by: '        require(block.number > made.madeIn, "claimed just now");\n        require(keccak256(abi.encodePacked(answer)) == bounty.puzzle, "wrong answer");\n',
    },
  ],
})
