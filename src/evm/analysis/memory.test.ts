import { describe, expect, it } from 'vitest'
import { OP } from '../opcodes.ts'
import { Memory } from './memory.ts'
import { TAINT, Values } from './values.ts'

describe('Memory', () => {
  const values = new Values()
  const at = (offset: number) => values.constant(BigInt(offset))
  const caller = values.input(OP.CALLER)
  const allocated = values.opaque('allocated', 0)
  const behind = (offset: number) => values.binary(OP.ADD, allocated, at(offset))

  it('is zero where nothing was written, and gives back words', () => {
    const memory = new Memory()
    memory.write(values, at(0x20), caller)
    expect(memory.read(values, at(0x20))).toBe(caller)
    expect(memory.read(values, at(0))).toBe(values.constant(0n))
    expect(memory.read(values, at(0x10))).toBe(null)
  })

  it('puts words together from constant parts, and forgets what is overwritten', () => {
    const memory = new Memory()
    memory.write(values, behind(0), values.constant(0xa9059cbbn << 224n))
    memory.write(values, behind(4), caller)
    expect(memory.readSelector(values, behind(0))).toBe(0xa9059cbb)
    expect(memory.read(values, behind(4))).toBe(caller)
    expect(memory.read(values, behind(0))).toBe(null)
    memory.forget(values, behind(0), 8n, TAINT.returndata)
    expect(memory.readSelector(values, behind(0))).toBe(null)
    expect(memory.read(values, behind(4))).toBe(null)
    expect(memory.taint & TAINT.returndata).not.toBe(0)
  })

  it('keeps scratch space, and nothing else, from a write to a computed address', () => {
    const memory = new Memory()
    memory.write(values, at(0x40), caller)
    memory.write(values, at(0x80), caller)
    memory.write(values, values.opaque('anywhere', 0), values.constant(1n))
    expect(memory.read(values, at(0x40))).toBe(caller)
    expect(memory.read(values, at(0x80))).toBe(null)
    expect(memory.read(values, at(0x100))).toBe(null)
  })

  it('keeps of two memories what they agree on, and says when that changed something', () => {
    const one = new Memory()
    const other = new Memory()
    one.write(values, at(0), caller)
    one.write(values, at(0x20), caller)
    other.write(values, at(0), caller)
    expect(one.merge(values, other, 'here')).toBe(true)
    expect(one.read(values, at(0))).toBe(caller)
    expect(one.read(values, at(0x20))).toBe(null)
    expect(one.merge(values, other, 'here')).toBe(false)
  })
})
