/** One instruction of the EVM. `pops`/`pushes` count stack items; `immediate` the operand bytes behind the opcode. */
export interface Opcode {
  readonly name: string
  readonly pops: number
  readonly pushes: number
  readonly immediate: number
}

/** Opcode bytes by name, for readable comparisons. */
export const OP = {
  STOP: 0x00,
  ADD: 0x01,
  MUL: 0x02,
  SUB: 0x03,
  DIV: 0x04,
  SDIV: 0x05,
  MOD: 0x06,
  SMOD: 0x07,
  ADDMOD: 0x08,
  MULMOD: 0x09,
  EXP: 0x0a,
  SIGNEXTEND: 0x0b,
  LT: 0x10,
  GT: 0x11,
  SLT: 0x12,
  SGT: 0x13,
  EQ: 0x14,
  ISZERO: 0x15,
  AND: 0x16,
  OR: 0x17,
  XOR: 0x18,
  NOT: 0x19,
  BYTE: 0x1a,
  SHL: 0x1b,
  SHR: 0x1c,
  SAR: 0x1d,
  CLZ: 0x1e,
  KECCAK256: 0x20,
  ADDRESS: 0x30,
  BALANCE: 0x31,
  ORIGIN: 0x32,
  CALLER: 0x33,
  CALLVALUE: 0x34,
  CALLDATALOAD: 0x35,
  CALLDATASIZE: 0x36,
  CALLDATACOPY: 0x37,
  CODESIZE: 0x38,
  CODECOPY: 0x39,
  GASPRICE: 0x3a,
  EXTCODESIZE: 0x3b,
  EXTCODECOPY: 0x3c,
  RETURNDATASIZE: 0x3d,
  RETURNDATACOPY: 0x3e,
  EXTCODEHASH: 0x3f,
  BLOCKHASH: 0x40,
  COINBASE: 0x41,
  TIMESTAMP: 0x42,
  NUMBER: 0x43,
  PREVRANDAO: 0x44,
  GASLIMIT: 0x45,
  CHAINID: 0x46,
  SELFBALANCE: 0x47,
  BASEFEE: 0x48,
  BLOBHASH: 0x49,
  BLOBBASEFEE: 0x4a,
  POP: 0x50,
  MLOAD: 0x51,
  MSTORE: 0x52,
  MSTORE8: 0x53,
  SLOAD: 0x54,
  SSTORE: 0x55,
  JUMP: 0x56,
  JUMPI: 0x57,
  PC: 0x58,
  MSIZE: 0x59,
  GAS: 0x5a,
  JUMPDEST: 0x5b,
  TLOAD: 0x5c,
  TSTORE: 0x5d,
  MCOPY: 0x5e,
  PUSH0: 0x5f,
  PUSH1: 0x60,
  PUSH2: 0x61,
  PUSH4: 0x63,
  PUSH20: 0x73,
  PUSH32: 0x7f,
  DUP1: 0x80,
  DUP16: 0x8f,
  SWAP1: 0x90,
  SWAP16: 0x9f,
  LOG0: 0xa0,
  LOG4: 0xa4,
  CREATE: 0xf0,
  CALL: 0xf1,
  CALLCODE: 0xf2,
  RETURN: 0xf3,
  DELEGATECALL: 0xf4,
  CREATE2: 0xf5,
  STATICCALL: 0xfa,
  REVERT: 0xfd,
  INVALID: 0xfe,
  SELFDESTRUCT: 0xff,
} as const

