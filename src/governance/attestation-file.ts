import { rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { type Hex, toAddress } from '../core/hex.ts'
import { toJson } from '../core/json.ts'
import { readJsonFile } from '../core/read-json.ts'
import { validate } from '../core/validate.ts'
import { hashAttestation, type SignedAttestation } from './attestation-data.ts'

const FORMAT = 'suture-attestation/1'

const hex = (pattern: RegExp, what: string) =>
  z
    .string({ error: `give ${what}` })
    .regex(pattern, `give ${what}`)
    .transform((text) => text.toLowerCase() as Hex)
const address = hex(/^0x[0-9a-fA-F]{40}$/, 'an address').transform(toAddress)
const word = hex(/^0x[0-9a-fA-F]{64}$/, '32 bytes: 0x and 64 hexadecimal digits')
const seconds = hex(/^0x[0-9a-fA-F]{1,16}$/, 'seconds: 0x and up to 16 hexadecimal digits').transform(BigInt)

const fileSchema = z.strictObject({
  format: z.literal(FORMAT, `write ${FORMAT}`),
  quorum: address,
  chainId: z.number().int().positive(),
  digest: word,
  attestation: z.strictObject({
    target: address,
    selectors: z
      .array(hex(/^0x[0-9a-fA-F]{8}$/, 'selectors: 0x and 8 hexadecimal digits'))
      .min(1, 'name a function'),
    duration: seconds,
    incident: word,
    evidence: word,
    deadline: seconds,
  }),
  signatures: z.array(
    z.strictObject({
      signer: address,
      signature: hex(/^0x([0-9a-fA-F]{2})+$/, 'the signature in hexadecimal'),
    }),
  ),
})

/**
 * Reads an attestation. Whether its signatures are good is asked of the chain by whoever uses them.
 *
 * @throws FILE_UNREADABLE; ATTESTATION_INVALID, also when it is not what its digest says.
 */
export async function readAttestationFile(path: string): Promise<SignedAttestation> {
  const { digest, ...parsed } = validate(fileSchema, await readJsonFile(path), {
    code: 'ATTESTATION_INVALID',
    what: `The attestation in ${path}`,
  })
  const { quorum, chainId, attestation, signatures } = parsed
  const actual = hashAttestation({ quorum, chainId }, attestation)
  if (actual === digest) return { quorum, chainId, attestation, signatures }
  throw new SutureError('ATTESTATION_INVALID', 'The file does not hold the attestation it names.', {
    meta: [
      `file: ${path}`,
      'field: digest',
      `value: ${digest}`,
      `fix: get the file again; what it holds has the digest ${actual}`,
    ],
  })
}

/** Writes an attestation, all of it or nothing: the file may be the only copy of what others signed. */
export async function writeAttestationFile(path: string, signed: SignedAttestation): Promise<void> {
  const { quorum, chainId, attestation, signatures } = signed
  const digest = hashAttestation(signed, attestation)
  const content = toJson({ format: FORMAT, quorum, chainId, digest, attestation, signatures })
  const partial = `${path}.partial`
  await writeFile(partial, `${JSON.stringify(content, null, 2)}\n`)
  await rename(partial, path)
}

/**
 * One attestation of several that say the same, with the signatures of all, good or bad: watchers need not wait for one another.
 *
 * @throws ATTESTATION_INVALID when they say different things
 */
export function mergeAttestations(
  files: readonly [SignedAttestation, ...SignedAttestation[]],
): SignedAttestation {
  const [first, ...others] = files
  const digest = hashAttestation(first, first.attestation)
  const stranger = others
    .map((other) => hashAttestation(other, other.attestation))
    .find((one) => one !== digest)
  if (stranger === undefined) {
    const given = files.flatMap(({ signatures }) => signatures)
    const distinct = new Map(given.map((one) => [`${one.signer}${one.signature}`, one]))
    return { ...first, signatures: [...distinct.values()] }
  }
  throw new SutureError('ATTESTATION_INVALID', 'The attestations say different things.', {
    meta: [
      `digest: ${digest}`,
      `digest: ${stranger}`,
      'fix: give files with the same digest: same target, functions, duration, incident, evidence and deadline',
    ],
  })
}
