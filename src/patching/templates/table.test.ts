import { describe, expect, it } from 'vitest'
import { hexOf } from '../../core/hex.ts'
import { disassemble } from '../../evm/disassemble.ts'
import { OP, OPCODES } from '../../evm/opcodes.ts'
import { findTemplate, TEMPLATES } from './table.ts'
import { defineTemplate, type Template } from './template.ts'

const FORBIDDEN = [
  ...[OP.STOP, OP.RETURN, OP.SELFDESTRUCT, OP.PC, OP.CODESIZE, OP.CREATE, OP.CREATE2],
  ...[OP.CALL, OP.CALLCODE, OP.DELEGATECALL, OP.MSTORE, OP.MSTORE8, OP.MCOPY, OP.CODECOPY],
]

/** Stack height at the end of each way through, relative to the start, and how far below the start it reaches. */
function simulate(template: Template): { heights: number[]; highest: number } {
  const instructions = new Map(disassemble(template.code).map((instruction) => [instruction.pc, instruction]))
  const open = [{ pc: 0, height: 0 }]
  const heights: number[] = []
  let highest = 0
  for (let at = open.pop(); at; at = open.pop()) {
    const instruction = instructions.get(at.pc)
    if (!instruction) {
      heights.push(at.height)
      continue
    }
    const { pops, pushes } = OPCODES[instruction.opcode]!
    const height = at.height - pops + pushes
    highest = Math.max(highest, height)
    const next = at.pc + instruction.size
    const hole = template.holes.find(({ offset }) => offset === at.pc - 2)
    if (instruction.opcode === OP.JUMPI && hole?.kind === 'rel') open.push({ pc: hole.addend, height })
    if (instruction.opcode !== OP.JUMP) open.push({ pc: next, height })
  }
  return { heights, highest }
}

describe('the template table', () => {
  it('never changes the code of a published template', () => {
    const codes = Object.fromEntries(TEMPLATES.map(({ name, code }) => [name, hexOf(code)]))
    expect(codes).toMatchInlineSnapshot(`
      {
        "add-checked@1": "0x8119811161000057",
        "answer-not-false@1": "0x8015610000573d601f1015610000575915610000576000516020600060003e6000519060005215610000575b",
        "call-succeeded@1": "0x801561000057",
        "caller-in-slot@1": "0x7f00000000000000000000000000000000000000000000000000000000000000005460001c331860601b61000057",
        "caller-is-origin@1": "0x33321861000057",
        "caller-is@1": "0x337300000000000000000000000000000000000000001861000057",
        "lock-check-storage@1": "0x7f0e3bb78997401a7d4fc972f05856d96301937454ab2888e865b6233ae24384005460021461000057",
        "lock-check@1": "0x7f365af8e269e5709925dbb015be7715b5cf4dafa02888dfb5cd4c6977adfdaa005c61000057",
        "lock-enter-storage@1": "0x7f0e3bb78997401a7d4fc972f05856d96301937454ab2888e865b6233ae243840080546002146100005760029055",
        "lock-enter@1": "0x7f365af8e269e5709925dbb015be7715b5cf4dafa02888dfb5cd4c6977adfdaa00805c610000576001905d",
        "lock-exit-storage@1": "0x60017f0e3bb78997401a7d4fc972f05856d96301937454ab2888e865b6233ae243840055",
        "lock-exit@1": "0x60007f365af8e269e5709925dbb015be7715b5cf4dafa02888dfb5cd4c6977adfdaa005d",
        "mul-checked@1": "0x81600019048111820261000057",
        "not-callable@1": "0x61000056",
        "pull-from-caller@1": "0x846043101561000057835160e01c6323b872dd18610000578360040151803314813214179030141715610000575b",
        "sub-checked@1": "0x80821161000057",
      }
    `)
  })

  it('has no name twice and finds each', () => {
    expect(new Set(TEMPLATES.map(({ name }) => name)).size).toBe(TEMPLATES.length)
    for (const template of TEMPLATES) expect(findTemplate(template.name)).toBe(template)
    expect(findTemplate('add-checked@2')).toBeUndefined()
  })

  it.each(TEMPLATES.map((template) => [template.name, template] as const))(
    '%s leaves the stack as it found it',
    (_, template) => {
      const { heights, highest } = simulate(template)
      expect(heights.every((height) => height === 0)).toBe(true)
      expect(highest).toBe(template.stack)
    },
  )

  it.each(TEMPLATES.map((template) => [template.name, template] as const))(
    '%s has no forbidden instruction and jumps to the tail or to itself only',
    (name, template) => {
      const { code, holes } = template
      for (const { pc, opcode } of disassemble(code)) {
        if (!(name === 'answer-not-false@1' && opcode === OP.MSTORE)) expect(FORBIDDEN).not.toContain(opcode)
        if (opcode !== OP.JUMP && opcode !== OP.JUMPI) continue
        const hole = holes.find(({ offset }) => offset === pc - 2)
        expect(hole && hole.kind !== 'arg').toBe(true)
      }
      for (const hole of holes) {
        if (hole.kind === 'rel') expect(code[hole.addend]).toBe(OP.JUMPDEST)
      }
    },
  )
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

  it.each(['PUSH1 <b>', 'PUSH2 <:nowhere> JUMP', 'FOO', 'PUSH1 zz'])('refuses %s', (program) => {
    expect(() => defineTemplate({ ...rest, program })).toThrowError(
      expect.objectContaining({ code: 'INTERNAL' }),
    )
  })
})
