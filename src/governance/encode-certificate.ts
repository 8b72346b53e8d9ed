import { encodeAbiParameters, getAbiItem, keccak256, stringToHex } from 'viem'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { restrictionVerifierAbi } from '../generated/contracts.ts'
import type { Certificate, PlacedGuard } from '../patching/types.ts'
import type { ParametersOf } from './types.ts'

const CERTIFICATE = getAbiItem({ abi: restrictionVerifierAbi, name: 'verify' }).inputs[2]

/** A certificate as the on-chain RestrictionVerifier takes it: templates by hash, arguments by position. */
export interface OnchainCertificate {
  readonly sites: readonly {
    readonly pc: number
    readonly length: number
    readonly trampoline: number
    readonly run: {
      readonly start: number
      readonly end: number
      readonly boundaries: Hex
      readonly proof: readonly Hex[]
    }
    readonly guards: readonly { readonly pc: number; readonly template: Hex; readonly args: readonly Hex[] }[]
  }[]
  readonly selfOffsets: readonly number[]
}

/**
 * Puts a certificate into the form the chain takes.
 *
 * @throws CERTIFICATE_INVALID when a template is unknown or an argument is missing or too many.
 */
export function encodeCertificate(certificate: Certificate, parametersOf: ParametersOf): OnchainCertificate {
  return {
    sites: certificate.sites.map(({ pc, length, trampoline, run, guards }) => ({
      pc,
      length,
      trampoline,
      run: { start: run.start, end: run.end, boundaries: run.boundaries, proof: run.proof },
      guards: guards.map((guard) => encodeGuard(guard, parametersOf)),
    })),
    selfOffsets: certificate.self?.offsets ?? [],
  }
}

/** keccak256 of the ABI-encoded certificate, which guardians sign. */
export function hashCertificate(certificate: OnchainCertificate): Hex {
  return keccak256(encodeAbiParameters([CERTIFICATE], [certificate]))
}

function encodeGuard({ pc, template, args }: PlacedGuard, parametersOf: ParametersOf) {
  const parameters = parametersOf(template)
  if (!parameters) throw invalid(pc, `template: ${template}`, 'use a template of the table')
  const given = Object.keys(args)
  const missing = parameters.filter((name) => !given.includes(name))
  if (missing.length > 0 || given.length !== parameters.length) {
    throw invalid(
      pc,
      `arguments of ${template}: ${given.join(', ') || 'none'}`,
      `give ${parameters.join(', ') || 'none'}`,
    )
  }
  return { pc, template: keccak256(stringToHex(template)), args: parameters.map((name) => args[name]!) }
}

function invalid(pc: number, value: string, fix: string): SutureError {
  return new SutureError('CERTIFICATE_INVALID', 'A guard does not match its template.', {
    meta: [`pc: ${pc}`, value, `fix: ${fix}`],
  })
}