/** [pops, pushes] of every named opcode but PUSH, DUP, SWAP and LOG, which are regular. */
const STACK: Partial<Record<keyof typeof OP, readonly [number, number]>> = {
  STOP: [0, 0],
  ADD: [2, 1],
  MUL: [2, 1],
  SUB: [2, 1],
  DIV: [2, 1],
  SDIV: [2, 1],
  MOD: [2, 1],
  SMOD: [2, 1],
  ADDMOD: [3, 1],
  MULMOD: [3, 1],
  EXP: [2, 1],
  SIGNEXTEND: [2, 1],
  LT: [2, 1],
  GT: [2, 1],
  SLT: [2, 1],
  SGT: [2, 1],
  EQ: [2, 1],
  ISZERO: [1, 1],
  AND: [2, 1],
  OR: [2, 1],
  XOR: [2, 1],
  NOT: [1, 1],
  BYTE: [2, 1],
  SHL: [2, 1],
  SHR: [2, 1],
  SAR: [2, 1],
  CLZ: [1, 1],
  KECCAK256: [2, 1],
  ADDRESS: [0, 1],
  BALANCE: [1, 1],
  ORIGIN: [0, 1],
  CALLER: [0, 1],
  CALLVALUE: [0, 1],
  CALLDATALOAD: [1, 1],
  CALLDATASIZE: [0, 1],
  CALLDATACOPY: [3, 0],
  CODESIZE: [0, 1],
  CODECOPY: [3, 0],
  GASPRICE: [0, 1],
  EXTCODESIZE: [1, 1],
  EXTCODECOPY: [4, 0],
  RETURNDATASIZE: [0, 1],
  RETURNDATACOPY: [3, 0],
  EXTCODEHASH: [1, 1],
  BLOCKHASH: [1, 1],
  COINBASE: [0, 1],
  TIMESTAMP: [0, 1],
  NUMBER: [0, 1],
  PREVRANDAO: [0, 1],
  GASLIMIT: [0, 1],
  CHAINID: [0, 1],
  SELFBALANCE: [0, 1],
  BASEFEE: [0, 1],
  BLOBHASH: [1, 1],
  BLOBBASEFEE: [0, 1],
  POP: [1, 0],
  MLOAD: [1, 1],
  MSTORE: [2, 0],
  MSTORE8: [2, 0],
  SLOAD: [1, 1],
  SSTORE: [2, 0],
  JUMP: [1, 0],
  JUMPI: [2, 0],
  PC: [0, 1],
  MSIZE: [0, 1],
  GAS: [0, 1],
  JUMPDEST: [0, 0],
  TLOAD: [1, 1],
  TSTORE: [2, 0],
  MCOPY: [3, 0],
  CREATE: [3, 1],
  CALL: [7, 1],
  CALLCODE: [7, 1],
  RETURN: [2, 0],
  DELEGATECALL: [6, 1],
  CREATE2: [4, 1],
  STATICCALL: [6, 1],
  REVERT: [2, 0],
  INVALID: [0, 0],
  SELFDESTRUCT: [1, 0],
}

function buildTable(): readonly (Opcode | undefined)[] {
  const table: (Opcode | undefined)[] = new Array(256).fill(undefined)
  for (const [name, [pops, pushes]] of Object.entries(STACK)) {
    table[OP[name as keyof typeof OP]] = { name, pops, pushes, immediate: 0 }
  }
  for (let n = 0; n <= 32; n++) table[OP.PUSH0 + n] = { name: `PUSH${n}`, pops: 0, pushes: 1, immediate: n }
  for (let n = 1; n <= 16; n++)
    table[OP.DUP1 + n - 1] = { name: `DUP${n}`, pops: n, pushes: n + 1, immediate: 0 }
  for (let n = 1; n <= 16; n++)
    table[OP.SWAP1 + n - 1] = { name: `SWAP${n}`, pops: n + 1, pushes: n + 1, immediate: 0 }
  for (let n = 0; n <= 4; n++) table[OP.LOG0 + n] = { name: `LOG${n}`, pops: n + 2, pushes: 0, immediate: 0 }
  return table
}

/** The instruction set by opcode byte; `undefined` where the byte is no instruction of any fork up to Osaka. */
export const OPCODES = buildTable()

/** Ends a basic block without a successor in the same code. */
export function isTerminator(opcode: number): boolean {
  return (
    opcode === OP.STOP ||
    opcode === OP.RETURN ||
    opcode === OP.REVERT ||
    opcode === OP.SELFDESTRUCT ||
    opcode === OP.INVALID ||
    OPCODES[opcode] === undefined
  )
}

export const isPush = (opcode: number): boolean => opcode >= OP.PUSH0 && opcode <= OP.PUSH32
