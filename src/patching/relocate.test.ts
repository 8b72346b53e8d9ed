import { keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { type Address, bytesOf, type Hex } from '../core/hex.ts'
import { buildCfg } from '../evm/cfg.ts'
import { assemblePatch } from './assemble.ts'
import { checkCertificate } from './checker/check-certificate.ts'
import { guardArithmetic } from './guards.ts'
import { relocatePatch } from './relocate.ts'
import { findSelfReferences } from './self.ts'
import { buildSiteMap } from './site-map.ts'

const FROM: Address = '0x00000000000000000000000000000000000000aa'
const TO: Address = '0x00000000000000000000000000000000000000bb'
/** PUSH1 1 PUSH1 2 ADD POP, PUSH20 self POP, STOP. */
const CODE = bytesOf(`0x6001600201506001600201${'50'}73${FROM.slice(2)}5000` as Hex)

function patch() {
  const offsets = findSelfReferences(CODE, FROM)
  const siteMap = buildSiteMap(buildCfg(CODE))
  const guards = [guardArithmetic({ pc: 4, opcode: 0x01 })]
  return assemblePatch({ code: CODE, siteMap, guards, self: { from: FROM, to: FROM, offsets } })
}

describe('relocating a patch', () => {
  test('puts the new address wherever the code names its own, and certifies that', () => {
    const moved = relocatePatch(patch(), TO)
    expect(findSelfReferences(bytesOf(moved.runtime), TO)).toHaveLength(1)
    expect(findSelfReferences(bytesOf(moved.runtime), FROM)).toEqual([])
    expect(moved.certificate).toMatchObject({
      patched: keccak256(moved.runtime),
      self: { from: FROM, to: TO },
    })
    const claim = { original: CODE, patched: bytesOf(moved.runtime), certificate: moved.certificate }
    expect(checkCertificate(claim).accepted).toBe(true)
  })

  test('leaves code alone that does not name its own address', () => {
    const { runtime, certificate } = patch()
    const without = { runtime, certificate: { ...certificate, self: null } }
    expect(relocatePatch(without, TO)).toEqual(without)
  })
})
