import { describe, expect, it } from 'vitest'
import {
  FLAW as CODE,
  changedLines as changed,
  type Find,
  mendFlaw,
} from '../../../../test/support/mend-flaw.ts'
import type { Mechanism } from '../../../diagnosis/types.ts'
import { OP } from '../../../evm/opcodes.ts'

const SLOW = 240_000

const arithmetic =
  (text: string, opcode: number) =>
  (find: Find): Mechanism => ({
    class: 'arithmetic',
    sites: find(text, opcode).map((pc) => ({ code: CODE, pc, opcode })),
  })

describe('mending arithmetic', { timeout: SLOW }, () => {
  const old = (body: string) => `pragma solidity ^0.6.0;
contract Flaw {
    uint256 public total;
    mapping(address => uint256) public owed;

    function run(uint256 a, uint256 b) external returns (uint256) {
        ${body}
    }
}
`

  it('puts braces around what was the only statement of an if', async () => {
    const source = old('if (a > 0) owed[msg.sender] -= b + 1;\n        return a;')
    const mended = await mendFlaw({
      compiler: '0.6.12',
      source,
      mechanism: arithmetic('owed[msg.sender] -= b + 1', OP.SUB),
    })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "-        if (a > 0) owed[msg.sender] -= b + 1;
      +        if (a > 0) {
      +            // Without this check the difference could wrap around.
      +            require(b + 1 <= owed[msg.sender], "subtraction underflow");
      +            owed[msg.sender] -= b + 1;
      +        }"
    `)
  })

  it('checks an operation that is not always evaluated by a function in its place', async () => {
    const source = old('return a > 0 && a * b > 1 ? a : b;')
    const mended = await mendFlaw({ compiler: '0.6.12', source, mechanism: arithmetic('a * b', OP.MUL) })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "-        return a > 0 && a * b > 1 ? a : b;
      +        return a > 0 && checkedMul(a, b) > 1 ? a : b;
      +    }
      +
      +    // Without this check the product could wrap around.
      +    function checkedMul(uint256 a, uint256 b) private pure returns (uint256) {
      +        require(a == 0 || (a * b) / a == b, "out of range");
      +        return a * b;"
    `)
  })

  it('checks the condition of a loop by a function too', async () => {
    const source = old('for (uint256 i = 0; i < a - b; i++) total += i;\n        return total;')
    const mended = await mendFlaw({ compiler: '0.6.12', source, mechanism: arithmetic('a - b', OP.SUB) })
    expect(changed(mended)).toContain('i < checkedSub(a, b)')
  })

  it('keeps offsets right behind letters of more than one byte', async () => {
    const source = old('/* größer – 大 */ total += a;\n        return total;')
    const mended = await mendFlaw({ compiler: '0.6.12', source, mechanism: arithmetic('total += a', OP.ADD) })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "-        /* größer – 大 */ total += a;
      +        /* größer – 大 */ require(total + a >= total, "addition overflow"); total += a;"
    `)
  })

  const unchecked = (body: string) => `pragma solidity ^0.8.0;
contract Flaw {
    mapping(address => uint256) public owed;

    function run(uint256 a) external {
        unchecked {
            ${body}
        }
    }
}
`

  it('gives a block back to the compiler when all its arithmetic is at fault', async () => {
    const source = unchecked('owed[msg.sender] -= a;')
    const mended = await mendFlaw({
      compiler: '0.8.19',
      source,
      mechanism: arithmetic('owed[msg.sender] -= a', OP.SUB),
    })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "-        unchecked {
      -            owed[msg.sender] -= a;
      -        }
      +        // Not unchecked: what wraps here is paid out or owed.
      +        owed[msg.sender] -= a;"
    `)
  })

  it('keeps the braces of a block that declares variables', async () => {
    const source = unchecked('uint256 rest = owed[msg.sender] - a;\n            owed[msg.sender] = rest;')
    const mended = await mendFlaw({
      compiler: '0.8.19',
      source,
      mechanism: arithmetic('owed[msg.sender] - a', OP.SUB),
    })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "-        unchecked {
      +        // Not unchecked: what wraps here is paid out or owed.
      +        {"
    `)
  })

  it('refuses what is written in assembly', async () => {
    const source = unchecked('assembly { sstore(0, sub(a, 1)) }')
    const mending = mendFlaw({ compiler: '0.8.19', source, mechanism: arithmetic('sub(a, 1)', OP.SUB) })
    await expect(mending).rejects.toMatchObject({ code: 'PATCH_IMPOSSIBLE' })
  })
})

describe('mending calls', { timeout: SLOW }, () => {
  const source = `pragma solidity ^0.8.0;
interface Token {
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}
contract Flaw {
    function pay(address to) external {
        bytes memory empty;
        (bool success, ) = to.call(empty);
        to.call{value: 1}("");
        success;
    }

    function pull(Token token, address from, uint256 value) external {
        token.transferFrom(from, address(this), value);
    }
}
`
  const calls =
    (text: string) =>
    (find: Find): Mechanism => ({
      class: 'unchecked-call',
      calls: find(text, OP.CALL).map((pc) => ({ code: CODE, pc, how: 'failed' as const })),
    })

  it('asks the variable that holds the answer', async () => {
    const mended = await mendFlaw({ compiler: '0.8.19', source, mechanism: calls('to.call(empty)') })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "+        // A call that failed must not pass for one that succeeded.
      +        require(success, "call failed");"
    `)
  })

  it('names an answer that nobody took, with a name nobody uses', async () => {
    const mended = await mendFlaw({ compiler: '0.8.19', source, mechanism: calls('to.call{value: 1}("")') })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "-        to.call{value: 1}("");
      +        // A call that failed must not pass for one that succeeded.
      +        (bool succeeded, ) = to.call{value: 1}("");
      +        require(succeeded, "call failed");"
    `)
  })

  it('lets nobody but the payer spend an allowance', async () => {
    const text = 'token.transferFrom(from, address(this), value)'
    const mended = await mendFlaw({
      compiler: '0.8.19',
      source,
      mechanism: (find) => ({
        class: 'arbitrary-call',
        calls: find(text, OP.CALL).map((pc) => ({ code: CODE, pc })),
      }),
    })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "+        // An allowance is for its owner to spend.
      +        require(from == msg.sender || from == address(this), "not the payer");"
    `)
  })
})

