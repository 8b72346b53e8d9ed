import type { CompilerSetup } from './compile-solidity.ts'

/** Every code generator that deployed contracts were made with: old and new, with and without optimizer, and the one via Yul. */
export const SETUPS: readonly CompilerSetup[] = [
  { compiler: 'solc-0.4.11', runs: 200 },
  { compiler: 'solc-0.4.26' },
  { compiler: 'solc-0.4.26', runs: 200 },
  { compiler: 'solc-0.5.17', runs: 200 },
  { compiler: 'solc-0.6.12', runs: 999_999 },
  { compiler: 'solc-0.7.6', runs: 200 },
  { compiler: 'solc-0.8.19' },
  { compiler: 'solc-0.8.19', runs: 200 },
  { compiler: 'solc', runs: 200 },
  { compiler: 'solc', runs: 200, viaIR: true },
]

export const nameOf = ({ compiler, runs, viaIR }: CompilerSetup): string =>
  `${compiler}${runs === undefined ? '' : ` optimised for ${runs}`}${viaIR ? ' via IR' : ''}`

/** A vault with one flaw of each class, in the dialect of the compiler. */
export function vaultSource({ compiler }: CompilerSetup): string {
  const minor = compiler === 'solc' ? 8 : Number(compiler.split('.')[1])
  const send =
    minor >= 7 ? '.call{value: amount}("")' : minor >= 5 ? '.call.value(amount)("")' : '.call.value(amount)()'
  const flag = minor >= 5 ? '(bool ok, ) =' : 'bool ok ='
  const [open, close] = minor >= 8 ? ['unchecked {', '}'] : ['', '']
  const bytes = minor >= 5 ? 'bytes memory' : 'bytes'
  const pure = minor >= 5 ? 'pure' : 'constant'
  return `
contract Vault {
  address public owner;
  mapping(address => uint256) public balanceOf;
  uint256 public last;
  function deposit() public payable { ${open} balanceOf[msg.sender] += msg.value; ${close} }
  function withdraw() public {
    uint256 amount = balanceOf[msg.sender];
    ${flag} msg.sender${send};
    require(ok);
    balanceOf[msg.sender] = 0;
  }
  function move(address to, uint256 amount) public {
    require(balanceOf[msg.sender] >= amount);
    balanceOf[msg.sender] = balanceOf[msg.sender] - amount;
    balanceOf[to] = balanceOf[to] + amount;
  }
  function sum(uint256 a, uint256 b) public returns (uint256) { ${open} last = a + b; ${close} return last; }
  function difference(uint256 a, uint256 b) public returns (uint256) { ${open} last = a - b; ${close} return last; }
  function product(uint256 a, uint256 b) public returns (uint256) { ${open} last = a * b; ${close} return last; }
  function tiny(uint256 a, uint256 b) public ${pure} returns (uint256) { ${open} return a + b; ${close} }
  function setOwner(address next) public { owner = next; }
  function pay(address to, uint256 amount) public returns (uint256) {
    ${flag} to${send};
    return ok ? 1 : amount;
  }
  function relay(address target, ${bytes} data) public returns (uint256) {
    ${flag} target.call(data);
    require(ok);
    return 1;
  }
}`
}
