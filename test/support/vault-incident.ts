import { type Abi, encodeAbiParameters, encodeFunctionData, getContractAddress } from 'viem'
import { attackSteps, historySteps } from '../../src/chain/case.ts'
import type { Case, CaseTransaction, RunSequence } from '../../src/chain/types.ts'
import { type Address, type Hex, toAddress, toWord } from '../../src/core/hex.ts'
import type { Patch, PatchSet } from '../../src/patching/types.ts'
import type { VerificationRequest } from '../../src/verification/types.ts'
import { compileSolidity } from './compile-solidity.ts'

/** A vault whose `withdraw` pays before it books: the text between the marks is what patched versions replace. */
const VAULT = `
contract Vault {
  mapping(address => uint256) public balanceOf;
  uint256 public total;
  address public keeper;
  uint256 public fee;
  event Deposited(address indexed who, uint256 amount);
  event Withdrawn(address indexed who, uint256 amount);

  function deposit() external payable {
    /*deposit*/
    balanceOf[msg.sender] += msg.value;
    total += msg.value;
    emit Deposited(msg.sender, msg.value);
  }
  function withdraw(uint256 amount) external {
    require(balanceOf[msg.sender] >= amount, "balance");
    /*pay*/
    (bool ok, ) = msg.sender.call{value: amount}("");
    require(ok, "refused");
    unchecked { balanceOf[msg.sender] -= amount; total -= amount; }
    /*paid*/
    emit Withdrawn(msg.sender, amount);
  }
  function setFee(uint256 next) external { require(msg.sender == keeper, "keeper"); fee = next; }
  function quote(uint256 amount) external view returns (uint256) { return amount - (amount * fee) / 10000; }
  /*more*/
}
interface IVault { function deposit() external payable; function withdraw(uint256) external; }
contract Thief {
  IVault immutable vault;
  address immutable boss = msg.sender;
  uint256 immutable unit;
  constructor(IVault v) payable { vault = v; unit = msg.value; }
  function strike() external {
    vault.deposit{value: unit}();
    vault.withdraw(unit);
    (bool ok, ) = boss.call{value: address(this).balance}("");
    require(ok);
  }
  receive() external payable { if (address(vault).balance >= unit) vault.withdraw(unit); }
}
contract Silent { fallback() external payable {} }
`
/** With checks, effects and interactions in the right order. */
export const FIXED = {
  '(bool ok, ) = msg.sender.call{value: amount}("");\n    require(ok, "refused");': '',
  '/*paid*/': '(bool ok, ) = msg.sender.call{value: amount}(""); require(ok, "refused");',
}

export const VAULT_ADDRESS: Address = '0x00000000000000000000000000000000000ba511'
const person = (n: number): Address => toAddress(`0x${(0x9e0000 + n).toString(16).padStart(40, '0')}`)
export const ALICE = person(1)
const BOB = person(2)
const KEEPER = person(3)
const MALLORY = person(66)
const ETHER = 10n ** 18n

const compiled = new Map<string, ReturnType<typeof compileSolidity>>()

function compile(replacements: Readonly<Record<string, string>>) {
  let source = VAULT
  for (const [mark, text] of Object.entries(replacements)) source = source.replace(mark, text)
  if (!compiled.has(source)) compiled.set(source, compileSolidity(source, { compiler: 'solc', runs: 200 }))
  return compiled.get(source)!
}

/** Runtime code of the vault with other text at the marks. */
export function vaultCode(replacements: Readonly<Record<string, string>> = {}): Hex {
  return compile(replacements).Vault!.runtime
}

export function sourcePatch(runtime: Hex, kind: Patch['kind'] = 'source'): PatchSet {
  return { patches: [{ target: VAULT_ADDRESS, kind, runtime, certificate: null }], description: [], cost: 0 }
}

/** Deposits and withdrawals by users, a change of the fee, one refused call; then a thief who creates a contract and re-enters. */
export function vaultCase(hardfork = 'cancun'): Case {
  const { Vault, Thief } = compile({})
  const abi = Vault!.abi
  const call = (from: Address, name: string, args: readonly unknown[] = [], value = 0n): CaseTransaction => ({
    from,
    to: VAULT_ADDRESS,
    data: encodeFunctionData({ abi: abi as Abi, functionName: name, args }),
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
  const argument = encodeAbiParameters([{ type: 'address' }], [VAULT_ADDRESS]).slice(2)
  return {
    name: 'vault',
    chainId: 1,
    hardfork,
    block: {
      number: 20_000_000n,
      timestamp: 1_720_000_000n,
      baseFeePerGas: 0n,
      gasLimit: 30_000_000n,
      coinbase: person(99),
      prevRandao: `0x${'07'.repeat(32)}`,
    },
    alloc: {
      [VAULT_ADDRESS]: account(0n, Vault!.runtime, {
        [toWord(2n)]: toWord(BigInt(KEEPER)),
      }),
      ...Object.fromEntries([ALICE, BOB, KEEPER, MALLORY].map((who) => [who, account(100n * ETHER)])),
    },
    protected: [VAULT_ADDRESS],
    history: [
      call(ALICE, 'deposit', [], 8n * ETHER),
      call(BOB, 'deposit', [], 4n * ETHER),
      call(KEEPER, 'setFee', [30n]),
      call(ALICE, 'withdraw', [3n * ETHER]),
      call(BOB, 'setFee', [0n]),
      call(BOB, 'withdraw', [ETHER]),
    ],
    attack: [
      { from: MALLORY, to: null, data: `${Thief!.creation}${argument}`, value: ETHER, gas: 3_000_000n },
      {
        from: MALLORY,
        to: thief,
        data: encodeFunctionData({ abi: Thief!.abi, functionName: 'strike' }),
        value: 0n,
        gas: 5_000_000n,
      },
    ],
  }
}

export function requestOf(
  told: Case,
  run: RunSequence,
  rest: Partial<VerificationRequest> = {},
): VerificationRequest {
  return {
    run,
    chainId: told.chainId,
    hardfork: told.hardfork,
    preState: `0x${'00'.repeat(32)}`,
    history: historySteps(told),
    attack: attackSteps(told),
    protection: { contracts: new Set(told.protected), implementations: new Map() },
    codes: Object.fromEntries(Object.entries(told.alloc).map(([address, { code }]) => [address, code])),
    recoverSelectors: () => [],
    checkCertificate: () => ({ accepted: true }),
    ...rest,
  }
}