describe('mending reentrancy', { timeout: SLOW }, () => {
  const bank = (version: string, parts: { base: string; derived: string }) => `pragma solidity ^${version};
contract Base {
    mapping(address => uint256) internal owed;
    ${parts.base}
}
contract Bank is Base {
    uint256 public paid;
    ${parts.derived}
}
`
  const withdraw = `
    function withdraw() external {
        uint256 amount = owed[msg.sender];
        (bool ok, ) = msg.sender.call{value: amount}("");
        require(ok, "no");
        owed[msg.sender] = 0;
    }`
  const lock =
    (text: string) =>
    (find: Find): Mechanism => ({
      class: 'reentrancy',
      form: 'same-function',
      calls: find(text, OP.CALL).map((pc) => ({ code: CODE, pc })),
      entries: [{ code: CODE, target: CODE, selector: '0x3ccfd60b' }],
    })
  const CALL = 'msg.sender.call{value: amount}("")'

  it('declares the lock behind all variables of the deployed contract', async () => {
    const source = bank('0.8.0', { base: '', derived: withdraw })
    const mended = await mendFlaw({ compiler: '0.8.19', source, mechanism: lock(CALL) })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "+    // Held while the contract is in the middle of a call out.
      +    bool private entered;
      +
      +    modifier nonReentrant() {
      +        require(!entered, "reentrant call");
      +        entered = true;
      +        _;
      +        entered = false;
      +    }
      -    function withdraw() external {
      +    function withdraw() external nonReentrant {"
    `)
    expect(mended.notes.at(-1)).toContain('Bank.entered')
  })

  it('keeps the lock of a base contract in a slot apart', async () => {
    const source = bank('0.8.0', { base: withdraw, derived: '' })
    const mended = await mendFlaw({ compiler: '0.8.19', source, mechanism: lock(CALL) })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "+    // Held while the contract is in the middle of a call out.
      +    // It has a slot of its own, so that no variable of a derived contract moves.
      +    bytes32 private constant ENTERED_SLOT = keccak256("Base.entered");
      +
      +    function isEntered() internal view returns (bool held) {
      +        bytes32 slot = ENTERED_SLOT;
      +        assembly {
      +            held := sload(slot)
      +        }
      +    }
      +
      +    function setEntered(bool held) internal {
      +        bytes32 slot = ENTERED_SLOT;
      +        assembly {
      +            sstore(slot, held)
      +        }
      +    }
      +
      +    modifier nonReentrant() {
      +        require(!isEntered(), "reentrant call");
      +        setEntered(true);
      +        _;
      +        setEntered(false);
      +    }
      -    function withdraw() external {
      +    function withdraw() external nonReentrant {"
    `)
    expect(mended.notes.at(-1)).toBe('the storage layout is unchanged')
  })

  it('takes a transient variable where compiler and chain know such', async () => {
    const source = bank('0.8.0', { base: withdraw, derived: '' })
    const mended = await mendFlaw({ compiler: '0.8.30', source, evmVersion: 'cancun', mechanism: lock(CALL) })
    expect(changed(mended)).toContain('bool private transient entered;')
    expect(mended.notes.at(-1)).toBe('the storage layout is unchanged')
  })

  it('holds the lock around the call where the functions call one another', async () => {
    const both = `${withdraw.replace('external', 'public')}
    function withdrawAll() external { withdraw(); }`
    const source = bank('0.8.0', { base: '', derived: both })
    const mended = await mendFlaw({ compiler: '0.8.19', source, mechanism: lock(CALL) })
    expect(changed(mended)).toMatchInlineSnapshot(`
      "+    // Held while the contract is in the middle of a call out.
      +    bool private entered;
      +        require(!entered, "reentrant call");
      +        // Nobody may come back while this call is under way.
      +        require(!entered, "reentrant call");
      +        entered = true;
      +        entered = false;
      -    function withdrawAll() external { withdraw(); }
      +    function withdrawAll() external { require(!entered, "reentrant call"); withdraw(); }"
    `)
  })
})
