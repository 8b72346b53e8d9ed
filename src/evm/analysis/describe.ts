import { toQuantity } from '../../core/hex.ts'
import { MAX_WORD } from '../arithmetic.ts'
import { OP, OPCODES } from '../opcodes.ts'
import type { Condition } from './frame.ts'
import { type HashOrder, type Location, locate, type Step } from './places.ts'
import { canonical, fieldOf } from './protection.ts'
import type { KeyType, Place, PlaceStep, Word } from './types.ts'
import { taintNames, type Value, type Values } from './values.ts'

const INFIX: Readonly<Record<number, string>> = {
  [OP.ADD]: '+',
  [OP.SUB]: '-',
  [OP.MUL]: '*',
  [OP.DIV]: '/',
  [OP.MOD]: '%',
  [OP.AND]: '&',
  [OP.OR]: '|',
  [OP.XOR]: '^',
  [OP.LT]: '<',
  [OP.SLT]: '<',
  [OP.EQ]: '==',
}
const NAMES: Readonly<Record<number, string>> = { [OP.ADDRESS]: 'this', [OP.CALLVALUE]: 'value' }
const MAX_DEPTH = 6
const ADDRESS_BITS = 160

/** Terms as text and as results. The order of hashes is that of the whole code. */
export class Describer {
  private readonly values: Values
  private readonly order: HashOrder

  constructor(values: Values, order: HashOrder) {
    this.values = values
    this.order = order
  }

  word(value: Value): Word {
    const constant = this.values.word(value)
    return {
      text: this.text(value),
      constant: constant === null ? null : toQuantity(constant),
      from: taintNames(this.values.taint(value)),
    }
  }

  place(slot: Value): Place | null {
    const location = locate(this.values, slot, this.order)
    if (!location) return null
    return {
      slot: toQuantity(location.root),
      path: location.path.map((step) => this.step(step)),
      text: this.locationText(location, 0),
    }
  }

  condition(condition: Condition): string {
    const { value, truth } = canonical(this.values, condition)
    const term = this.values.term(value)
    if (term.kind === 'operation' && term.opcode === OP.EQ && !truth) {
      return term.args.map((arg) => this.text(arg)).join(' != ')
    }
    const text = this.text(value)
    if (this.values.bits(value) > 1) return `${text} ${truth ? '!=' : '=='} 0`
    return truth ? text : `!(${text})`
  }

  private step(step: Step): PlaceStep {
    if (step.kind === 'member') return step
    if (step.kind === 'key') return { kind: 'key', type: this.keyType(step.key), key: this.word(step.key) }
    return { ...step, index: step.index === null ? null : this.word(step.index) }
  }

  private keyType(key: Value): KeyType {
    const { kind } = this.values.term(key)
    if (kind === 'constant' || kind === 'hash') return kind
    return this.values.bits(key) === ADDRESS_BITS ? 'address' : 'word'
  }

  private text(value: Value, depth = 0): string {
    const term = this.values.term(value)
    if (depth > MAX_DEPTH) return '?'
    const part = (of: Value) => this.text(of, depth + 1)
    switch (term.kind) {
      case 'constant':
        return term.value >> 248n === 0xffn ? `~${toQuantity(MAX_WORD ^ term.value)}` : toQuantity(term.value)
      case 'input':
        return NAMES[term.opcode] ?? OPCODES[term.opcode]!.name.toLowerCase()
      case 'selector':
        return 'calldata[0x0]'
      case 'calldata':
        return `calldata[${part(term.offset)}]`
      case 'storage':
        return this.storageText(term.slot, depth)
      case 'hash':
        return `keccak256(${term.words.map(part).join(', ')})`
      case 'operation':
        return this.operationText(value, term.opcode, term.args, depth)
      default:
        return term.at.startsWith('signer') ? 'signer' : '?'
    }
  }

  private storageText(slot: Value, depth: number): string {
    const location = locate(this.values, slot, this.order)
    return location ? this.locationText(location, depth) : `storage[${this.text(slot, depth + 1)}]`
  }

  private locationText({ root, path }: Location, depth: number): string {
    const steps = path.map((step) => {
      if (step.kind === 'member') return `.${step.offset}`
      if (step.kind === 'key') return `[${this.text(step.key, depth + 1)}]`
      return `[${step.index === null ? '' : this.text(step.index, depth + 1)}]`
    })
    return `storage[${toQuantity(root)}]${steps.join('')}`
  }

  private operationText(value: Value, opcode: number, args: readonly Value[], depth: number): string {
    const { values } = this
    const { word, shift, bits } = fieldOf(values, value)
    const part = (of: Value) => {
      const text = this.text(of, depth + 1)
      return text.includes(' ') && !text.endsWith(')') && !text.endsWith(']') ? `(${text})` : text
    }
    if (word !== value && values.term(word).kind !== 'operation') {
      // An address with its mask, which is how any argument of that type is read.
      const whole = shift === 0 && bits === ADDRESS_BITS
      return whole ? part(word) : `${part(word)}{${shift},${bits}}`
    }
    if (opcode === OP.ISZERO) return `!(${this.text(args[0]!, depth + 1)})`
    const offset = opcode === OP.ADD ? values.word(args[1]!) : null
    if (offset !== null && offset >> 255n) return `${part(args[0]!)} - ${toQuantity((1n << 256n) - offset)}`
    if (opcode === OP.SHL) return `${part(args[1]!)} << ${part(args[0]!)}`
    const sign = INFIX[opcode]
    if (sign) return `${part(args[0]!)} ${sign} ${part(args[1]!)}`
    return `${OPCODES[opcode]!.name.toLowerCase()}(${args.map((arg) => this.text(arg, depth + 1)).join(', ')})`
  }
}
