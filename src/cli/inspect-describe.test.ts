import { expect, it } from 'vitest'
import { compileSolidity } from '../../test/support/compile-solidity.ts'
import { bytesOf } from '../core/hex.ts'
import { analyseCode } from '../evm/analysis/analyse.ts'
import { buildCfg } from '../evm/cfg.ts'
import { analysisJson, describeAnalysis } from './inspect-describe.ts'

const SOURCE = `contract Till {
  address owner; bool open;
  mapping(address => uint256) balance;
  function pay() public payable { balance[msg.sender] += msg.value; }
  function toggle(bool on) public { require(msg.sender == owner); open = on; }
  function sweep(address payable to) public { to.transfer(address(this).balance); }
}`

it('shows what functions may do, who may call them, and the variables', () => {
  const { runtime } = compileSolidity(SOURCE, { compiler: 'solc-0.7.6', runs: 200 }).Till!
  const analysis = analyseCode(buildCfg(bytesOf(runtime)))
  expect(describeAnalysis(analysis).join('\n')).toMatchInlineSnapshot(`
    "
    functions: 3
      0x01681a62 at 0x39
        0xc1  calls  calldata[0x4]  anyone
      0x1b9265b8 at 0x6e, payable
        0xf0  writes  storage[0x1][caller]  anyone
      0xf2bf0f56 at 0x76
        0x125  writes  storage[0x0] bits 160 to 167  authority: caller == storage[0x0]

    variables: 3
      0x0       value               bits 0 to 159    read by 1, written by 0
      0x0       value               bits 160 to 167  read by 1, written by 1
      0x1[key]  mapping of address  256 bits         read by 1, written by 1

    blocks of the graph that no function above runs: 1"
  `)
  expect(JSON.parse(JSON.stringify(analysisJson(analysis)))).toMatchObject({
    complete: true,
    functions: [{ payable: false }, { payable: true }, { payable: false }],
  })
})
