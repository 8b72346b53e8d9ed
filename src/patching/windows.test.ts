import { describe, expect, it } from 'vitest'
import { bytesOf, type Hex } from '../core/hex.ts'
import { buildCfg } from '../evm/cfg.ts'
import { buildSiteMap, runAt } from './site-map.ts'
import type { PlacedGuard } from './types.ts'
import { planWindows } from './windows.ts'

const guardAt = (pc: number): PlacedGuard => ({ template: 'not-callable@1', args: {}, pc })
const mapOf = (code: string) => buildSiteMap(buildCfg(bytesOf(code as Hex)))
const shape = (code: string, pcs: readonly number[], keep: readonly { start: number; end: number }[] = []) =>
  planWindows(mapOf(code), pcs.map(guardAt), keep).map(({ pc, length, guards }) => [
    pc,
    pc + length,
    guards.map((guard) => guard.pc),
  ])

// PUSH1 1, PUSH1 2, ADD (4), PUSH1 3, MUL (7), POP (8), 40 times CALLER POP, STOP (89)
const LONG = `0x600160020160030250${'3350'.repeat(40)}00`

describe('buildSiteMap', () => {
  it('cuts runs at JUMPDEST, PC and CODESIZE, and lets JUMP and terminators come last only', () => {
    // CALLVALUE PUSH1 9 JUMPI PUSH1 9 JUMP INVALID JUMPDEST(9) PUSH1 1 PUSH1 2 ADD PC POP PUSH1 0 PUSH1 0 SSTORE STOP
    const { runs } = mapOf('0x34600957600956fefe5b60016002015850600060005500')
    expect(runs.map(({ start, end, terminated }) => [start, end, terminated])).toEqual([
      [0, 7, true],
      [10, 15, false],
      [16, 23, true],
    ])
  })

  it('marks instruction starts, most significant bit first', () => {
    expect(mapOf('0x6001600201600052600060005500').runs[0]!.boundaries).toBe('0xadac')
  })

  it('gives the same root for the same code', () => {
    expect(mapOf(LONG).root).toBe(mapOf(LONG).root)
    expect(mapOf(LONG).root).not.toBe(mapOf(LONG.replace('600302', '610003')).root)
  })

  it('places a guard behind a run that goes on, not behind one that ends', () => {
    const map = mapOf('0x60016002015b00')
    expect(runAt(map, 5)?.start).toBe(0)
    expect(runAt(mapOf('0x600160020100'), 6)).toBeUndefined()
  })
})

describe('planWindows', () => {
  it('takes the smallest window that contains the instruction or ends at it', () => {
    expect(shape(LONG, [4])).toEqual([[4, 9, [4]]])
    expect(shape(LONG, [0])).toEqual([[0, 5, [0]]])
  })

  it('reaches back where nothing follows', () => {
    expect(shape('0x600160020160035b00', [7])).toEqual([[2, 7, [7]]])
  })

  it('takes the end of a run along where control does not go on behind it and it is near', () => {
    expect(shape('0x6001600201600300', [7])).toEqual([[2, 8, [7]]])
    expect(shape(LONG, [67])).toEqual([[67, 90, [67]]])
    expect(shape(LONG, [61, 66])).toEqual([[61, 90, [61, 66]]])
    expect(shape(LONG, [65])).toEqual([[65, 70, [65]]])
    expect(shape(LONG, [67], [{ start: 80, end: 82 }])).toEqual([[67, 72, [67]]])
    expect(shape(LONG.replace(/00$/, '5b00'), [67])).toEqual([[67, 72, [67]]])
  })

  it('lets close guards share a window and keeps far ones apart', () => {
    expect(shape(LONG, [4, 7])).toEqual([[4, 9, [4, 7]]])
    expect(shape(LONG, [4, 60]).map(([, , pcs]) => pcs)).toEqual([[4], [60]])
  })

  it('keeps the order of guards at one place', () => {
    const [window] = planWindows(mapOf(LONG), [
      { ...guardAt(4), template: 'b' },
      { ...guardAt(2), template: 'c' },
      { ...guardAt(4), template: 'a' },
    ])
    expect(window!.guards.map(({ template }) => template)).toEqual(['c', 'b', 'a'])
  })

  it('goes around bytes that must stay', () => {
    expect(shape(LONG, [8], [{ start: 9, end: 12 }])).toEqual([[4, 9, [8]]])
  })

  it('says so when a guard has no room', () => {
    const impossible = expect.objectContaining({ code: 'PATCH_IMPOSSIBLE' })
    expect(() => shape('0x5b3400', [1])).toThrowError(impossible)
    expect(() => shape(LONG, [4], [{ start: 0, end: 200 }])).toThrowError(impossible)
  })
})
