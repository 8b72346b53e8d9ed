import { describe, expect, it } from 'vitest'
import { hexOf } from '../../core/hex.ts'
import { disassemble } from '../../evm/disassemble.ts'
import { OP, OPCODES } from '../../evm/opcodes.ts'
import { findTemplate, NARROW_TEMPLATES, TEMPLATES } from './table.ts'
import { defineTemplate, isPiece, type Template } from './template.ts'

const FORBIDDEN = [
  ...[OP.STOP, OP.RETURN, OP.SELFDESTRUCT, OP.PC, OP.CODESIZE, OP.CREATE, OP.CREATE2],
  ...[OP.CALL, OP.CALLCODE, OP.DELEGATECALL, OP.MSTORE8, OP.MCOPY, OP.CODECOPY],
]

/** Written to and put back; that it is put back is shown by running them, in `contracts/test/Pieces.t.sol`. */
const BORROW_MEMORY = [
  ...['answer-not-false@1', 'entry@1', 'element@1', 'returned@1'],
  ...['recall@1', 'remember@1', 'recall-now@1', 'remember-now@1'],
]
const WRITE_STORAGE = /^(lock-(enter|exit)|remember)/

/** Stack height at the end of each way through, the highest and the lowest word touched, all relative to the start. */
function simulate(template: Template): { heights: number[]; highest: number; lowest: number } {
  const instructions = new Map(disassemble(template.code).map((instruction) => [instruction.pc, instruction]))
  const open = [{ pc: 0, height: 0 }]
  const heights: number[] = []
  let highest = 0
  let lowest = 0
  for (let at = open.pop(); at; at = open.pop()) {
    const instruction = instructions.get(at.pc)
    if (!instruction) {
      heights.push(at.height)
      continue
    }
    const { pops, pushes } = OPCODES[instruction.opcode]!
    const peeks = template.holes.some(({ kind, offset }) => kind === 'peek' && offset === at.pc)
    const height = at.height - pops + pushes
    highest = Math.max(highest, height)
    if (!peeks) lowest = Math.min(lowest, at.height - pops)
    const next = at.pc + instruction.size
    const hole = template.holes.find(({ offset }) => offset === at.pc - 2)
    if (instruction.opcode === OP.JUMPI && hole?.kind === 'rel') open.push({ pc: hole.addend, height })
    if (instruction.opcode !== OP.JUMP) open.push({ pc: next, height })
  }
  return { heights, highest, lowest }
}

const named = TEMPLATES.map((template) => [template.name, template] as const)
const pieces = named.filter(([, template]) => isPiece(template))

