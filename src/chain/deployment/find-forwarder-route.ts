import { decodeFunctionData, parseAbi } from 'viem'
import { type Address, bytesOf, type Hex, toWord } from '../../core/hex.ts'
import { buildCfg } from '../../evm/cfg.ts'
import { recoverFunctions } from '../../evm/cfg-functions.ts'
import { readBlock } from '../read-block.ts'
import { createSimulator } from '../simulate.ts'
import type { Execution } from '../types.ts'
import { readCode } from './ask.ts'
import type { ChainView, ForwarderRoute } from './types.ts'

const UPGRADE_AND_CALL = parseAbi(['function upgradeToAndCall(address implementation, bytes data)'])
const UPGRADE_AND_CALL_SELECTOR: Hex = '0x4f1ef286'
const GAS = 10_000_000n

interface Installation {
  /** The contract that is the proxy's admin. */
  readonly installer: Address
  /** Who may tell it to install. */
  readonly owner: Address
  readonly proxy: Address
  readonly implementation: Address
}

/**
 * The function of `installer` that takes an implementation and installs it at `proxy`, and what it calls on it. Found by calling every
 * function with the present implementation as its argument and looking at which one passes it on to the proxy; whether the call then
 * succeeds does not matter, as most implementations refuse to be initialised twice.
 */
export async function findForwarderRoute(
  view: ChainView,
  { installer, owner, proxy, implementation }: Installation,
): Promise<ForwarderRoute | null> {
  const simulate = createSimulator(view.rpc, { at: view.block })
  const block = await readBlock(view.rpc, view.block)
  for (const { selector } of recoverFunctions(buildCfg(bytesOf(await readCode(view, installer))))) {
    const data = `${selector}${toWord(BigInt(implementation)).slice(2)}` as Hex
    const transaction = { from: owner, to: installer, data, value: 0n, gas: GAS }
    const execution = await simulate({ transaction, block })
    const installed = { installer, proxy, implementation }
    const installCalldata = findInstallCalldata(execution, installed)
    if (installCalldata === null) continue
    return {
      installer,
      selector,
      installCalldata,
      refusal: findRefusal(execution, installed, installCalldata),
    }
  }
  return null
}

function findInstallCalldata(
  { frames }: Execution,
  { installer, proxy, implementation }: Omit<Installation, 'owner'>,
): Hex | null {
  const frame = frames.find(
    ({ caller, code, selector, type }) =>
      type === 'CALL' && caller === installer && code === proxy && selector === UPGRADE_AND_CALL_SELECTOR,
  )
  if (!frame) return null
  const [installed, data] = decodeFunctionData({ abi: UPGRADE_AND_CALL, data: frame.input }).args
  return installed.toLowerCase() === implementation ? data : null
}

/** What the implementation answered when the proxy handed it the installing call, if it failed. */
function findRefusal(
  { frames }: Execution,
  { proxy, implementation }: Omit<Installation, 'owner'>,
  installCalldata: Hex,
): Hex | null {
  const frame = frames.find(
    ({ type, code, context, input }) =>
      type === 'DELEGATECALL' && code === implementation && context === proxy && input === installCalldata,
  )
  return frame && frame.status !== 'success' ? frame.output : null
}
