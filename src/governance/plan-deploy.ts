import { type Abi, encodeDeployData, getContractAddress, keccak256, stringToHex } from 'viem'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import {
  breakerAbi,
  breakerBytecode,
  patchGateAbi,
  patchGateBytecode,
  restrictionVerifierAbi,
  restrictionVerifierBytecode,
} from '../generated/contracts.ts'
import { FACTORY } from './batches/forwarder.ts'
import type { PlannedCall } from './types.ts'

/** A guard template as the verifier keeps it. */
interface TemplateRegistration {
  readonly name: string
  readonly code: Hex
  readonly holes: readonly unknown[]
}

export interface DeployOptions {
  /** The DAO's timelock: owner of all of it from the first moment. */
  readonly owner: Address
  readonly guardians: readonly Address[]
  readonly threshold: number
  /** Seconds: the longest freeze. */
  readonly maxFreeze: bigint
  /** Seconds a pauser may be silent. */
  readonly heartbeat: bigint
  /** Seconds a restriction holds unless it is ratified. */
  readonly provisional: bigint
  readonly templates: readonly TemplateRegistration[]
  /** Any text: another one gives other addresses. */
  readonly salt: string
}

/** One contract to be deployed: nothing but its arguments and the salt decides where. */
export interface Deployment {
  readonly name: 'Breaker' | 'RestrictionVerifier' | 'PatchGate'
  readonly address: Address
  readonly codeSize: number
  /** To be sent by anyone. */
  readonly call: PlannedCall
}

/**
 * What it takes to put the on-chain half on a chain, at addresses that anyone can compute again from the same options and release. Deployed
 * through the CREATE2 factory {@link FACTORY}, so it does not matter who sends.
 */
export function planDeployment(options: DeployOptions): readonly Deployment[] {
  const { owner, maxFreeze, heartbeat, provisional, threshold, templates } = options
  const salt = keccak256(stringToHex(options.salt))
  const breaker = deploymentOf('Breaker', salt, {
    abi: breakerAbi,
    bytecode: breakerBytecode,
    args: [owner, maxFreeze, heartbeat],
  })
  const verifier = deploymentOf('RestrictionVerifier', salt, {
    abi: restrictionVerifierAbi,
    bytecode: restrictionVerifierBytecode,
    args: [owner, templates],
  })
  const guardians = [...options.guardians].sort()
  const gate = deploymentOf('PatchGate', salt, {
    abi: patchGateAbi,
    bytecode: patchGateBytecode,
    args: [owner, breaker.address, verifier.address, provisional, guardians, BigInt(threshold)],
  })
  return [breaker, verifier, gate]
}

function deploymentOf(
  name: Deployment['name'],
  salt: Hex,
  creation: { readonly abi: Abi; readonly bytecode: Hex; readonly args: readonly unknown[] },
): Deployment {
  const bytecode = encodeDeployData(creation)
  const address = toAddress(getContractAddress({ opcode: 'CREATE2', from: FACTORY, salt, bytecode }))
  return {
    name,
    address,
    codeSize: bytecode.length / 2 - 1,
    call: { to: FACTORY, data: `${salt}${bytecode.slice(2)}` },
  }
}