describe('the template table', () => {
  it('never changes the code of a published template', () => {
    const codes = Object.fromEntries(TEMPLATES.map(({ name, code }) => [name, hexOf(code)]))
    expect(codes).toMatchInlineSnapshot(`
      {
        "add-checked@1": "0x8119811161000057",
        "add@1": "0x01",
        "address@1": "0x730000000000000000000000000000000000000000",
        "and@1": "0x16",
        "answer-not-false@1": "0x8015610000573d601f1015610000575915610000576000516020600060003e6000519060005215610000575b",
        "balance@1": "0x31",
        "block-number@1": "0x43",
        "byte@1": "0x6000",
        "call-succeeded@1": "0x801561000057",
        "calldata-size@1": "0x36",
        "calldata@1": "0x61000035",
        "caller-in-slot@1": "0x7f00000000000000000000000000000000000000000000000000000000000000005460001c331860601b61000057",
        "caller-is-origin@1": "0x33321861000057",
        "caller-is@1": "0x337300000000000000000000000000000000000000001861000057",
        "caller@1": "0x33",
        "code-hash@1": "0x3f",
        "code-size@1": "0x3b",
        "divide@1": "0x9004",
        "element@1": "0x59156100005760005190600052602060002090600052",
        "entry@1": "0x60405910610000576020516000519260005290602052604060002091600052602052",
        "equal@1": "0x14",
        "field@1": "0x60001c6001600160001b0316",
        "gas-price@1": "0x3a",
        "greater@1": "0x10",
        "is-zero@1": "0x15",
        "less@1": "0x11",
        "load@1": "0x54",
        "lock-check-storage@1": "0x7f0e3bb78997401a7d4fc972f05856d96301937454ab2888e865b6233ae24384005460021461000057",
        "lock-check@1": "0x7f365af8e269e5709925dbb015be7715b5cf4dafa02888dfb5cd4c6977adfdaa005c61000057",
        "lock-enter-storage@1": "0x7f0e3bb78997401a7d4fc972f05856d96301937454ab2888e865b6233ae243840080546002146100005760029055",
        "lock-enter@1": "0x7f365af8e269e5709925dbb015be7715b5cf4dafa02888dfb5cd4c6977adfdaa00805c610000576001905d",
        "lock-exit-storage@1": "0x60017f0e3bb78997401a7d4fc972f05856d96301937454ab2888e865b6233ae243840055",
        "lock-exit@1": "0x60007f365af8e269e5709925dbb015be7715b5cf4dafa02888dfb5cd4c6977adfdaa005d",
        "memory@1": "0x80601f01591181591116156100005751",
        "modulo@1": "0x9006",
        "mul-checked@1": "0x81600019048111820261000057",
        "mul-checked@2": "0x81811760801c1561000057816000190481118202610000575b",
        "multiply@1": "0x02",
        "not-callable@1": "0x61000056",
        "not@1": "0x19",
        "or@1": "0x17",
        "origin@1": "0x32",
        "peek@1": "0x80",
        "pull-from-caller@2": "0x846043101561000057836023015911845911161561000057835160e01c6323b872dd18610000578360040151803314813214179030141715610000575b",
        "recall-now@1": "0x60006040591061000057602051600051926000529060205260406000209160005260205260801b60801c6f7f3117adbc9557bc9e76ea92dcb95c5d60801b175c",
        "recall@1": "0x60006040591061000057602051600051926000529060205260406000209160005260205260801b60801c6f7f3117adbc9557bc9e76ea92dcb95c5d60801b1754",
        "refuse-if@1": "0x61000057",
        "remember-now@1": "0x60006040591061000057602051600051926000529060205260406000209160005260205260801b60801c6f7f3117adbc9557bc9e76ea92dcb95c5d60801b175d",
        "remember@1": "0x60006040591061000057602051600051926000529060205260406000209160005260205260801b60801c6f7f3117adbc9557bc9e76ea92dcb95c5d60801b1755",
        "returned@1": "0x5915610000576020610000013d1061000057600051602061000060003e60005190600052",
        "shift-left@1": "0x60001b",
        "short-storage@1": "0x600054",
        "signed-less@1": "0x13",
        "storage@1": "0x7f000000000000000000000000000000000000000000000000000000000000000054",
        "sub-checked@1": "0x80821161000057",
        "subtract@1": "0x9003",
        "this@1": "0x30",
        "timestamp@1": "0x42",
        "transient@1": "0x7f00000000000000000000000000000000000000000000000000000000000000005c",
        "value@1": "0x34",
        "word@1": "0x7f0000000000000000000000000000000000000000000000000000000000000000",
        "xor@1": "0x18",
      }
    `)
  })

  it('has no name twice and finds each', () => {
    expect(new Set(TEMPLATES.map(({ name }) => name)).size).toBe(TEMPLATES.length)
    for (const template of TEMPLATES) expect(findTemplate(template.name)).toBe(template)
    expect(findTemplate('add-checked@2')).toBeUndefined()
  })

  it.each(named)('%s takes from the stack and leaves on it what it says', (_, template) => {
    const { heights, highest } = simulate(template)
    expect(heights.every((height) => height === template.gives - template.takes)).toBe(true)
    expect(highest).toBe(template.stack)
  })

  it.each(pieces)('%s reaches no word below those it takes', (_, template) => {
    expect(simulate(template).lowest + template.takes).toBe(0)
  })

  it.each(pieces)('%s has a phrase for each of its operands', (_, { takes, description }) => {
    const operands = [...new Set(description.match(/\{\d\}/g))].sort()
    expect(operands).toEqual(Array.from({ length: takes }, (_, i) => `{${i}}`))
  })

  it.each(named)(
    '%s has no forbidden instruction and jumps to the tail or to itself only',
    (name, template) => {
      const { code, holes } = template
      for (const { pc, opcode } of disassemble(code)) {
        expect(FORBIDDEN).not.toContain(opcode)
        if (opcode === OP.MSTORE) expect(BORROW_MEMORY).toContain(name)
        if (opcode === OP.SSTORE || opcode === OP.TSTORE) expect(name).toMatch(WRITE_STORAGE)
        if (opcode !== OP.JUMP && opcode !== OP.JUMPI) continue
        const hole = holes.find(({ offset }) => offset === pc - 2)
        expect(hole && (hole.kind === 'tail' || hole.kind === 'rel')).toBe(true)
      }
      for (const hole of holes) {
        if (hole.kind === 'rel') expect(code[hole.addend]).toBe(OP.JUMPDEST)
      }
    },
  )

  it('keeps pieces off the list of templates that refuse a faulty step only', () => {
    for (const [name] of pieces) expect(NARROW_TEMPLATES.has(name)).toBe(false)
    expect(NARROW_TEMPLATES.has('mul-checked@2')).toBe(true)
  })
})

describe('defineTemplate', () => {
  const rest = {
    name: 'x@1',
    params: ['a'],
    since: 'frontier',
    stack: 1,
    description: '',
    proof: '',
  } as const

  it('puts an argument behind the constant bytes of an operand', () => {
    const { code, holes } = defineTemplate({ ...rest, program: 'PUSH4 0x1122<a> POP' })
    expect(hexOf(code)).toBe('0x631122000050')
    expect(holes).toEqual([{ kind: 'arg', offset: 3, width: 2, index: 0 }])
  })

  it('leaves the DUP of a peek to the instance', () => {
    const { code, holes, takes, gives } = defineTemplate({ ...rest, gives: 1, program: 'PEEK <a> NOT' })
    expect(hexOf(code)).toBe('0x8019')
    expect(holes).toEqual([{ kind: 'peek', offset: 0, width: 1, index: 0 }])
    expect([takes, gives]).toEqual([0, 1])
  })

  it.each(['CALLER PEEK <a>', 'PEEK <b>', 'PUSH1 <b>', 'PUSH2 <:nowhere> JUMP', 'FOO', 'PUSH1 zz'])(
    'refuses %s',
    (program) => {
      expect(() => defineTemplate({ ...rest, program })).toThrowError(
        expect.objectContaining({ code: 'INTERNAL' }),
      )
    },
  )
})
