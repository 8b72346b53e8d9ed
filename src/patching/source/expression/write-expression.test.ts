import { toFunctionSelector } from 'viem'
import { describe, expect, it } from 'vitest'
import { changedLines, type Find, FLAW, mendFlaw } from '../../../../test/support/mend-flaw.ts'
import type { Expression, Invariant } from '../../../diagnosis/types.ts'
import { OP } from '../../../evm/opcodes.ts'

const SLOW = 240_000
const source = (version: string) => `pragma solidity ^${version};
contract Flaw {
    struct Account { uint256 shares; uint256 since; }
    address public owner;
    bool public open;
    uint256 public limit;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) allowance;
    mapping(address => Account) accounts;

    function pay(address from, uint256 amount, bool sure) public payable returns (uint256) {
        if (sure) balanceOf[from] = amount;
        return amount / limit;
    }

    function reset(uint256 to) public {
        limit = to;
    }
}
`
const caller: Expression = { op: 'caller' }
const argument = (index: number): Expression => ({ op: 'argument', offset: 4 + 32 * index })
const constant = (value: bigint): Expression => ({ op: 'constant', value })
const entryOf = (a: Expression, b: Expression): Expression => ({ op: 'entry', a, b })
const load = (a: Expression): Expression => ({ op: 'load', a })
const fieldOf = (a: Expression, shift = 0, bits = 160): Expression => ({ op: 'field', a, shift, bits })
const differ = (a: Expression, b: Expression): Expression => ({ op: 'xor', a, b })
const greater = (a: Expression, b: Expression): Expression => ({ op: 'greater', a, b })
const stack = (depth: number): Expression => ({ op: 'stack', depth })

const PAY = toFunctionSelector('pay(address,uint256,bool)')

function invariantOf(rules: (find: Find) => Invariant['rules']) {
  return (find: Find) => ({
    class: 'logic' as const,
    invariants: [{ name: 'stays-so', rules: rules(find), notes: ['a note'] }],
  })
}

async function writeAtEntry(refuse: Expression, compiler = '0.8.19') {
  const place = { at: 'entry' as const, code: FLAW, target: FLAW, selector: PAY }
  const version = compiler === '0.4.26' ? '0.4.0' : '0.8.0'
  const mended = await mendFlaw({
    compiler,
    source: source(version),
    mechanism: invariantOf(() => [{ place, refuse }]),
  })
  return /require\((.*), "broken: stays so"\);/.exec(mended.diff)![1]
}

describe('a refused expression as a condition of the source', { timeout: SLOW }, () => {
  it.each<[string, Expression, string]>([
    ['who calls', differ(fieldOf(argument(0)), caller), 'from == msg.sender'],
    ['a variable', differ(caller, fieldOf({ op: 'storage', slot: 0n })), 'msg.sender == owner'],
    ['part of a slot', { op: 'is-zero', a: fieldOf({ op: 'storage', slot: 0n }, 160, 8) }, 'open'],
    ['a whole slot', greater(argument(1), { op: 'storage', slot: 1n }), 'amount <= limit'],
    [
      'an entry',
      greater(argument(1), load(entryOf(caller, constant(2n)))),
      'amount <= balanceOf[msg.sender]',
    ],
    [
      'an entry of an entry',
      greater(argument(1), load(entryOf(caller, entryOf(argument(0), constant(3n))))),
      'amount <= allowance[from][msg.sender]',
    ],
    [
      'a member of a struct',
      greater({ op: 'timestamp' }, load({ op: 'add', a: entryOf(caller, constant(4n)), b: constant(1n) })),
      'block.timestamp <= accounts[msg.sender].since',
    ],
    ['an address that is set', fieldOf({ op: 'storage', slot: 0n }), 'owner == address(0)'],
    [
      'the contract itself',
      { op: 'equal', a: fieldOf(argument(0)), b: { op: 'self' } },
      'from != address(this)',
    ],
    [
      'both of two conditions',
      {
        op: 'and',
        a: greater(argument(1), constant(5n)),
        b: { op: 'equal', a: caller, b: { op: 'origin' } },
      },
      'amount <= 5 || msg.sender != tx.origin',
    ],
    [
      'computed numbers',
      greater({ op: 'multiply', a: argument(1), b: constant(3n) }, { op: 'value' }),
      'amount * 3 <= msg.value',
    ],
  ])('names %s', async (_what, refuse, condition) => {
    expect(await writeAtEntry(refuse)).toBe(condition)
  })

  it('names the same in a compiler that does not tell its layout', async () => {
    expect(await writeAtEntry(differ(caller, fieldOf({ op: 'storage', slot: 0n })), '0.4.26')).toBe(
      'msg.sender == owner',
    )
  })

  it('names what an instruction works on', async () => {
    const mended = await mendFlaw({
      compiler: '0.8.19',
      source: source('0.8.0').replace('return amount / limit;', 'unchecked { return amount / limit; }'),
      mechanism: invariantOf((find) => [
        {
          place: { at: 'instruction', code: FLAW, pc: find('amount / limit', OP.DIV)[0]! },
          refuse: greater({ op: 'modulo', a: stack(0), b: stack(1) }, constant(0n)),
        },
      ]),
    })
    expect(changedLines(mended)).toContain('require(amount % limit <= 0, "broken: stays so");')
    expect(mended.notes).toContain('a note')
  })

  it('leaves out selectors of functions that are the only ones to come there', async () => {
    const selector: Expression = {
      op: 'equal',
      a: fieldOf({ op: 'argument', offset: 0 }, 224, 32),
      b: constant(BigInt(PAY)),
    }
    const refuse: Expression = { op: 'and', a: selector, b: greater(argument(1), constant(5n)) }
    expect(await writeAtEntry(refuse)).toBe('amount <= 5')
    expect(await writeAtEntry({ ...refuse, a: { ...selector, b: constant(7n) } })).toBe(
      'msg.sig != bytes4(0x00000007) || amount <= 5',
    )
  })

  it('names what a cast cuts short, and the largest number of its type', async () => {
    const mended = await mendFlaw({
      compiler: '0.8.19',
      source: source('0.8.0').replace('limit = to;', 'limit = uint96(to * 3);'),
      mechanism: invariantOf((find) => [
        {
          place: { at: 'instruction', code: FLAW, pc: find('limit = uint96(to * 3)', OP.AND)[0]! },
          refuse: greater(stack(1), constant(2n ** 96n - 1n)),
        },
      ]),
    })
    expect(changedLines(mended)).toContain('require(to * 3 <= type(uint96).max, "broken: stays so");')
  })

  it('names what a write overwrites', async () => {
    const mended = await mendFlaw({
      compiler: '0.8.19',
      source: source('0.8.0'),
      mechanism: invariantOf((find) => [
        {
          place: { at: 'instruction', code: FLAW, pc: find('limit = to', OP.SSTORE)[0]! },
          refuse: greater(load(stack(0)), constant(0n)),
        },
      ]),
    })
    expect(changedLines(mended)).toMatchInlineSnapshot(`
      "+        // Invariant: stays so.
      +        require(limit <= 0, "broken: stays so");"
    `)
  })

  it.each<[string, Expression]>([
    ['marks', { op: 'recall', key: caller, mark: 1 }],
    ['memory', { op: 'memory', a: constant(64n) }],
    ['slots of nobody', { op: 'storage', slot: 77n }],
    ['arguments beyond the last', argument(9)],
    ['words of the stack at an entry', stack(2)],
  ])('refuses %s', async (_what, refuse) => {
    await expect(writeAtEntry(refuse)).rejects.toMatchObject({ code: 'PATCH_IMPOSSIBLE' })
  })
})
