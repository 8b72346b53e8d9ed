#!/usr/bin/env node
/**
 * `suture-check <original> <patched> <certificate.json> [site-map-root]`: decides whether patched code is a restriction of the original. Each code is
 * a file with its bytes in hexadecimal. Imports the checker and nothing else of Suture, so that who trusts only this reads only this.
 *
 * Exit codes: 0 accepted, 2 rejected, 1 bad input.
 */
import { readFileSync } from 'node:fs'
import { checkCertificate } from '../patching/checker/check-certificate.ts'

const USAGE = 'usage: suture-check <original.hex> <patched.hex> <certificate.json> [site-map-root]'

function readBytes(file: string): Uint8Array {
  const text = readFileSync(file, 'utf8').trim().replace(/^0x/, '')
  if (!/^([0-9a-fA-F]{2})+$/.test(text)) throw new TypeError(`${file} must hold bytecode in hexadecimal`)
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

function main([original, patched, certificate, root]: readonly string[]): number {
  if (original === undefined || patched === undefined || certificate === undefined) throw new TypeError(USAGE)
  if (root !== undefined && !/^0x[0-9a-f]{64}$/.test(root))
    throw new TypeError(`site-map-root must be 0x and 64 lower-case digits, not ${root}`)
  const result = checkCertificate({
    original: readBytes(original),
    patched: readBytes(patched),
    certificate: JSON.parse(readFileSync(certificate, 'utf8')),
    ...(root === undefined ? {} : { siteMapRoot: root as `0x${string}` }),
  })
  process.stdout.write(`${JSON.stringify(result)}\n`)
  return result.accepted ? 0 : 2
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
