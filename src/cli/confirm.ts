import { createInterface } from 'node:readline/promises'

/** Asks a person; anything but `y`, and nobody there to answer, is a no. */
export async function confirm(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  // At the end of the input the question stays open, and the process would end as if all were well.
  const nobody = new Promise<string>((resolve) => prompt.once('close', () => resolve('')))
  try {
    const answer = await Promise.race([prompt.question(`${question} [y/N] `), nobody])
    return answer.trim().toLowerCase() === 'y'
  } finally {
    prompt.close()
  }
}
