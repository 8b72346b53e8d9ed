import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { SutureError } from '../core/errors.ts'
import { progress } from './output.ts'

/** Asks for secrets one after the other: at a terminal without showing what is typed, otherwise a line of standard input each. */
export interface SecretPrompt {
  /** @throws SECRET_MISSING when the input ends */
  read(question: string): Promise<string>
  close(): void
}

export function createSecretPrompt(input: NodeJS.ReadStream = process.stdin): SecretPrompt {
  const terminal = input.isTTY === true
  // The editor of the terminal echoes to its output, which goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input, output: nowhere, terminal })
  const lines = reader[Symbol.asyncIterator]()
  reader.on('SIGINT', () => reader.close())
  return {
    read: async (question) => {
      if (terminal) progress(`${question}: (not shown)`)
      const { value, done } = await lines.next()
      if (!done && value !== '') return value
      throw new SutureError('SECRET_MISSING', 'Nothing was given.', {
        meta: [`asked for: ${question}`, 'fix: type it, or hand it over on standard input'],
      })
    },
    close: () => reader.close(),
  }
}

/** For `openSigner`: asks for a keystore's password, where somebody is there to be asked. */
export function passwordAtTerminal(): { askPassword?: (name: string) => Promise<string> } {
  if (process.stdin.isTTY !== true) return {}
  return {
    askPassword: async (name) => {
      const prompt = createSecretPrompt()
      try {
        return await prompt.read(`password of keystore ${name}`)
      } finally {
        prompt.close()
      }
    },
  }
}
