import { spawn } from 'node:child_process'
import { SutureError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'

interface AskOptions {
  /** Program and arguments. */
  readonly command: readonly string[]
  /** Where it runs. */
  readonly folder: string
  readonly timeoutMs: number
}

/** Bytes; the largest thing asked for is a signed transaction, of which the caller needs 65. */
const LARGEST_ANSWER = 256 * 1024

/**
 * Starts a program, hands it one JSON text on standard input and reads one from its standard output. What it has to say to its user goes to
 * standard error, which is passed through and never kept. Suture's own secrets are not in its environment.
 *
 * @throws SutureError SIGNER_UNAVAILABLE when it cannot be started or is too slow, SIGNER_FAILED when it fails or answers with something
 * that is not one JSON text. What it answered is not shown: it may be a key.
 */
export async function askProgram(options: AskOptions, request: Json): Promise<unknown> {
  const text = await run(options, `${JSON.stringify(request)}\n`)
  try {
    return JSON.parse(text)
  } catch {
    throw failed(
      options,
      'The external signer did not answer with JSON.',
      `answer: ${text.length} characters`,
    )
  }
}

function run({ command, folder, timeoutMs }: AskOptions, input: string): Promise<string> {
  const [program, ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, {
      cwd: folder,
      env: environmentWithoutSecrets(),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const chunks: Buffer[] = []
    let size = 0
    const end = (error: SutureError | null) => {
      clearTimeout(timer)
      child.stdin.destroy()
      // What it started may still hold its output open; nobody waits for that.
      child.stdout.destroy()
      if (error) child.kill('SIGKILL')
      if (error) reject(error)
      else resolve(Buffer.concat(chunks).toString('utf8'))
    }
    const timer = setTimeout(() => end(tooSlow(command, timeoutMs)), timeoutMs)
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= LARGEST_ANSWER) chunks.push(chunk)
      else
        end(failed({ command }, 'The external signer answered too much.', `limit: ${LARGEST_ANSWER} bytes`))
    })
    child.once('error', (cause: NodeJS.ErrnoException) => end(notStarted(command, cause)))
    child.once('close', (code, signal) =>
      end(
        code === 0
          ? null
          : failed({ command }, 'The external signer ended with an error.', `exit: ${signal ?? code}`),
      ),
    )
    // It may end without reading; its exit code says more than the broken pipe.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** The program needs what its kind needs (credentials of a cloud, a home folder), but nothing of Suture's. */
function environmentWithoutSecrets(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SUTURE_') && name !== 'DATABASE_URL'),
  )
}

const failed = ({ command }: Pick<AskOptions, 'command'>, sentence: string, value: string): SutureError =>
  new SutureError('SIGNER_FAILED', sentence, {
    meta: [
      `program: ${command[0]}`,
      value,
      'fix: run the program by hand; docs/signers.md says what it is asked',
    ],
  })

const tooSlow = (command: readonly string[], timeoutMs: number): SutureError =>
  new SutureError('SIGNER_UNAVAILABLE', 'The external signer did not answer in time.', {
    meta: [
      `program: ${command[0]}`,
      `timeout: ${timeoutMs / 1000} s`,
      'fix: see what it waits for, or give a longer timeout',
    ],
    retryable: true,
  })

const notStarted = (command: readonly string[], cause: NodeJS.ErrnoException): SutureError =>
  new SutureError('SIGNER_UNAVAILABLE', 'The external signer cannot be started.', {
    meta: [
      `program: ${command[0]}`,
      `reason: ${cause.code ?? 'unknown'}`,
      'fix: give the path of an executable file',
    ],
    cause,
  })
